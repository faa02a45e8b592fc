//! What amd64 instructions do, as Go's and C's compilers and assembly use them.

use super::facts::{Condition, Fp, Kept, Kind, Move, Sp, Target, Why, Writes};
use super::machine::{amd64, depths, known, last, nth};
use super::{Form, Reach};

/// Nothing lost: the caller's frame pointer in its register, and where it was saved.
fn untouched(slot: Option<i32>) -> Fp {
    Fp { caller: Kept { register: true, slot }, register: None }
}

#[test]
fn a_prologue_as_of_go_1_21() {
    let f = amd64(
        "49 3b 66 10    ; CMPQ SP, 16(R14)
         76 0f          ; JLS
         55             ; PUSHQ BP
         48 89 e5       ; MOVQ SP, BP
         48 83 ec 18    ; SUBQ $24, SP
         90
         48 83 c4 18    ; ADDQ $24, SP
         5d             ; POPQ BP
         c3
         e8 00 00 00 00 ; CALL runtime.morestack_noctxt
         eb e4          ; JMP to the entry",
    );
    assert_eq!(depths(&f), known(&[0, 0, 0, 8, 8, 32, 32, 8, 0, 0, 0]));
    assert_eq!(nth(&f, 2).fp, untouched(None));
    assert_eq!(nth(&f, 3).fp, untouched(Some(-8)));
    let framed = Fp { caller: Kept { register: false, slot: Some(-8) }, register: Some(-8) };
    assert_eq!((nth(&f, 4).fp, nth(&f, 6).fp, nth(&f, 7).fp), (framed, framed, framed));
    assert_eq!(nth(&f, 8).fp, untouched(Some(-8)));
    assert_eq!(nth(&f, 8).kind, Kind::Return);
    // The call has pushed it: there is no link register.
    assert!(f.boundaries.iter().all(|b| b.ret == Kept { register: false, slot: Some(0) }));
    let moves: Vec<Move> = f.boundaries.iter().map(|b| b.moves).filter(|m| *m != Move::None).collect();
    assert_eq!(moves, [Move::By(-8), Move::By(-24), Move::By(24), Move::By(8)]);
    assert_eq!(nth(&f, 3).writes, Writes { sp: false, fp: true, lr: false });
    assert_eq!((f.counts.instructions, f.counts.followed), (11, 11));

    let check = f.check.unwrap();
    assert_eq!((check.form(), check.offset, check.guard, check.below), (Form::Small, 0, 16, 0));
    assert_eq!((check.jump, check.condition, check.from_local), (4, Condition::BelowOrEqual, false));
    assert_eq!(check.target, Target::Inside(0x15));
    let more = check.morestack.unwrap();
    assert_eq!((more.offset, more.resumes), (0x15, Some(0)));
}

#[test]
fn a_prologue_before_go_1_21() {
    let f = amd64(
        "48 83 ec 20       ; SUBQ $32, SP
         48 89 6c 24 18    ; MOVQ BP, 24(SP)
         48 8d 6c 24 18    ; LEAQ 24(SP), BP
         48 8b 6c 24 18    ; MOVQ 24(SP), BP
         48 83 c4 20       ; ADDQ $32, SP
         c3",
    );
    assert_eq!(depths(&f), known(&[0, 32, 32, 32, 32, 0]));
    assert_eq!(nth(&f, 3).fp, Fp { caller: Kept { register: false, slot: Some(-8) }, register: Some(-8) });
    assert_eq!(last(&f).fp, untouched(Some(-8)));
    assert_eq!(f.check, None);
}

#[test]
fn a_frame_pointer_restored_from_elsewhere_is_lost() {
    let f = amd64("55  48 89 e5  48 8b 6c 24 08  c3"); // MOVQ 8(SP), BP: the return address
    assert_eq!(last(&f).fp, Fp { caller: Kept { register: false, slot: Some(-8) }, register: None });
    // Overwritten where it was saved, too.
    let f = amd64("55  48 89 e5  48 c7 45 00 00 00 00 00  5d c3"); // MOVQ $0, 0(BP)
    assert_eq!(last(&f).fp, Fp { caller: Kept::default(), register: None });
    // The near miss: right beside it.
    let f = amd64("55  48 89 e5  48 c7 45 f8 00 00 00 00  5d c3");
    assert_eq!(last(&f).fp, untouched(Some(-8)));
    // A part of it is enough.
    let f = amd64("55  48 89 e5  c6 45 07 00  5d c3");
    assert_eq!(last(&f).fp, Fp { caller: Kept::default(), register: None });
}

