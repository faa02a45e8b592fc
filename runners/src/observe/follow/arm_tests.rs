//! What arm instructions do, as Go's compiler, its assembler and assembly use them.

use super::facts::{Condition, Kept, Kind, Move, Sp, Target, Why, Writes};
use super::machine::{ADDRESS, Memory, depths, follow_in, known, last, nth, words};
use super::{Arch, Followed, Form, Reach};
use proptest::prelude::*;

const RETURN_4: u32 = 0xe49d_f004;
const BX_LR: u32 = 0xe12f_ff1e;

fn arm(code: &[u32]) -> Followed {
    follow_in(&Memory::default(), Arch::Arm, &words(code), None)
}

/// `B` by so many instructions, on a condition.
fn jump(condition: u32, by: i32) -> u32 {
    condition << 28 | 0x0a00_0000 | (by - 2) as u32 & 0xff_ffff
}

const IN_LR: Kept = Kept { register: true, slot: None };

#[test]
fn a_small_frame() {
    let f = arm(&[
        0xe59a_1008, // MOVW 8(R10), R1
        0xe15d_0001, // CMP R1, R13
        jump(9, 5),  // B.LS
        0xe52d_e00c, // MOVW.W R14, -12(R13)
        0xe3a0_0003, // MOVW $3, R0
        0xe58d_0014, // MOVW R0, 20(R13)
        0xe49d_f00c, // MOVW.P 12(R13), R15
        0xe1a0_300e, // MOVW R14, R3
        0xebff_ff00, // BL runtime.morestack_noctxt
        jump(14, -9),
    ]);
    assert_eq!(depths(&f), known(&[0, 0, 0, 0, 12, 12, 12, 0, 0, 0]));
    assert_eq!((nth(&f, 3).ret, nth(&f, 4).ret), (IN_LR, Kept { register: true, slot: Some(-12) }));
    // It loads the return address, and gives back the frame.
    let back = nth(&f, 6);
    assert_eq!((back.kind, back.moves), (Kind::Return, Move::By(12)));
    assert!(back.ret.register && back.writes.sp);
    assert_eq!((last(&f).kind, last(&f).ret), (Kind::Jump(Target::Inside(0)), IN_LR));

    let check = f.check.unwrap();
    assert_eq!((check.form(), check.offset, check.guard, check.below), (Form::Small, 4, 8, 0));
    assert_eq!((check.jump, check.condition, check.target), (8, Condition::BelowOrEqual, Target::Inside(28)));
    let more = check.morestack.unwrap();
    assert_eq!((more.offset, more.callee, more.resumes), (32, Some(ADDRESS + 32 + 8 - 0x400), Some(0)));
}

#[test]
fn a_large_frame_is_compared_lowered() {
    let f = arm(&[
        0xe59a_1008, // MOVW 8(R10), R1
        0xe24d_2fde, // SUB $888, R13, R2
        0xe152_0001, // CMP R1, R2
        jump(9, 3),
        0xe52d_e3f8, // MOVW.W R14, -1016(R13)
        0xe49d_f3f8, // MOVW.P 1016(R13), R15
        0xe1a0_300e,
        0xebff_ff00,
        jump(14, -8),
    ]);
    let check = f.check.unwrap();
    assert_eq!((check.form(), check.below, check.condition), (Form::Large, 888, Condition::BelowOrEqual));
    assert_eq!(nth(&f, 5).sp, Sp::Known(1016));
}

