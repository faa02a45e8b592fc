//! What s390x instructions do, as Go's and C's compilers and assembly use them.

use super::facts::{Condition, Followed, Kept, Kind, Move, Sp, Target, Why, Writes};
use super::machine::{ADDRESS, Memory, depths, follow_in, hex, known, last, nth};
use super::{Arch, Form, Reach};
use proptest::prelude::*;

const IN_LR: Kept = Kept { register: true, slot: None };
const LOST: Kept = Kept { register: false, slot: None };

/// Bytes in hexadecimal; what stands behind a `;` is a comment.
fn s390x(text: &str) -> Followed {
    follow_in(&Memory::default(), Arch::S390x, &hex(text), None)
}

#[test]
fn a_small_frame() {
    let f = s390x(
        "e3 a0 d0 10 00 04 ; LG R10, 16(R13)
         ec af 00 1b a0 65 ; CLGRJ R10, R15, >=
         e3 e0 ff b8 ff 24 ; STG R14, -72(R15)
         e3 ff 0f b8 ff 71 ; LAY R15, -72(R15)
         e3 e0 f0 00 00 24 ; STG R14, 0(R15)
         c0 e5 00 00 01 00 ; BRASL R14
         e3 e0 f0 00 00 04 ; LG R14, 0(R15)
         a7 fb 00 48 ; AGHI R15, 72
         07 fe ; BR R14
         00 00 00 00 00 00 ; to 36 + 18
         00 00 00 00 00 00
         b9 04 00 5e ; LGR R5, R14
         c0 e5 00 00 02 00 ; BRASL R14, runtime.morestack
         a7 f4 ff dd ; BRC 15",
    );
    let wanted = [0, 0, 0, 0, 72, 72, 72, 72, 0];
    assert_eq!(depths(&f)[..9], known(&wanted));
    assert_eq!(
        (nth(&f, 3).ret, nth(&f, 4).ret),
        (Kept { register: true, slot: Some(-72) }, Kept { register: true, slot: Some(-72) })
    );
    assert_eq!((nth(&f, 6).ret, nth(&f, 8).ret.register), (Kept { register: false, slot: Some(-72) }, true));
    assert_eq!((nth(&f, 8).kind, nth(&f, 9).kind), (Kind::Return, Kind::Trap));
    assert_eq!((nth(&f, 3).moves, nth(&f, 7).moves), (Move::By(-72), Move::By(72)));
    assert_eq!(nth(&f, 6).writes, Writes { sp: false, fp: false, lr: true });
    assert_eq!(f.counts.padding, 6);
    // `runtime.morestack` puts the return address back from R5.
    assert_eq!((last(&f).kind, last(&f).ret), (Kind::Jump(Target::Inside(0)), IN_LR));

    let check = f.check.unwrap();
    assert_eq!((check.form(), check.offset, check.guard, check.below), (Form::Small, 6, 16, 0));
    assert_eq!((check.jump, check.condition, check.target), (6, Condition::BelowOrEqual, Target::Inside(60)));
    let more = check.morestack.unwrap();
    assert_eq!((more.offset, more.callee, more.resumes), (64, Some(ADDRESS + 64 + 0x400), Some(0)));
}

/// What is done for more stack, behind a return.
const MORE: &str = "07 fe
    b9 04 00 5e ; LGR R5, R14
    c0 e5 00 00 02 00 ; BRASL R14, runtime.morestack
    07 f1 ; BR R1";

