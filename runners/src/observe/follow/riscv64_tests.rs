//! What riscv64 instructions do, as Go's and C's compilers and assembly use them.

use super::facts::{Condition, Followed, Kept, Kind, Move, Sp, Target, Why, Writes};
use super::machine::{ADDRESS, Memory, depths, follow_in, known, last, nth};
use super::{Arch, Form, Reach};

const NOP: u32 = 0x0000_0013;
const RET: u32 = 0x0000_8067;

/// Instructions of 32 bits, and of 16.
fn riscv64(code: &[u32]) -> Followed {
    let bytes: Vec<u8> =
        code.iter().flat_map(|w| w.to_le_bytes().into_iter().take(if w & 3 == 3 { 4 } else { 2 })).collect();
    follow_in(&Memory::default(), Arch::Riscv64, &bytes, None)
}

const IN_LR: Kept = Kept { register: true, slot: None };

#[test]
fn a_small_frame() {
    let f = riscv64(&[
        0x010d_b303, // MOV 16(X27), X6
        0x0023_6a63, // BLTU X6, X2, +20
        0xe42a,      // MOV X10, 8(X2)
        0xe82e,      // MOV X11, 16(X2)
        0x1000_02ef, // JAL X5, runtime.morestack_noctxt
        0x6522,      // MOV 8(X2), X10
        0x65c2,      // MOV 16(X2), X11
        0xfedf_f06f, // JMP to the beginning
        0xfa11_3c23, // MOV X1, -72(X2)
        0xfb81_0113, // ADDI $-72, X2
        0xe006,      // MOV X1, (X2)
        0x1000_00ef, // CALL
        0x6082,      // MOV (X2), X1
        0x0481_0113, // ADDI $72, X2
        RET,
    ]);
    assert_eq!(depths(&f), known(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 72, 72, 72, 72, 0]));
    assert_eq!((nth(&f, 8).ret, nth(&f, 9).ret), (IN_LR, Kept { register: true, slot: Some(-72) }));
    assert_eq!(nth(&f, 12).ret, Kept { register: false, slot: Some(-72) });
    assert_eq!((last(&f).kind, last(&f).ret.register), (Kind::Return, true));
    // `runtime.morestack` finds where to go on in X5, and leaves X1 as it was.
    assert_eq!((nth(&f, 5).ret, nth(&f, 7).ret, nth(&f, 0).ret), (IN_LR, IN_LR, IN_LR));
    assert_eq!((nth(&f, 9).moves, nth(&f, 13).moves), (Move::By(-72), Move::By(72)));
    assert_eq!(nth(&f, 12).writes, Writes { sp: false, fp: false, lr: true });
    assert_eq!((nth(&f, 2).len, nth(&f, 8).len, f.counts.followed), (2, 4, 15));

    let check = f.check.unwrap();
    assert_eq!((check.form(), check.offset, check.guard, check.below), (Form::Small, 4, 16, 0));
    // It jumps where there is enough of the stack, and falls where not.
    assert_eq!((check.jump, check.condition, check.target), (4, Condition::BelowOrEqual, Target::Inside(8)));
    let more = check.morestack.unwrap();
    assert_eq!((more.offset, more.callee, more.resumes), (12, Some(ADDRESS + 12 + 0x100), Some(0)));
}

