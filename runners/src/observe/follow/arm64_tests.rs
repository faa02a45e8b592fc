//! What arm64 instructions do, as Go's and C's compilers and assembly use them.

use super::facts::{Condition, Fp, Kept, Kind, Move, Sp, Target, Why, Writes};
use super::machine::{ADDRESS, Memory, arm64, depths, follow_in, known, last, nth, words};
use super::{Arch, Form, Reach};

const NOP: u32 = 0xd503_201f;
const RET: u32 = 0xd65f_03c0;

/// `B.cond` by so many instructions.
fn jump_if(code: u32, by: u32) -> u32 {
    0x5400_0000 | by << 5 | code
}

/// `B` by so many instructions.
fn jump(by: i32) -> u32 {
    0x1400_0000 | by as u32 & 0x3ff_ffff
}

fn untouched(slot: Option<i32>) -> Fp {
    Fp { caller: Kept { register: true, slot }, register: None }
}

const IN_LR: Kept = Kept { register: true, slot: None };

#[test]
fn a_small_frame() {
    let f = arm64(&[
        0xf940_0b90,   // MOVD 16(R28), R16
        0xeb30_63ff,   // CMP R16, RSP
        jump_if(9, 8), // BLS
        0xf81e_0ffe,   // MOVD.W R30, -32(RSP)
        0xf81f_83fd,   // MOVD R29, -8(RSP)
        0xd100_23fd,   // SUB $8, RSP, R29
        NOP,
        0xf85f_83fd, // MOVD -8(RSP), R29
        0xf842_07fe, // MOVD.P 32(RSP), R30
        RET,
        0xaa1e_03e3, // MOVD R30, R3
        0x9400_0100, // BL runtime.morestack_noctxt
        jump(-12),
    ]);
    assert_eq!(depths(&f), known(&[0, 0, 0, 0, 32, 32, 32, 32, 32, 0, 0, 0, 0]));
    assert_eq!(nth(&f, 3).ret, IN_LR);
    assert_eq!((nth(&f, 4).ret, nth(&f, 4).fp), (Kept { register: true, slot: Some(-32) }, untouched(None)));
    assert_eq!(nth(&f, 5).fp, untouched(Some(-40)));
    assert_eq!(nth(&f, 6).fp, Fp { caller: Kept { register: false, slot: Some(-40) }, register: Some(-40) });
    assert_eq!(nth(&f, 8).fp, untouched(Some(-40)));
    assert_eq!((last(&f).kind, nth(&f, 9).kind), (Kind::Jump(Target::Inside(0)), Kind::Return));
    assert!(nth(&f, 9).ret.register);
    // `runtime.morestack` puts the return address back from R3.
    assert_eq!(last(&f).ret, IN_LR);
    assert_eq!((nth(&f, 3).moves, nth(&f, 8).moves), (Move::By(-32), Move::By(32)));
    assert_eq!(nth(&f, 8).writes, Writes { sp: true, fp: false, lr: true });

    let check = f.check.unwrap();
    assert_eq!((check.form(), check.offset, check.guard, check.below), (Form::Small, 4, 16, 0));
    assert_eq!((check.jump, check.condition, check.target), (8, Condition::BelowOrEqual, Target::Inside(40)));
    let more = check.morestack.unwrap();
    assert_eq!((more.offset, more.callee, more.resumes), (44, Some(super::machine::ADDRESS + 44 + 0x400), Some(0)));
}

#[test]
fn a_leaf_restores_the_frame_pointer_by_convention() {
    // ADD $n, RSP, R29; ADD $32, RSP
    let code = |n: u32| arm64(&[0xf81e_0ffe, 0xf81f_83fd, 0xd100_23fd, 0x9100_03fd | n << 10, 0x9100_83ff, RET]);
    let f = code(24);
    assert_eq!((last(&f).fp.register, last(&f).fp.caller.register), (Some(-8), false));
    assert!(last(&f).fp.restored(Arch::Arm64) && !last(&f).fp.restored(Arch::Amd64));
    // Elsewhere is wrong.
    assert!(!last(&code(32)).fp.restored(Arch::Arm64));
}