#[test]
fn stack_checks_for_larger_frames() {
    let check = |text: &str| s390x(&format!("{text}\n{MORE}")).check;
    let large = check(
        "e3 a0 d0 10 00 04 ; LG R10, 16(R13)
         ec bf fc 78 00 d9 ; AGHIK R11, R15, -904
         ec ab 00 04 a0 65 ; CLGRJ R10, R11, >=",
    );
    let large = large.unwrap();
    assert_eq!((large.form(), large.below, large.condition), (Form::Large, 904, Condition::BelowOrEqual));

    let huge = check(
        "e3 a0 d0 18 00 04 ; LG R10, 24(R13)
         c0 b1 00 01 11 10 ; LGFI R11, 69904
         ec fb 00 0c 40 65 ; CLGRJ R15, R11, <
         b9 04 00 bf ; LGR R11, R15
         c2 b8 ff fe ee f0 ; AGFI R11, -69904
         ec ab 00 04 a0 65 ; CLGRJ R10, R11, >=",
    );
    let huge = huge.unwrap();
    assert_eq!((huge.form(), huge.guard, huge.below, huge.wraps), (Form::Huge, 24, 0x1_1110, Some(12)));

    // A comparison of its own, and a jump.
    let apart = check("e3 a0 d0 10 00 04 b9 21 00 af c0 a4 00 00 00 04"); // CLGR R10, R15; BRCL >=
    assert_eq!(apart.map(|c| (c.jump, c.condition)), Some((10, Condition::BelowOrEqual)));
    // With signs, both.
    let signed = check("e3 a0 d0 10 00 04 b9 20 00 af c0 a4 00 00 00 04"); // CGR R10, R15
    assert_eq!(signed.map(|c| c.condition), Some(Condition::Other));
    let signed = check("e3 a0 d0 10 00 04 ec af 00 04 a0 64"); // CGRJ R10, R15
    assert_eq!(signed.map(|c| c.condition), Some(Condition::Other));
    // The other condition, told as it is.
    let other = check("e3 a0 d0 10 00 04 ec af 00 04 20 65");
    assert_eq!(other.map(|c| c.condition), Some(Condition::Below));
    // The word of another register than g is no guard.
    assert_eq!(check("e3 a0 c0 10 00 04 ec af 00 04 a0 65"), None);
}

#[test]
fn a_stack_check_whose_target_is_far() {
    // CLGRJ R10, R15, < over BRCL 15.
    let text = format!("e3 a0 d0 10 00 04 ec af 00 06 40 65 c0 f4 00 00 00 04 {MORE}");
    let f = s390x(&text);
    let check = f.check.unwrap();
    assert_eq!((check.offset, check.jump, check.condition), (6, 12, Condition::BelowOrEqual));
    assert_eq!((check.target, check.morestack.map(|m| m.offset)), (Target::Inside(20), Some(24)));
    assert_eq!(f.counts.unreached, 0);
    // Over something else, it is a jump by itself.
    let f = s390x("ec af 00 06 40 65 c0 e5 00 00 01 00 07 fe");
    assert_eq!(nth(&f, 0).kind, Kind::ConditionalJump(Target::Inside(12), Condition::Below));
}

#[test]
fn a_large_frame() {
    let f = s390x(
        "e3 e0 fe 70 ee 24 ; STG R14, -70032(R15)
         e3 ff 0e 70 ee 71 ; LAY R15, -70032(R15)
         c0 e5 00 00 01 00 ; BRASL R14
         e3 e0 f0 00 00 04 ; LG R14, 0(R15)
         c2 f8 00 01 11 90 ; AGFI R15, 70032
         07 fe",
    );
    assert_eq!(depths(&f), known(&[0, 0, 70032, 70032, 70032, 0]));
    assert_eq!(last(&f).ret, Kept { register: true, slot: Some(-70032) });
}

#[test]
fn a_return_address_that_is_not_restored() {
    let code = |load: &str| s390x(&format!("e3 e0 ff f0 ff 24 a7 fb ff f0 c0 e5 00 00 01 00 {load} a7 fb 00 10 07 fe"));
    assert!(last(&code("e3 e0 f0 00 00 04")).ret.register);
    // From the wrong word, to another register, half of it.
    for wrong in ["e3 e0 f0 08 00 04", "e3 10 f0 00 00 04", "e3 e0 f0 00 00 14"] {
        assert_eq!(last(&code(wrong)).ret, Kept { register: false, slot: Some(-16) }, "{wrong}");
    }
    // What morestack is not handed is lost.
    let f = s390x("e3 a0 d0 10 00 04 ec af 00 04 a0 65 07 fe b9 04 00 4e c0 e5 00 00 02 00 a7 f4 ff f4");
    assert_eq!(nth(&f, 0).ret, LOST);
}