#[test]
fn stack_checks_for_larger_frames() {
    // ADDI $-904, X2, X7; BLTU X6, X7
    let f = riscv64(&[0x010d_b303, 0xc781_0393, 0x0073_6663, 0x1000_02ef, 0xff1f_f06f, RET]);
    let check = f.check.unwrap();
    assert_eq!((check.form(), check.below, check.offset), (Form::Large, 904, 8));
    assert_eq!((check.condition, check.morestack.unwrap().resumes), (Condition::BelowOrEqual, Some(0)));

    let huge = |wraps: u32| {
        riscv64(&[
            0x018d_b303, // MOV 24(X27), X6
            0x63c5,      // LUI $17, X7
            0x1103_839b, // ADDIW $272, X7
            wraps,       // BLTU X2, X7
            0x7fbd,      // LUI $-17, X31
            0xef0f_8f9b, // ADDIW $-272, X31
            0x01f1_03b3, // ADD X31, X2, X7
            0x0073_6763, // BLTU X6, X7, +14
            0xe42a,      // MOV X10, 8(X2)
            0x1000_02ef, // JAL X5, runtime.morestackc
            0xfd9f_f06f, // JMP to the beginning
            0xe006,      // MOV X1, (X2)
            RET,
        ])
    };
    // Right to the call, past the register saved for it.
    let check = huge(0x0071_6a63).check.unwrap();
    assert_eq!((check.form(), check.guard, check.below, check.wraps), (Form::Huge, 24, 17 * 4096 + 272, Some(10)));
    assert_eq!((check.target, check.morestack.map(|m| m.offset)), (Target::Inside(28), Some(30)));
    // To that, and beyond all of it.
    assert_eq!(huge(0x0071_6963).check.unwrap().wraps, Some(10));
    assert_eq!(huge(0x0071_6c63).check.unwrap().wraps, None);

    // The word of another register than g is no guard.
    assert_eq!(riscv64(&[0x0103_b303, 0x0023_6463, 0, 0, RET]).check, None);
    // The other way round, jumping for more: BLTU X2, X6. It is not what a check does here.
    let check = riscv64(&[0x010d_b303, 0x0061_6463, RET, RET]).check.unwrap();
    assert_eq!((check.condition, check.target, check.morestack), (Condition::AboveOrEqual, Target::Inside(8), None));
    // BGEU X6, X2: as it is told from the other side; and a signed one.
    let of = |branch| riscv64(&[0x010d_b303, branch, RET, RET]).check.map(|c| c.condition);
    assert_eq!(of(0x0023_7463), Some(Condition::Above));
    assert_eq!(of(0x0023_4463), Some(Condition::Other));
}

#[test]
fn a_frame_beyond_the_immediate() {
    let f = riscv64(&[
        0x7fbd,      // LUI $-17, X31
        0x9f8a,      // ADD X2, X31
        0xe61f_b823, // MOV X1, -400(X31)
        0x7fbd,      // LUI $-17, X31
        0xe70f_8f9b, // ADDIW $-400, X31
        0x917e,      // ADD X31, X2
        0xe006,      // MOV X1, (X2)
        0x6082,      // MOV (X2), X1
        0x6fc5,      // LUI $17, X31
        0x190f_8f9b, // ADDIW $400, X31
        0x917e,      // ADD X31, X2
        RET,
    ]);
    let depth = 17 * 4096 + 400;
    assert_eq!(depths(&f), known(&[0, 0, 0, 0, 0, 0, depth, depth, depth, depth, depth, 0]));
    assert_eq!(nth(&f, 3).ret, Kept { register: true, slot: Some(-depth) });
    assert_eq!((nth(&f, 5).moves, nth(&f, 10).moves), (Move::By(-depth), Move::By(depth)));
    assert!(last(&f).ret.register);
}

#[test]
fn a_number_of_32_bits_is_extended_by_its_sign() {
    // LUI $0x80000, X7; ADDIW $-16, X7: not -0x80000010, but 0x7ffffff0.
    let f = riscv64(&[0x8000_03b7, 0xff03_839b, 0x4071_0133, NOP]);
    assert_eq!(last(&f).sp, Sp::Known(0x7fff_fff0));
    // ADDIW $0 of SP is half of it.
    assert_eq!(last(&riscv64(&[0x0001_011b, NOP])).sp, Sp::Unknown(Why::Arithmetic));
}