#[test]
fn a_stack_check_for_a_large_frame() {
    let f = amd64(
        "4c 8d a4 24 78 ff ff ff ; LEAQ -136(SP), R12
         4d 3b 66 10             ; CMPQ R12, 16(R14)
         76 01                   ; JLS
         c3
         e8 00 00 00 00
         eb ea",
    );
    let check = f.check.unwrap();
    assert_eq!((check.form(), check.offset, check.below, check.wraps), (Form::Large, 8, 136, None));
    assert_eq!(check.morestack.unwrap().resumes, Some(0));
}

#[test]
fn a_stack_check_for_a_huge_frame() {
    let code = |jump: &str| {
        amd64(&format!(
            "49 89 e4             ; MOVQ SP, R12
             49 81 ec 00 00 01 00 ; SUBQ $65536, R12
             {jump} 07            ; JCS
             4d 3b 66 18          ; CMPQ R12, 24(R14)
             76 01                ; JLS
             c3
             e8 00 00 00 00
             eb e5"
        ))
    };
    let check = code("72").check.unwrap();
    assert_eq!((check.form(), check.guard, check.below, check.wraps), (Form::Huge, 24, 65536, Some(10)));
    // A jump on anything else guards against nothing.
    let check = code("74").check.unwrap();
    assert_eq!((check.form(), check.wraps), (Form::Large, None));
}

#[test]
fn a_stack_check_with_g_from_thread_local_storage() {
    let f = amd64("64 4c 8b 34 25 f8 ff ff ff  49 3b 66 10  76 01  c3  e8 00 00 00 00  eb e9");
    let check = f.check.unwrap();
    assert!(check.from_local);
    assert_eq!((check.offset, check.morestack.unwrap().resumes), (9, Some(0)));
    // What C keeps in thread-local storage is not g.
    let canary = "64 4c 8b 34 25 28 00 00 00  49 3b 66 10  76 01  c3  e8 00 00 00 00  eb e9";
    assert_eq!(amd64(canary).check, None);
    // Another base is not g.
    assert_eq!(amd64("49 3b 65 10  76 01  c3  cc").check, None); // CMPQ SP, 16(R13)
    // Nor is a later comparison, with a frame, a check of the stack at entry.
    assert_eq!(amd64("50  49 3b 66 10  76 02  58 c3  cc").check, None);
}

#[test]
fn forms_of_moving_sp() {
    for (code, depth) in [
        ("48 83 ec 80", -128),                                // SUBQ $-128, SP
        ("48 81 ec 00 00 10 00", 0x10_0000),                  // SUBQ $0x100000, SP
        ("48 8d 64 24 f0", 16),                               // LEAQ -16(SP), SP
        ("48 8d a4 24 00 ff ff ff", 256),                     // LEAQ -256(SP), SP
        ("50", 8),                                            // PUSHQ AX
        ("6a 01", 8),                                         // PUSHQ $1
        ("66 50", 2),                                         // PUSHW AX
        ("ff 30", 8),                                         // PUSHQ (AX)
        ("9c", 8),                                            // PUSHFQ
        ("9c 9d", 0),                                         // PUSHFQ; POPFQ
        ("50 8f 00", 0),                                      // PUSHQ AX; POPQ (AX)
        ("48 ff cc", 1),                                      // DECQ SP
        ("48 ff c4", -1),                                     // INCQ SP
        ("c8 20 00 00", 0x28),                                // ENTER $32, $0
        ("c8 20 00 00 c9", 0),                                // ENTER; LEAVE
        ("b8 00 20 00 00 48 29 c4", 0x2000),                  // MOVL $0x2000, AX; SUBQ AX, SP
        ("48 c7 c0 f0 ff ff ff 48 01 c4", 16),                // MOVQ $-16, AX; ADDQ AX, SP
        ("31 c0 48 01 c4", 0),                                // XORL AX, AX; ADDQ AX, SP
        ("b8 04 00 00 00 48 8d 24 c4", -32),                  // MOVL $4, AX; LEAQ (SP)(AX*8), SP
        ("48 89 e3 50 50 48 89 dc", 0),                       // MOVQ SP, BX; PUSHQ AX twice; MOVQ BX, SP
        ("48 89 e3 50 48 87 e3", 0),                          // MOVQ SP, BX; PUSHQ AX; XCHGQ SP, BX
        ("48 83 ec 10 48 89 64 24 08 50 48 8b 64 24 10", 16), // SP saved to the stack and read back
        ("54 5c", 0),                                         // PUSHQ SP; POPQ SP
    ] {
        let f = amd64(&format!("{code} 90"));
        assert_eq!(last(&f).sp, Sp::Known(depth), "{code}");
    }
}