#[test]
fn a_huge_frame_by_literals_behind_the_code() {
    let code = [
        0xe59a_1008, // MOVW 8(R10), R1
        0xe59f_b024, // MOVW 36(R15), R11
        0xe05d_200b, // SUB.S R11, R13, R2
        0x2152_0001, // CMP.CS R1, R2
        jump(9, 5),
        0xe59f_b018, // MOVW 24(R15), R11
        0xe7ad_e00b, // MOVW.W R14, (R13)(R11)
        0xe59f_b014, // MOVW 20(R15), R11
        0xe69d_f00b, // MOVW.P (R13)(R11), R15
        0xe1a0_300e,
        jump(14, -10),
        0xeaff_fffe, // B to itself
        0x0001_0800,
        0xfffe_f780,
        0x0001_0880,
    ];
    let f = arm(&code);
    let check = f.check.unwrap();
    // The comparison is made only if the subtraction did not run below zero.
    assert_eq!((check.form(), check.wraps, check.below), (Form::Huge, Some(12), 0x1_0800));
    assert_eq!(nth(&f, 7).sp, Sp::Known(0x1_0880));
    assert_eq!(nth(&f, 7).ret, Kept { register: true, slot: Some(-0x1_0880) });
    let back = nth(&f, 8);
    assert_eq!((back.kind, back.moves, back.ret.register), (Kind::Return, Move::By(0x1_0880), true));
    assert_eq!((f.counts.data, f.counts.padding, f.counts.unreached), (3, 1, 0));

    // A subtraction without flags guards nothing.
    let mut unguarded = code;
    unguarded[2] = 0xe04d_200b;
    assert!(arm(&unguarded).check.is_none());
    // Nor does one whose result is not what is compared.
    unguarded[2] = 0xe05d_400b;
    assert!(arm(&unguarded).check.is_none());
}

#[test]
fn a_return_of_something_else_than_the_return_address() {
    // The link register is saved a word too high, or not at all.
    let sound = arm(&[0xe52d_e008, 0xe49d_f008]);
    let high = arm(&[0xe52d_e008, 0xe59d_3000, 0xe58d_3004, 0xe3a0_0000, 0xe58d_0000, 0xe49d_f008]);
    let never = arm(&[0xe24d_d008, 0xe49d_f008]);
    for (f, sane) in [(sound, true), (high, false), (never, false)] {
        assert_eq!((last(&f).kind, last(&f).ret.register), (Kind::Return, sane));
    }
}

#[test]
fn several_registers_at_once() {
    let f = arm(&[
        0xe92d_4ff0, // MOVM.DB.W [R4-R11, R14], (R13)
        0xe24d_d010, // SUB $16, R13
        0xe28d_d010, // ADD $16, R13
        0xe8bd_8ff0, // MOVM.IA.W (R13), [R4-R11, R15]
    ]);
    assert_eq!(depths(&f), known(&[0, 36, 52, 36]));
    assert_eq!(nth(&f, 1).ret, Kept { register: true, slot: Some(-4) });
    assert_eq!((last(&f).kind, last(&f).moves, last(&f).ret.register), (Kind::Return, Move::By(36), true));
    // Another register's place.
    let f = arm(&[0xe92d_4030, 0xe49d_f00c]);
    assert_eq!((last(&f).kind, last(&f).ret.register), (Kind::Return, false));
}

#[test]
fn what_is_done_on_a_condition_may_not_be_done() {
    let f = arm(&[
        0x01a0_e001, // MOVW.EQ R1, R14
        BX_LR,
    ]);
    assert_eq!((last(&f).kind, last(&f).ret), (Kind::Return, Kept::default()));
    let f = arm(&[
        0x13a0_3000, // MOVW.NE $0, R3
        0x024d_d008, // SUB.EQ $8, R13
        BX_LR,
    ]);
    assert_eq!(nth(&f, 1).sp, Sp::Known(0));
    assert_eq!(nth(&f, 1).writes, Writes { sp: true, fp: false, lr: false });
    assert_eq!(last(&f).sp, Sp::Unknown(Why::Arithmetic));
    // Both ways go on.
    let f = arm(&[jump(0, 2), 0xe24d_d008, 0xe28d_d008, BX_LR]);
    assert_eq!(nth(&f, 2).sp, Sp::Conflict(0, 8));
}