#[test]
fn a_return_address_that_is_lost() {
    // JAL X1 in place of JAL X5.
    let f = riscv64(&[0x010d_b303, 0x0023_6663, 0x1000_00ef, 0xff5f_f06f, RET]);
    assert_eq!((nth(&f, 3).ret, nth(&f, 0).ret), (Kept::default(), Kept::default()));
    // It is not read back.
    let f = riscv64(&[0xfa11_3c23, 0xfb81_0113, 0x1000_00ef, 0x0481_0113, RET]);
    assert_eq!((last(&f).ret, last(&f).sp), (Kept { register: false, slot: Some(-72) }, Sp::Known(0)));
    // It is overwritten: MOVW, then by half, AMOADDW, FMOVD, VSE64V, C.SDSP.
    for store in [0x0011_2023, 0x0001_1123, 0x0050_202f | 2 << 15, 0x00a1_3027, 0x0201_7027, 0xe02a] {
        let f = riscv64(&[0xfa11_3c23, 0xfb81_0113, store, NOP]);
        assert_eq!(last(&f).ret.slot, None, "{store:#x}");
    }
    // Beside it, it is not: MOV X10, 8(X2); LRD (X2), X10; LDs.
    for store in [0x00a1_3423, 0x1001_352f, 0x0001_3503, 0x0001_3507, 0x0201_7007] {
        let f = riscv64(&[0xfa11_3c23, 0xfb81_0113, store, NOP]);
        assert_eq!(last(&f).ret.slot, Some(-72), "{store:#x}");
    }
}

#[test]
fn forms_of_moving_sp() {
    for (code, depth) in [
        (&[0xff01_0113][..], 16),                      // ADDI $-16, X2
        (&[0x1141], 16),                               // C.ADDI $-16, X2
        (&[0x7179], 48),                               // C.ADDI16SP $-48
        (&[0x7179, 0x6145], 0),                        // C.ADDI16SP $48
        (&[0x0808, 0x812a], -16),                      // C.ADDI4SPN $16, X10; C.MV X10, X2
        (&[0x850a, 0x1141, 0x812a], 0),                // C.MV X2, X10, and back
        (&[0x0001_0513, 0xff01_0113, 0x0005_0113], 0), // MOV X2, X10, and back
        (&[0x0001_6513, 0xff01_0113, 0x0005_6113], 0), // the same by ORI $0
        (&[0x0020_0533, 0xff01_0113, 0x0005_6133], 0), // ADD X2, X0, X10; OR X0, X10, X2
        (&[0xfe21_3823, 0xff01_0113, 0x0001_3103], 0), // SP saved to the stack and read back
        (&[0x0400_0513, 0x40a1_0133], 64),             // ADDI $64, X0, X10; SUB X10, X2
        (&[0x5579, 0x912a], 2),                        // C.LI $-2, X10; C.ADD X10, X2
        (&[0x6509, 0x40a1_0133, 0x6509, 0x912a], 0),   // C.LUI $2, X10, there and back
    ] {
        let mut code = code.to_vec();
        code.push(NOP);
        assert_eq!(last(&riscv64(&code)).sp, Sp::Known(depth), "{code:x?}");
    }
}