#[test]
fn a_return_address_that_morestack_is_not_handed_is_lost() {
    let code = |hands| arm64(&[0xf940_0b90, 0xeb30_63ff, jump_if(9, 2), RET, hands, 0x9400_0100, jump(-6)]);
    assert_eq!((nth(&code(0xaa1e_03e3), 0).ret, nth(&code(0xaa1e_03e3), 6).ret), (IN_LR, IN_LR));
    // R29 for R30, and another register than R3.
    for wrong in [0xaa1d_03e3, 0xaa1e_03e4] {
        assert_eq!(nth(&code(wrong), 6).ret, Kept { register: false, slot: None });
        assert_eq!(nth(&code(wrong), 0).ret, Kept { register: false, slot: None });
    }
}

#[test]
fn what_traps_ends_the_way() {
    for trap in [0, 0xbea7_1700, 0xd420_0000] {
        let f = arm64(&[trap, 0xd100_43ff, RET]);
        assert_eq!((nth(&f, 0).kind, f.counts.unreached, f.counts.undecoded), (Kind::Trap, 2, 0), "{trap:#x}");
    }
    // A call of the system comes back.
    assert_eq!(arm64(&[0xd400_0001, 0xd100_43ff, RET]).counts.unreached, 0);
}

#[test]
fn a_frame_pointer_or_link_register_that_is_not_restored() {
    let code = |fp: u32, lr: u32| arm64(&[0xf81e_0ffe, 0xf81f_83fd, 0xd100_23fd, 0x9400_0100, fp, lr, RET]);
    let f = code(0xf85f_83fd, 0xf842_07fe);
    assert_eq!((last(&f).fp.caller.register, last(&f).ret.register, last(&f).sp), (true, true, Sp::Known(0)));
    // The frame pointer from the wrong word.
    let f = code(0xf840_03fd, 0xf842_07fe);
    assert_eq!((last(&f).fp.caller.register, last(&f).ret.register), (false, true));
    // The link register not at all, SP as before: ADD $32, RSP, RSP.
    let f = code(0xf85f_83fd, 0x9100_83ff);
    assert_eq!((last(&f).fp.caller.register, last(&f).ret.register, last(&f).sp), (true, false, Sp::Known(0)));
    assert_eq!(last(&f).ret.slot, Some(-32));
}

#[test]
fn a_frame_beyond_the_store() {
    let f = arm64(&[
        0xd104_43f4, // SUB $272, RSP, R20
        0xa93f_fa9d, // STP (R29, R30), -8(R20)
        0x9100_029f, // MOVD R20, RSP
        0xd100_23fd, // SUB $8, RSP, R29
        0xa97f_fbfd, // LDP -8(RSP), (R29, R30)
        0x9104_43ff, // ADD $272, RSP, RSP
        RET,
    ]);
    assert_eq!(depths(&f), known(&[0, 0, 0, 272, 272, 272, 0]));
    assert_eq!(nth(&f, 2).ret, Kept { register: true, slot: Some(-272) });
    assert_eq!(nth(&f, 4).fp, Fp { caller: Kept { register: false, slot: Some(-280) }, register: Some(-280) });
    assert!(last(&f).fp.caller.register && last(&f).ret.register);
    assert_eq!((nth(&f, 2).moves, nth(&f, 5).moves), (Move::By(-272), Move::By(272)));
}

#[test]
fn a_frame_beyond_the_immediate() {
    let f = arm64(&[
        0xd280_021b, // MOVD $0x10, R27
        0xf2a0_003b, // MOVK $(1<<16), R27
        0xcb3b_63f4, // SUB R27, RSP, R20
        0x9100_029f, // MOVD R20, RSP
        0xd280_021b,
        0xf2a0_003b,
        0x8b3b_63ff, // ADD R27, RSP, RSP
        RET,
    ]);
    assert_eq!(depths(&f), known(&[0, 0, 0, 0, 0x10010, 0x10010, 0x10010, 0]));
    // golang/go#73259: the same in two steps, with a partial frame between them.
    let f = arm64(&[0xd140_43ff, 0xd100_43ff, 0x9100_43ff, 0x9140_43ff, RET]);
    assert_eq!(depths(&f), known(&[0, 0x10000, 0x10010, 0x10000, 0]));
    assert_eq!((nth(&f, 2).moves, nth(&f, 3).moves), (Move::By(0x10), Move::By(0x10000)));
}