#[test]
fn what_is_not_known_of_sp() {
    for (code, why, moves) in [
        ("48 83 e4 f0", Why::Aligned, Move::Unknown),            // ANDQ $~15, SP
        ("48 83 e4 f0 48 83 ec 08", Why::Aligned, Move::By(-8)), // and SUBQ $8, SP
        ("49 8b 66 38", Why::Loaded, Move::Unknown),             // MOVQ 56(R14), SP
        ("48 89 c4", Why::Register, Move::Unknown),              // MOVQ AX, SP
        ("48 29 c4", Why::Register, Move::Unknown),              // SUBQ AX, SP
        ("b8 08 00 00 00 ff d1 48 29 c4", Why::Register, Move::Unknown), // a call changes AX
        ("48 d1 e4", Why::Arithmetic, Move::Unknown),            // SHLQ $1, SP
        ("89 c4", Why::Arithmetic, Move::Unknown),               // MOVL AX, SP
        ("06", Why::Undecoded, Move::None),
    ] {
        let f = amd64(&format!("{code} 90"));
        assert_eq!(last(&f).sp, Sp::Unknown(why), "{code}");
        assert_eq!(f.boundaries[f.boundaries.len() - 2].moves, moves, "{code}");
    }
}

#[test]
fn sp_comes_back_from_a_register_that_c_keeps() {
    let code = |to: &str, back: &str| amd64(&format!("{to} 48 83 e4 f0 ff d0 {back} 90"));
    assert_eq!(last(&code("48 89 e3", "48 89 dc")).sp, Sp::Known(0)); // BX
    assert_eq!(last(&code("48 89 e1", "48 89 cc")).sp, Sp::Unknown(Why::Register)); // CX
}

#[test]
fn registers_written_in_passing() {
    // MULQ writes DX, RDTSC writes AX, CMPXCHGQ AX, MULXQ both, XADDQ both.
    for (set, write, use_) in [
        ("ba 08 00 00 00", "48 f7 e1", "48 29 d4"),
        ("b8 08 00 00 00", "0f 31", "48 29 c4"),
        ("b8 08 00 00 00", "48 0f b1 11", "48 29 c4"),
        ("b8 08 00 00 00", "c4 e2 fb f6 c9", "48 29 c4"),
        ("b8 08 00 00 00", "48 0f c1 c1", "48 29 c4"),
        ("b9 08 00 00 00", "0f 05", "48 29 cc"),
        ("b8 08 00 00 00", "0f 05", "48 29 c4"),
    ] {
        let f = amd64(&format!("{set} {write} {use_} 90"));
        assert_eq!(last(&f).sp, Sp::Unknown(Why::Register), "{write}");
        // Without it the number is known.
        assert_eq!(last(&amd64(&format!("{set} {use_} 90"))).sp, Sp::Known(8), "{write}");
    }
}

#[test]
fn what_does_not_decode_is_counted_byte_by_byte() {
    let f = amd64("06 06 c3");
    assert_eq!((f.counts.undecoded, f.counts.instructions, f.counts.followed), (2, 3, 1));
    assert_eq!(f.boundaries.iter().map(|b| (b.offset, b.len)).collect::<Vec<_>>(), [(0, 1), (1, 1), (2, 1)]);
    // Cut short within an instruction.
    let f = amd64("90 48 81 ec");
    assert_eq!((nth(&f, 1).kind, nth(&f, 1).len), (Kind::Undecoded, 3));
}

#[test]
fn a_return_address_that_is_moved() {
    // POPQ AX; JMP AX returns.
    let f = amd64("58 ff e0");
    assert_eq!((last(&f).kind, last(&f).sp), (Kind::Return, Sp::Known(-8)));
    // ADDQ $1, AX between: it leads elsewhere.
    let f = amd64("58 48 83 c0 01 ff e0");
    assert_eq!((last(&f).kind, f.unresolved), (Kind::IndirectJump, 1));
    // MOVQ AX, (SP): the return address is overwritten.
    let f = amd64("48 89 04 24 c3");
    assert_eq!((nth(&f, 0).ret.slot, last(&f).ret.slot), (Some(0), None));
}

#[test]
fn fillings_behind_the_end() {
    let f = amd64("c3 cc cc cc 00 00");
    assert_eq!((f.counts.instructions, f.counts.padding), (1, 4));
    // An instruction between them is none.
    let f = amd64("c3 cc 48 89 c4 90 c3 cc");
    assert_eq!((f.counts.instructions, f.counts.unreached, f.counts.padding), (4, 3, 2));
    assert_eq!(nth(&f, 2).reach, Reach::Unreached);
}