#[test]
fn calls_lose_the_return_address() {
    let f = arm(&[0xe1a0_400e, 0xebff_ff00, 0xe12f_ff37, 0xe1a0_e004, BX_LR]);
    assert_eq!((nth(&f, 1).kind.callee(), nth(&f, 2).kind), (Some(ADDRESS + 4 + 8 - 0x400), Kind::Call(None)));
    assert_eq!((nth(&f, 2).ret, nth(&f, 2).indirect), (Kept::default(), true));
    // C's callees keep R4.
    assert_eq!((last(&f).kind, last(&f).ret.register), (Kind::Return, true));
    // A jump through a register that holds an address; one that is not known.
    let f = arm(&[0xe59f_b000, 0xe12f_ff1b, 0x0000_1000]);
    assert_eq!(nth(&f, 1).kind, Kind::Jump(Target::Outside(0x1000)));
    assert_eq!((last(&f).reach, arm(&[0xe12f_ff17]).boundaries[0].kind), (Reach::Data, Kind::IndirectJump));
}

#[test]
fn sp_written_in_other_ways() {
    for (word, why) in [
        (0xe3cd_d007, Why::Aligned),  // BIC $7, R13
        (0xe59d_d008, Why::Loaded),   // MOVW 8(R13), R13
        (0xe1a0_d001, Why::Register), // MOVW R1, R13
    ] {
        let f = arm(&[word, 0xe1a0_0000, BX_LR]);
        assert_eq!(nth(&f, 1).sp, Sp::Unknown(why), "{word:x}");
    }
    // Two numbers, one behind the other, and a register that holds one.
    let f = arm(&[0xe24d_db01, 0xe24d_d008, 0xe300_b408, 0xe08d_d00b, BX_LR]);
    assert_eq!(depths(&f), known(&[0, 1024, 1032, 1032, 0]));
}

#[test]
fn what_is_no_instruction_is_counted() {
    // Coprocessor 3, and a call of Thumb.
    assert_eq!(arm(&[0xee00_0310, BX_LR]).counts.undecoded, 1);
    assert_eq!(arm(&[0xfa00_0000, BX_LR]).counts.undecoded, 1);
    assert_eq!(nth(&arm(&[0xfa00_0000, BX_LR]), 1).sp, Sp::Unknown(Why::Undecoded));
    // UNDEF, UDF and BKPT end it.
    for word in [0xf7fa_bcfd, 0xe7f0_00f0, 0xe120_0070] {
        assert_eq!(nth(&arm(&[word, BX_LR]), 0).kind, Kind::Trap, "{word:x}");
    }
}

#[test]
fn vectors_and_floating_point_touch_few_registers() {
    let f = arm(&[
        0xed2d_8b10, // VPUSH {D8-D15}
        0xee30_0b01, // ADDD
        0xec53_2b10, // VMOV R2, R3, D0
        0xeef1_fa10, // VMRS
        0xee1d_0f70, // MRC 15, 0, R0, C13, C0, 3
        0xf57f_f05b, // DMB
        0xecbd_8b10, // VPOP {D8-D15}
        BX_LR,
    ]);
    assert_eq!(depths(&f), known(&[0, 64, 64, 64, 64, 64, 64, 0]));
    assert_eq!((f.counts.undecoded, last(&f).ret), (0, IN_LR));
}

#[test]
fn a_return_through_a_frame_of_four_bytes() {
    let f = arm(&[0xe52d_e004, RETURN_4]);
    assert_eq!((last(&f).sp, last(&f).moves, last(&f).ret.register), (Sp::Known(4), Move::By(4), true));
}

proptest! {
    #[test]
    fn any_bytes_are_accounted_for(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let f = follow_in(&Memory::default(), Arch::Arm, &bytes, None);
        prop_assert_eq!(f.boundaries.iter().map(|b| usize::from(b.len)).sum::<usize>(), bytes.len());
    }
}