#[test]
fn what_is_not_known_of_sp() {
    for (code, why) in [
        (&[0x038d_b503, 0x812a][..], Why::Register), // MOV 56(X27), X10; MOV X10, X2
        (&[0x038d_b103], Why::Loaded),               // MOV 56(X27), X2
        (&[0xff01_7113], Why::Aligned),              // ANDI $-16, X2
        (&[0x912a], Why::Register),                  // ADD X10, X2
        (&[0x4541, 0x1000_00ef, 0x912a], Why::Register), // a call changes X10
        (&[0x4541, 0x0073, 0x912a], Why::Register),  // so does one of the system
        (&[0x4541, 0x050e, 0x912a], Why::Register),  // C.SLLI $3, X10
        (&[0x4541, 0x0205_1513, 0x912a], Why::Register), // SLLI $32, X10
        (&[0x4541, 0x0005_2503, 0x912a], Why::Register), // MOVW (X10), X10
        (&[0x4541, 0x00b6_252f, 0x912a], Why::Register), // AMOADDW X11, (X12), X10
        (&[0x4541, 0xe200_0553, 0x912a], Why::Register), // FMVXD F0, X10
        (&[0x4541, 0xa200_2553, 0x912a], Why::Register), // FEQD F0, F0, X10
        (&[0x4541, 0xc200_1553, 0x912a], Why::Register), // FCVTWD F0, X10
        (&[0x4541, 0x20b5_4533, 0x912a], Why::Register), // SH2ADD X11, X10, X10
        (&[0x4541, 0x0eb5_5533, 0x912a], Why::Register), // CZEROEQZ X11, X10, X10
        (&[0x4541, 0x6005_1513, 0x912a], Why::Register), // CLZ X10, X10
        (&[0x4541, 0x4200_2557, 0x912a], Why::Register), // VMVXS V0, X10
        (&[0x4541, 0x0d80_7557, 0x912a], Why::Register), // VSETVLI
        (&[0x4541, 0xc010_2573, 0x912a], Why::Register), // RDTIME X10
        (&[0x4541, 0xffff_ffff], Why::Undecoded),    // nothing that is known
        (&[0x9c79], Why::Undecoded),                 // reserved among those of 16 bits
    ] {
        let mut code: Vec<u32> = code.to_vec();
        code.push(NOP);
        assert_eq!(last(&riscv64(&code)).sp, Sp::Unknown(why), "{code:x?}");
    }
}

#[test]
fn what_only_looks_as_if_it_wrote() {
    for word in [
        0x00a5_b023,                        // MOV X10, (X11)
        0x0005_b507,                        // MOVD (X11), F10
        0x0200_8553,                        // FADDD F0, F1, F10
        0xd220_0553,                        // FCVTDL X0, F10
        0xf200_0553,                        // FMVDX X0, F10
        0x02b5_0543,                        // FMADDD
        0x0205_7507,                        // VLE64V (X10), V10
        0x0205_0557,                        // VADDVV
        0x4205_6557,                        // VMVSX X10, V10
        0xa280_2577,                        // VAESDFVV or its like
        0x0ff0_000f,                        // FENCE
        0x1001_2503 & !0xf80 | 0x0010_0000, // a load into the zero register
    ] {
        let f = riscv64(&[0x4541, word, 0x912a, NOP]);
        assert_eq!((last(&f).sp, f.counts.undecoded), (Sp::Known(-16), 0), "{word:#x}");
    }
}

#[test]
fn jumps_of_all_lengths_lead_to_where_they_say() {
    let target = |word: u32| nth(&riscv64(&[word, NOP, NOP, NOP]), 0).kind;
    let there = |by: i64| Target::Outside(ADDRESS.wrapping_add_signed(by));
    assert_eq!(target(0xa029), Kind::Jump(Target::Inside(10))); // C.J +10
    assert_eq!(target(0xb001), Kind::Jump(there(-2048))); // C.J -2048
    assert_eq!(target(0xaffd), Kind::Jump(there(2046))); // C.J +2046
    assert_eq!(target(0xc101), Kind::ConditionalJump(Target::Inside(0), Condition::Equal)); // C.BEQZ X10, +0
    assert_eq!(target(0xfd7d), Kind::ConditionalJump(there(-2), Condition::NotEqual)); // C.BNEZ X10, -2
    assert_eq!(target(0x0080_006f), Kind::Jump(Target::Inside(8)));
    assert_eq!(target(0x8000_006f), Kind::Jump(there(-(1 << 20))));
    assert_eq!(target(0x7fff_f06f), Kind::Jump(there((1 << 20) - 2)));
    assert_eq!(target(0x7fff_f0ef), Kind::Call(Some(ADDRESS + (1 << 20) - 2)));
    assert_eq!(target(0x8000_0063), Kind::ConditionalJump(there(-4096), Condition::Equal));
    assert_eq!(target(0x7e00_1fe3), Kind::ConditionalJump(there(4094), Condition::NotEqual));
    for (word, condition) in [(0x0000_4463, Condition::Other), (0x0000_5463, Condition::Other)] {
        assert_eq!(target(word), Kind::ConditionalJump(Target::Inside(8), condition));
    }
}