#[test]
fn forms_of_moving_sp() {
    for (code, depth) in [
        ("a7 fb ff f0", 16),                                     // AGHI R15, -16
        ("c2 f8 ff ff ff f0", 16),                               // AGFI R15, -16
        ("c2 fa 00 00 00 10", -16),                              // ALGFI R15, 16
        ("c2 f4 00 00 00 10", 16),                               // SLGFI R15, 16
        ("ec ff ff f0 00 d9", 16),                               // AGHIK R15, R15, -16
        ("ec ff ff f0 00 db", 16),                               // ALGHSIK R15, R15, -16
        ("41 f0 f0 10", -16),                                    // LA R15, 16(R15)
        ("41 ff 00 10", -16),                                    // LA R15, 16(R15, 0)
        ("a7 19 ff f0 b9 08 00 f1", 16),                         // LGHI R1, -16; AGR R15, R1
        ("a7 19 ff f0 b9 e8 10 ff", 16),                         // AGRK R15, R15, R1
        ("a7 19 ff f0 b9 e8 f0 f1", 16),                         // AGRK R15, R1, R15
        ("a7 19 00 10 b9 09 00 f1", 16),                         // SGR R15, R1
        ("a7 19 00 10 b9 e9 10 ff", 16),                         // SGRK R15, R15, R1
        ("a7 19 ff f0 41 f1 f0 08", 8),                          // LA R15, 8(R15, R1)
        ("c0 1f 00 00 00 10 b9 0b 00 f1", 16),                   // LLILF R1, 16; SLGR R15, R1
        ("a5 1f 00 10 b9 0b 00 f1", 16),                         // LLILL R1, 16; SLGR R15, R1
        ("c0 1e 00 00 00 00 c0 19 00 00 00 10 b9 0b 00 f1", 16), // LLIHF R1; IILF R1, 16
        ("b9 04 00 1f a7 fb ff f0 b9 04 00 f1", 0),              // LGR R1, R15; ...; LGR R15, R1
        ("eb ef f0 08 00 24 a7 fb ff f0 eb ef f0 18 00 04", 0),  // STMG R14, R15, 8(R15); LMG R14, R15, 24(R15)
        ("b9 04 00 ff", 0),                                      // LGR R15, R15
    ] {
        assert_eq!(last(&s390x(&format!("{code} 07 00"))).sp, Sp::Known(depth), "{code}");
    }
}