#[test]
fn stack_checks_for_larger_frames() {
    let f = arm64(&[0xf940_0b90, 0xd102_03f1, 0xeb10_023f, jump_if(9, 2), RET, 0x9400_0100, jump(-6)]);
    let check = f.check.unwrap(); // SUB $128, RSP, R17; CMP R16, R17
    assert_eq!((check.form(), check.below, check.offset), (Form::Large, 128, 8));
    assert_eq!(check.morestack.unwrap().resumes, Some(0));

    // SUBS $0x10000, RSP, R17; BLO; of stackguard1.
    let f = arm64(&[0xf940_0f90, 0xf140_43f1, jump_if(3, 4), 0xeb10_023f, jump_if(9, 2), RET, 0x9400_0100, jump(-7)]);
    let check = f.check.unwrap();
    assert_eq!((check.form(), check.guard, check.below, check.wraps), (Form::Huge, 24, 0x10000, Some(8)));

    // The word of another register than g is no guard.
    assert_eq!(arm64(&[0xf940_0b70, 0xeb30_63ff, jump_if(9, 2), RET, 0]).check, None);
    // The other condition, told as it is.
    let f = arm64(&[0xf940_0b90, 0xeb30_63ff, jump_if(8, 2), RET, 0]);
    assert_eq!(f.check.map(|c| (c.condition, c.morestack)), Some((Condition::Above, None)));
}

#[test]
fn forms_of_moving_sp() {
    for (code, depth) in [
        (&[0xd100_43ff][..], 16),                                   // SUB $16, RSP
        (&[0xd140_07ff], 0x1000),                                   // SUB $(1<<12), RSP
        (&[0x9100_43ff], -16),                                      // ADD $16, RSP
        (&[0xa9be_7bfd], 32),                                       // STP.W (R29, R30), -32(RSP)
        (&[0xa9be_7bfd, 0xa8c2_7bfd], 0),                           // LDP.P 32(RSP), (R29, R30)
        (&[0xf81f_0fe0, 0xf841_07e0], 0),                           // MOVD.W R0, -16(RSP); MOVD.P 16(RSP), R0
        (&[0xfc1f_0fe0], 16),                                       // FMOVD.W F0, -16(RSP)
        (&[0x6dbf_07e0], 16),                                       // FSTPD.W (F0, F1), -16(RSP)
        (&[0xadbf_07e0], 32),                                       // FSTPQ.W (F0, F1), -32(RSP)
        (&[0x4cdf_7fe0], -16),                                      // VLD1.P (RSP), [V0.D2]
        (&[0x9280_01e0, 0x8b20_63ff], 16),                          // MOVD $-16, R0; ADD R0, RSP
        (&[0xb27c_03e0, 0xcb20_63ff], 16),                          // ORR $16, ZR, R0; SUB R0, RSP
        (&[0x9100_03e9, 0xd100_43ff, 0x9100_013f], 0),              // MOVD RSP, R9; SUB $16, RSP; MOVD R9, RSP
        (&[0x9100_03e9, 0xf81e_0fe9, 0xf940_03ea, 0x9100_015f], 0), // SP saved to the stack and read back
        (&[0xd280_0020, 0xcb20_73ff], 16),                          // MOVD $1, R0; SUB R0<<4, RSP
        (&[0xd280_0200, 0xaa00_03e1, 0xcb21_63ff], 16),             // by way of R1
    ] {
        let mut code = code.to_vec();
        code.push(NOP);
        assert_eq!(last(&arm64(&code)).sp, Sp::Known(depth), "{code:x?}");
    }
}