#[test]
fn jumps_and_calls_through_registers() {
    // AUIPC $1, X31; JALR X0, 8(X31): a trampoline.
    let f = riscv64(&[0x0000_1f97, 0x008f_8067, NOP]);
    assert_eq!(nth(&f, 1).kind, Kind::Jump(Target::Outside(ADDRESS + 0x1008)));
    assert!(nth(&f, 1).indirect);
    // AUIPC $1, X31; JALR X5, 8(X31) is a call that leaves the link register.
    let f = riscv64(&[0x0000_1f97, 0x008f_82e7, RET]);
    assert_eq!((nth(&f, 1).kind, last(&f).ret), (Kind::Call(Some(ADDRESS + 0x1008)), IN_LR));
    // AUIPC $1, X1; JALR X1, 8(X1).
    let f = riscv64(&[0x0000_1097, 0x0080_80e7, RET]);
    assert_eq!((nth(&f, 1).kind, last(&f).ret), (Kind::Call(Some(ADDRESS + 0x1008)), Kept::default()));
    // C.JR X10 leads to where is not known, C.JALR X10 comes back; C.JR X1 is a return.
    assert_eq!(nth(&riscv64(&[0x8502]), 0).kind, Kind::IndirectJump);
    assert_eq!(nth(&riscv64(&[0x9502, RET]), 0).kind, Kind::Call(None));
    assert_eq!(nth(&riscv64(&[0x8082]), 0).kind, Kind::Return);
    // MOV X1, X5; JMP (X5) is one, too.
    assert_eq!(last(&riscv64(&[0x8286, 0x8282])).kind, Kind::Return);
}

#[test]
fn what_traps_ends_the_way() {
    for trap in [0x0010_0073, 0x9002, 0] {
        let f = riscv64(&[trap, 0x1141, RET]);
        assert_eq!((nth(&f, 0).kind, f.counts.unreached, f.counts.undecoded), (Kind::Trap, 2, 0), "{trap:#x}");
    }
    // Behind the last instruction they fill; so do no-ops.
    let f = riscv64(&[RET, 0, 0, 0x0001, NOP]);
    assert_eq!((f.counts.padding, f.counts.instructions, last(&f).reach), (4, 1, Reach::Padding));
}

#[test]
fn what_is_cut_short_or_reserved_is_not_decoded() {
    let of = |bytes: &[u8]| follow_in(&Memory::default(), Arch::Riscv64, bytes, None);
    let f = of(&[0x01, 0x00, 0x13, 0x00, 0x00]);
    assert_eq!((f.boundaries.len(), f.counts.undecoded, last(&f).len), (2, 1, 3));
    assert_eq!(last(&of(&[0x01, 0x00, 0x01])).kind, Kind::Undecoded);
    for word in [
        0x0000_7003,           // a load of no width
        0x0000_4023,           // a store of no width
        0x4000_1013,           // a shift of no kind
        0x0200_4033 | 2 << 25, // two registers, and nothing to do with them
        0x0000_202f | 9 << 27, // an atomic operation that is none
        0x0000_5053,           // rounded in no way
        0x0000_2063,           // a branch on nothing
        0x0000_1067,           // a jump through a register, of another kind
        0x3020_0073,           // MRET, which programs do not
        0x0000_2077,           // cryptography that has a mask
        0x0000_001f,           // the beginning of 48 bits
        0x2000,                // C.FLD is known
        0x8000,                // C.LBU is known
        0x9000 & 0xfffc,       // Zcb has none there
        0x6081,                // C.LUI $0
        0x6101,                // C.ADDI16SP $0
        0x4002,                // C.LWSP to the zero register
        0x8002,                // C.JR X0
        0x2001,                // C.ADDIW to the zero register
    ] {
        let known = matches!(word, 0x2000 | 0x8000);
        assert_eq!(riscv64(&[word]).counts.undecoded, u32::from(!known), "{word:#x}");
    }
}