#[test]
fn what_is_not_known_of_sp() {
    for (code, why) in [
        ("e3 10 d0 38 00 04 b9 04 00 f1", Why::Register), // LG R1, 56(R13); LGR R15, R1
        ("e3 f0 d0 38 00 04", Why::Loaded),               // LG R15, 56(R13)
        ("a5 f7 ff f8", Why::Aligned),                    // NILL R15, 0xfff8
        ("b9 80 00 f1", Why::Arithmetic),                 // NGR R15, R1
        ("a7 fa 00 10", Why::Arithmetic),                 // AHI R15, 16
        ("b9 08 00 f1", Why::Register),                   // AGR R15, R1
        ("a7 19 00 10 c0 e5 00 00 01 00 b9 09 00 f1", Why::Register), // a call changes R1
        ("a7 19 00 10 58 10 20 00 b9 09 00 f1", Why::Register), // L R1, 0(R2)
        ("a7 19 00 10 eb 12 20 00 00 04 b9 09 00 f1", Why::Register), // LMG R1, R2, 0(R2)
        ("a7 19 00 10 b3 cd 00 10 b9 09 00 f1", Why::Register), // LGDR R1, F0
        ("a7 19 00 10 e7 12 20 00 00 21 b9 09 00 f1", Why::Register), // VLGV R1, V2
        ("a7 19 00 10 b9 87 00 02 b9 09 00 f1", Why::Register), // DLGR R0, R2
        ("a7 19 00 10 eb 12 30 00 00 30 b9 09 00 f1", Why::Register), // CSG R1, R2, 0(R3)
        ("a7 19 00 10 0a 01 b9 09 00 f1", Why::Register), // SVC 1
        ("a7 19 00 10 a7 17 ff fe b9 09 00 f1", Why::Register), // BRCTG R1
        ("01 02", Why::Undecoded),                        // UPT
        ("ff 00 00 00 00 00", Why::Undecoded),
        ("b3 22 00 00", Why::Undecoded),
        ("e3 00 00 00 00 01", Why::Undecoded),
        ("e7 00 00 00 00 0c", Why::Undecoded),
        ("b2 b2 00 00", Why::Undecoded), // LPSWE
        ("07 81", Why::Undecoded),       // BER R1
    ] {
        assert_eq!(last(&s390x(&format!("{code} 07 00"))).sp, Sp::Unknown(why), "{code}");
    }
}

#[test]
fn what_only_looks_as_if_it_wrote() {
    for code in [
        "e3 10 20 00 00 24", // STG R1, 0(R2)
        "50 10 20 00",       // ST R1, 0(R2)
        "68 10 20 00",       // LD F1, 0(R2)
        "b3 1a 00 12",       // ADBR F1, F2
        "e7 11 20 00 00 06", // VL V1, 0(R1, R2)
        "b9 21 00 12",       // CLGR R1, R2
        "c2 1c 00 00 00 05", // CGFI R1, 5
        "a7 1f 00 05",       // CGHI R1, 5
        "e3 10 20 00 00 20", // CG R1, 0(R2)
        "b3 c1 00 12",       // LDGR F1, R2
        "d2 07 10 00 20 00", // MVC 0(8, R1), 0(R2)
        "d5 07 10 00 20 00", // CLC 0(8, R1), 0(R2)
        "c6 10 00 00 00 10", // EXRL R1
        "eb 12 20 00 00 24", // STMG R1, R2, 0(R2)
        "ec 16 00 03 07 7c", // CGIJ R1, 7, !=, to behind it
        "07 00",
        "47 00 00 00",
        "c0 04 00 00 00 00",
    ] {
        let f = s390x(&format!("a7 19 00 10 {code} b9 09 00 f1 07 00"));
        assert_eq!((last(&f).sp, f.counts.undecoded), (Sp::Known(16), 0), "{code}");
    }
}

#[test]
fn branches() {
    // BASR R14, R1; BR R1.
    let f = s390x("0d e1 07 f1");
    assert_eq!((nth(&f, 0).kind, nth(&f, 1).kind), (Kind::Call(None), Kind::IndirectJump));
    // LARL R1, .+4 words; BR R1: to a place that is known.
    let f = s390x("c0 10 00 00 00 04 07 f1 07 fe");
    assert_eq!((nth(&f, 1).kind, last(&f).kind), (Kind::Jump(Target::Inside(8)), Kind::Return));
    // The return address in another register.
    let f = s390x("b9 04 00 1e 07 f1");
    assert_eq!(last(&f).kind, Kind::Return);
    // BRC of each sort; BCR 8, R14; BASR R14, 0.
    let f = s390x("a7 84 00 02 a7 74 00 02 a7 44 00 02 07 8e 0d e0 07 fe");
    let conditions: Vec<_> = (0..3).map(|i| nth(&f, i).kind).collect();
    let jump = |to, condition| Kind::ConditionalJump(Target::Inside(to), condition);
    let wanted = [jump(4, Condition::Equal), jump(8, Condition::NotEqual), jump(12, Condition::Other)];
    assert_eq!(conditions, wanted);
    assert_eq!((nth(&f, 3).kind, nth(&f, 4).kind), (Kind::Plain, Kind::Plain));
    assert_eq!((nth(&f, 4).ret, nth(&f, 5).ret), (IN_LR, LOST));
    // CIJ of all conditions, and of none; CGRB.
    let f = s390x("ec 1e 00 06 00 7e 07 00 07 00 07 00 ec 10 00 03 00 7e ec 12 30 00 80 e4 07 fe");
    assert_eq!((nth(&f, 0).kind, f.counts.padding), (Kind::Jump(Target::Inside(12)), 3));
    assert_eq!((nth(&f, 4).kind, nth(&f, 5).kind), (Kind::Plain, Kind::Undecoded));
}