#[test]
fn what_is_not_known_of_sp() {
    for (code, why) in [
        (&[0xf940_1f80, 0x9100_001f][..], Why::Register), // MOVD 56(R28), R0; MOVD R0, RSP
        (&[0x927c_ec1f], Why::Aligned),                   // AND $~15, R0, RSP
        (&[0x1100_43ff], Why::Arithmetic),                // ADDW $16, RSP
        (&[0xcb20_63ff], Why::Register),                  // SUB R0, RSP
        (&[0xd280_0200, 0x9400_0100, 0xcb20_63ff], Why::Register), // a call changes R0
        (&[0xd280_0200, 0xb940_0020, 0xcb20_63ff], Why::Register), // MOVWU (R1), R0
        (&[0xd280_0200, 0xc8df_fc20, 0xcb20_63ff], Why::Register), // LDAR (R1), R0
        (&[0xd280_0200, 0xf821_0020, 0xcb20_63ff], Why::Register), // LDADDD R1, (R1), R0
        (&[0xd280_0200, 0x9e66_0000, 0xcb20_63ff], Why::Register), // FMOVD F0, R0
        (&[0xd280_0200, 0x1e78_0000, 0xcb20_63ff], Why::Register), // FCVTZSDW F0, R0
        (&[0xd280_0200, 0x9ac1_0820, 0xcb20_63ff], Why::Register), // UDIV R1, R1, R0
        (&[0xd280_0200, 0x9a81_0020, 0xcb20_63ff], Why::Register), // CSEL
        (&[0xd280_0200, 0x5800_0040, 0xcb20_63ff], Why::Register), // a literal
        (&[0xd280_0200, 0xd53b_d040, 0xcb20_63ff], Why::Register), // MRS TPIDR_EL0, R0
        (&[0x3131_3131 | 0x0800_0000, 0x0431_ffff], Why::Undecoded), // nothing that is known
    ] {
        let mut code = code.to_vec();
        code.push(NOP);
        assert_eq!(last(&arm64(&code)).sp, Sp::Unknown(why), "{code:x?}");
    }
}

#[test]
fn what_only_looks_as_if_it_wrote() {
    for word in [
        0xf900_0020, // MOVD R0, (R1)
        0xfd40_0020, // FMOVD (R1), F0
        0x4f00_e400, // VMOVI $0, V0.B16
        0x1e60_c020, // FABSD F1, F0
        0x9e67_0000, // FMOVD R0, F0
        0xfa41_0020, // CCMP of R1, R1
        0xeb01_001f, // CMP R1, R0
        0xf980_0020, // PRFM
        0xc89f_fc20, // STLR R0, (R1)
    ] {
        let f = arm64(&[0xd280_0200, word, 0xcb20_63ff, NOP]);
        assert_eq!(last(&f).sp, Sp::Known(16), "{word:#x}");
    }
}

#[test]
fn a_vector_instruction_of_number_29_is_not_the_frame_pointer() {
    // FADD D29, D0, D0 and LDR D30, (R1).
    let f = arm64(&[0x1e60_281d, 0xfd40_003e, RET]);
    assert_eq!((last(&f).fp, last(&f).ret), (untouched(None), IN_LR));
    // MOVD R0, R29 and MOVD (R1), R30.
    let f = arm64(&[0xaa00_03fd, 0xf940_003e, RET]);
    assert_eq!((last(&f).fp.caller.register, last(&f).ret.register), (false, false));
}

#[test]
fn a_literal_is_data() {
    let f = arm64(&[0x5800_0040, RET, 0x1234_5678, 0xffff_ffff]);
    assert_eq!((f.counts.data, f.counts.instructions, f.counts.undecoded), (2, 2, 0));
    assert_eq!(last(&f).reach, Reach::Data);
    // What nothing loads is not.
    let f = arm64(&[NOP, RET, 0x1234_5678, 0xffff_ffff]);
    assert_eq!((f.counts.data, f.counts.instructions, f.counts.unreached), (0, 4, 2));
    // Zeros fill.
    let f = arm64(&[NOP, RET, 0, 0]);
    assert_eq!((f.counts.padding, f.counts.instructions), (2, 2));
}

#[test]
fn what_a_callee_keeps_is_what_is_said_of_it() {
    let code = words(&[
        0x9100_23f9, // ADD $8, RSP, R25
        0x9400_0100, // BL
        0x9100_033f, // MOVD R25, RSP
        NOP,
    ]);
    let callee = ADDRESS + 4 + 0x400;
    for (keep, sp) in [
        (vec![], Sp::Known(-8)),
        (vec![(callee, 1 << 25)], Sp::Known(-8)),
        (vec![(callee, 0)], Sp::Unknown(Why::Register)),
        (vec![(callee + 4, 0)], Sp::Known(-8)),
    ] {
        let memory = Memory { keep, ..Memory::default() };
        let f = follow_in(&memory, Arch::Arm64, &code, None);
        assert_eq!(last(&f).sp, sp, "{:?}", memory.keep);
    }
}