#[test]
fn a_literal_is_data() {
    let f = s390x(
        "c0 a0 00 00 00 08 ; LARL R10, .+16
         e3 a0 a0 00 00 04 ; LG R10, 0(R10)
         a7 f4 00 06 ; BRC 15, .+12
         ff ff ff ff ff ff ff f8
         a7 fb 00 08 07 fe",
    );
    assert_eq!((nth(&f, 3).reach, nth(&f, 3).len, f.counts.data), (Reach::Data, 8, 1));
    assert_eq!((f.counts.undecoded, f.counts.unreached, last(&f).sp), (0, 0, Sp::Known(-8)));
    // An address that is not loaded from is one of code.
    let f = s390x("c0 a0 00 00 00 05 a7 f4 00 04 00 00 07 fe");
    assert_eq!((last(&f).kind, f.counts.data), (Kind::Return, 0));
}

#[test]
fn what_traps_and_what_is_cut_short() {
    for trap in ["00 00", "00 01"] {
        let f = s390x(&format!("{trap} a7 fb 00 10 07 fe"));
        assert_eq!((nth(&f, 0).kind, f.counts.unreached, f.counts.undecoded), (Kind::Trap, 2, 0), "{trap}");
    }
    let f = s390x("07 fe c0 e5 00");
    assert_eq!((last(&f).len, last(&f).kind), (3, Kind::Undecoded));
}

#[test]
fn stores_over_what_is_saved() {
    for (store, kept) in [
        ("50 10 f0 04", false),       // ST R1, 4(R15)
        ("92 00 f0 07", false),       // MVI 7(R15), 0
        ("d7 ff f0 00 f0 00", false), // XC 0(256, R15), 0(R15)
        ("e7 10 f0 00 00 0e", false), // VST V1, 0(R15)
        ("e5 48 f0 00 00 00", false), // MVGHI 0(R15), 0
        ("eb 01 f0 00 00 24", false), // STMG R0, R1, 0(R15)
        ("e3 10 f0 08 00 24", true),  // STG R1, 8(R15)
        ("d2 07 f0 08 10 00", true),  // MVC 8(8, R15), 0(R1)
        ("eb 01 f0 08 00 24", true),  // STMG R0, R1, 8(R15)
    ] {
        let f = s390x(&format!("e3 e0 ff c0 ff 24 a7 fb ff c0 {store} 07 00"));
        assert_eq!(last(&f).ret.slot.is_some(), kept, "{store}");
    }
}

proptest! {
    #[test]
    fn anything_is_followed(bytes in prop::collection::vec(any::<u8>(), 0..200), opcode in any::<u8>()) {
        let mut bytes = bytes.clone();
        // Of each opcode some.
        bytes.iter_mut().step_by(12).for_each(|b| *b = opcode);
        let f = follow_in(&Memory::default(), Arch::S390x, &bytes, None);
        prop_assert_eq!(f.boundaries.iter().map(|b| usize::from(b.len)).sum::<usize>(), bytes.len());
    }
}
