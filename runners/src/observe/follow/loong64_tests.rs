//! What loong64 instructions do, as Go's and C's compilers and assembly use them.

use super::facts::{Condition, Followed, Kept, Kind, Move, Sp, Target, Why, Writes};
use super::machine::{ADDRESS, Memory, depths, follow_in, known, last, nth, words};
use super::{Arch, Form, Reach};

const NOP: u32 = 0x0340_0000;
const RET: u32 = 0x4c00_0020;

fn loong64(code: &[u32]) -> Followed {
    follow_in(&Memory::default(), Arch::Loong64, &words(code), None)
}

const IN_LR: Kept = Kept { register: true, slot: None };

/// `BEQ` of a register and zero by so many instructions, or `BNE`.
fn branch(not: bool, register: u32, by: i32) -> u32 {
    (if not { 0x4400_0000 } else { 0x4000_0000 }) | (by as u32 & 0xffff) << 10 | register << 5 | (by as u32 >> 16 & 31)
}

/// `B` by so many instructions.
fn jump(by: i32) -> u32 {
    0x5000_0000 | (by as u32 & 0xffff) << 10 | (by as u32 >> 16 & 0x3ff)
}

#[test]
fn a_small_frame() {
    let f = loong64(&[
        0x28c0_42d4,          // MOVV 16(R22), R20
        0x0012_8e94,          // SGTU R3, R20
        branch(false, 20, 8), // BEQ R20
        0x29fe_e061,          // MOVV R1, -72(R3)
        0x02fe_e063,          // ADDV $-72, R3
        0x29c0_0061,          // MOVV R1, (R3)
        0x5400_4000,          // CALL
        0x28c0_0061,          // MOVV (R3), R1
        0x02c1_2063,          // ADDV $72, R3
        RET,
        0x29c0_2064, // MOVV R4, 8(R3)
        0x0015_003f, // MOVV R1, R31
        0x5400_4000, // CALL runtime.morestack_noctxt
        0x28c0_2064, // MOVV 8(R3), R4
        jump(-14),
    ]);
    assert_eq!(depths(&f), known(&[0, 0, 0, 0, 0, 72, 72, 72, 72, 0, 0, 0, 0, 0, 0]));
    assert_eq!((nth(&f, 3).ret, nth(&f, 4).ret), (IN_LR, Kept { register: true, slot: Some(-72) }));
    assert_eq!(nth(&f, 7).ret, Kept { register: false, slot: Some(-72) });
    assert_eq!((nth(&f, 9).kind, nth(&f, 9).ret.register), (Kind::Return, true));
    // `runtime.morestack` puts the return address back from R31.
    assert_eq!((last(&f).ret, nth(&f, 0).ret), (IN_LR, IN_LR));
    assert_eq!((nth(&f, 4).moves, nth(&f, 8).moves), (Move::By(-72), Move::By(72)));
    assert_eq!(nth(&f, 7).writes, Writes { sp: false, fp: false, lr: true });

    let check = f.check.unwrap();
    assert_eq!((check.form(), check.offset, check.guard, check.below), (Form::Small, 4, 16, 0));
    assert_eq!((check.jump, check.condition, check.target), (8, Condition::BelowOrEqual, Target::Inside(40)));
    let more = check.morestack.unwrap();
    assert_eq!((more.offset, more.callee, more.resumes), (48, Some(ADDRESS + 48 + 64), Some(0)));
}

#[test]
fn a_check_that_falls_into_the_call() {
    // As until Go 1.21: MOVV 16(R22), R19; SGTU R3, R19; BNE R19; MOVV R1, R5; CALL; JMP
    let code = |hands| loong64(&[0x28c0_42d3, 0x0012_8e73, branch(true, 19, 4), hands, 0x5400_4000, jump(-5), RET]);
    let f = code(0x0015_0025);
    let check = f.check.unwrap();
    assert_eq!((check.condition, check.target), (Condition::BelowOrEqual, Target::Inside(12)));
    assert_eq!(check.morestack.map(|m| (m.offset, m.resumes)), Some((16, Some(0))));
    assert_eq!((nth(&f, 5).ret, last(&f).ret), (IN_LR, IN_LR));
    // In other registers it does not come back.
    for wrong in [0x0015_0026, 0x0015_0045, NOP] {
        assert_eq!((nth(&code(wrong), 5).ret, last(&code(wrong)).ret), (Kept::default(), Kept::default()));
    }
}

#[test]
fn stack_checks_for_larger_frames() {
    // ADDV $-904, R3, R24; SGTU R24, R20
    let f = loong64(&[
        0x28c0_42d4,
        0x02f1_e078,
        0x0012_e294,
        branch(false, 20, 2),
        RET,
        0x0015_003f,
        0x5400_4000,
        jump(-7),
    ]);
    let check = f.check.unwrap();
    assert_eq!((check.form(), check.below, check.offset), (Form::Large, 904, 8));
    assert_eq!((check.condition, check.morestack.unwrap().resumes), (Condition::BelowOrEqual, Some(0)));

    let huge = |by| {
        loong64(&[
            0x28c0_62d4,          // MOVV 24(R22), R20
            0x1400_023e,          // LU12IW $17, R30
            0x0384_43de,          // OR $272, R30
            0x0012_f878,          // SGTU R30, R3, R24
            branch(true, 24, by), // BNE R24
            0x15ff_fdde,          // LU12IW $-18, R30
            0x03bb_c3de,          // OR $3824, R30
            0x0010_f878,          // ADDV R30, R3, R24
            0x0012_e294,          // SGTU R24, R20
            branch(false, 20, 3), // BEQ R20
            0x0340_0000,
            RET,
            0x29c0_2064, // MOVV R4, 8(R3)
            0x0015_003f, // MOVV R1, R31
            0x5400_4000, // CALL runtime.morestackc
            jump(-15),
        ])
    };
    // To the same place, to right before the call, and elsewhere.
    for (by, wraps, to) in [(8, Some(16), Some(48)), (9, Some(16), Some(52)), (7, None, None)] {
        let check = huge(by).check.unwrap();
        assert_eq!((check.below, check.guard, check.wraps), (17 * 4096 + 272, 24, wraps));
        assert_eq!(check.wraps_to, to.map(Target::Inside));
    }

    // Where branches do not reach so far, they lead to jumps.
    let f = loong64(&[
        0x28c0_42d4,         // MOVV 16(R22), R20
        0x1400_005e,         // LU12IW $2, R30
        0x0012_f878,         // SGTU R30, R3, R24
        branch(true, 24, 2), // BNE R24, 2(PC)
        jump(2),
        jump(11),
        0x15ff_ffde,          // LU12IW $-2, R30
        0x0010_f878,          // ADDV R30, R3, R24
        0x0012_e294,          // SGTU R24, R20
        branch(false, 20, 2), // BEQ R20, 2(PC)
        jump(2),
        jump(4),
        NOP,
        NOP,
        RET,
        0x29c0_2064, // MOVV R4, 8(R3)
        0x0015_003f, // MOVV R1, R31
        0x5400_4000, // CALL runtime.morestack_noctxt
        jump(-18),
    ]);
    let check = f.check.unwrap();
    assert_eq!((check.form(), check.below, check.wraps, check.jump), (Form::Huge, 8192, Some(12), 36));
    assert_eq!((check.target, check.wraps_to), (Target::Inside(60), Some(Target::Inside(64))));
    assert_eq!(check.morestack.map(|m| (m.offset, m.resumes)), Some((68, Some(0))));

    // The word of another register than g is no guard.
    assert_eq!(loong64(&[0x28c0_4294, 0x0012_8e94, branch(false, 20, 2), RET, RET]).check, None);
    // SGTU R20, R3, R20; BNE: the other way round, and of other conditions.
    let of = |compares, jumps| loong64(&[0x28c0_42d4, compares, jumps, RET, RET]).check.map(|c| c.condition);
    assert_eq!(of(0x0012_d074, branch(true, 20, 2)), Some(Condition::Below));
    // What is not the result is not looked at: BEQ R19.
    assert_eq!(of(0x0012_8e94, branch(false, 19, 2)), Some(Condition::Equal));
    // A branch by itself: BGEU R20, R3, and BLT.
    assert_eq!(of(NOP, 0x6c00_0a83), Some(Condition::BelowOrEqual));
    assert_eq!(of(NOP, 0x6000_0a83), Some(Condition::Other));
}

#[test]
fn a_frame_beyond_the_immediate() {
    let f = loong64(&[
        0x15ff_fdfe, // LU12IW $-17, R30
        0x0010_8fde, // ADDV R3, R30
        0x29f9_c3c1, // MOVV R1, -400(R30)
        0x15ff_fdde, // LU12IW $-18, R30
        0x03b9_c3de, // OR $3696, R30
        0x0010_f863, // ADDV R30, R3
        0x29c0_0061, // MOVV R1, (R3)
        0x28c0_0061, // MOVV (R3), R1
        0x1400_023e, // LU12IW $17, R30
        0x0386_43de, // OR $400, R30
        0x0010_f863, // ADDV R30, R3
        RET,
    ]);
    let depth = 17 * 4096 + 400;
    assert_eq!(depths(&f), known(&[0, 0, 0, 0, 0, 0, depth, depth, depth, depth, depth, 0]));
    assert_eq!(nth(&f, 3).ret, Kept { register: true, slot: Some(-depth) });
    assert_eq!((nth(&f, 5).moves, nth(&f, 10).moves), (Move::By(-depth), Move::By(depth)));
    assert!(last(&f).ret.register);
}

#[test]
fn forms_of_moving_sp() {
    for (code, depth) in [
        (&[0x02ff_c063][..], 16),                                                 // ADDV $-16, R3
        (&[0x0280_4004, 0x0011_9063], 16),                                        // ADDIW $16, R0, R4; SUBV R4, R3
        (&[0x0380_4004, 0x0011_9063], 16),                                        // OR $16, R0, R4
        (&[0x13ff_fc63], 0x1_0000),                                               // ADDU16ID $-1, R3
        (&[0x0015_0064, 0x02ff_c063, 0x0015_0083], 0),                            // MOVV R3, R4, and back
        (&[0x0380_0064, 0x02ff_c063, 0x0380_0083], 0),                            // the same by OR $0
        (&[0x29ff_c063, 0x02ff_c063, 0x28c0_0063], 0),                            // SP saved to the stack and read back
        (&[0x27ff_f063, 0x02ff_c063, 0x2600_0063], 0),                            // the same by MOVVP
        (&[0x0380_0804, 0x002d_0c83], -16),                                       // ALSLV $3, R4, R3
        (&[0x1400_0004, 0x0380_4084, 0x1600_0004, 0x0300_0084, 0x0011_9063], 16), // all of a number's parts
        (&[0x15ff_ffe4, 0x03bf_c084, 0x0010_9063], 16),                           // LU12IW $-1; OR $0xff0
        (&[0x1600_0024, 0x0011_9063], -0),                                        // LU32ID of what is not known
    ] {
        let mut code = code.to_vec();
        code.push(NOP);
        let wanted = if code.contains(&0x1600_0024) { Sp::Unknown(Why::Register) } else { Sp::Known(depth) };
        assert_eq!(last(&loong64(&code)).sp, wanted, "{code:x?}");
    }
}

#[test]
fn what_is_not_known_of_sp() {
    for (code, why) in [
        (&[0x28c0_e2c4, 0x0015_0083][..], Why::Register), // MOVV 56(R22), R4; MOVV R4, R3
        (&[0x28c0_e2c3], Why::Loaded),                    // MOVV 56(R22), R3
        (&[0x0083_0003], Why::Aligned),                   // BSTRINSV $3, R0, $0, R3
        (&[0x0010_9063], Why::Register),                  // ADDV R4, R3
        (&[0x0380_4004, 0x5400_4000, 0x0010_9063], Why::Register), // a call changes R4
        (&[0x0380_4004, 0x002b_0000, 0x0010_9063], Why::Register), // so does one of the system
        (&[0x0380_400c, 0x002b_0000, 0x0010_b063], Why::Register), // and R12
        (&[0x0380_4004, 0x0041_0c84, 0x0010_9063], Why::Register), // SLLV $3, R4
        (&[0x0380_4004, 0x2880_00a4, 0x0010_9063], Why::Register), // MOVW (R5), R4
        (&[0x0380_4004, 0x2200_00a4, 0x0010_9063], Why::Register), // LLV (R5), R4
        (&[0x0380_4004, 0x2300_00a4, 0x0010_9063], Why::Register), // SCV R4, (R5)
        (&[0x0380_4004, 0x3861_94c4, 0x0010_9063], Why::Register), // AMADDV R5, (R6), R4
        (&[0x0380_4004, 0x0114_b804, 0x0010_9063], Why::Register), // MOVV F0, R4
        (&[0x0380_4004, 0x0114_dc04, 0x0010_9063], Why::Register), // MOVV FCC0, R4
        (&[0x0380_4004, 0x72ef_f004, 0x0010_9063], Why::Register), // VMOVQ V0.V[0], R4
        (&[0x0380_4004, 0x380c_14a4, 0x0010_9063], Why::Register), // MOVV (R5)(R5), R4
        (&[0x0380_4004, 0x0013_14a4, 0x0010_9063], Why::Register), // MASKEQZ
        (&[0x0380_4004, 0x0000_6885, 0x0010_9063], Why::Register), // RDTIMED R4, R5
        (&[0x0380_4004, 0xffff_ffff], Why::Undecoded),    // nothing that is known
        (&[0x0648_3800], Why::Undecoded),                 // ERTN, which programs do not
    ] {
        let mut code = code.to_vec();
        code.push(NOP);
        assert_eq!(last(&loong64(&code)).sp, Sp::Unknown(why), "{code:x?}");
    }
}

#[test]
fn what_only_looks_as_if_it_wrote() {
    for word in [
        0x29c0_00a4, // MOVV R4, (R5)
        0x2b80_00a4, // MOVD (R5), F4
        0x381c_14a4, // MOVV R4, (R5)(R5)
        0x0101_0004, // ADDD F0, F0, F4
        0x0114_a8a4, // MOVV R5, F4
        0x2c00_00a4, // VMOVQ (R5), V4
        0x7127_7fff, // VXORV V31, V31, V31
        0x2ac0_00a4, // PRELD (R5), $4
        0x3872_0000, // DBAR
        0x0c12_0004, // CMPEQF
    ] {
        let f = loong64(&[0x0380_4004, word, 0x0011_9063, NOP]);
        assert_eq!((last(&f).sp, f.counts.undecoded), (Sp::Known(16), 0), "{word:#x}");
    }
}

#[test]
fn a_return_address_that_is_overwritten() {
    // MOVB, MOVH, MOVW, MOVF, MOVD, VMOVQ, XVMOVQ, AMADDV, SCW, by what is not it.
    for store in [
        0x2900_0064,
        0x2940_0064,
        0x2980_0064,
        0x2b40_0064,
        0x2bc0_0064,
        0x2c40_0064,
        0x2cc0_0064,
        0x3861_9464,
        0x2100_0064,
        0x29c0_0064,
        0x2700_0064,
    ] {
        let f = loong64(&[0x29fe_e061, 0x02fe_e063, store, NOP]);
        assert_eq!(last(&f).ret.slot, None, "{store:#x}");
    }
    // Beside it, it is not: MOVV R4, 8(R3); SCV R4, 8(R3); loads; LLV.
    for store in [0x29c0_2064, 0x2300_0864, 0x28c0_0064, 0x2c00_0064, 0x2200_0064] {
        let f = loong64(&[0x29fe_e061, 0x02fe_e063, store, NOP]);
        assert_eq!(last(&f).ret.slot, Some(-72), "{store:#x}");
    }
}

#[test]
fn a_jump_table() {
    // OR $2, R0, R5; BLTU R5, R4 to the last; a table at 0x402018; ALSLV; MOVV; JMP; two returns.
    let code =
        [0x0380_0805, 0x6800_20a4, 0x1a00_0026, 0x02c0_60c6, 0x002d_189e, 0x28c0_03de, 0x4c00_03c0, RET, NOP, RET];
    let pointers =
        [(0x40_2018, ADDRESS + 28), (0x40_2020, ADDRESS + 32), (0x40_2028, ADDRESS + 28), (0x40_2030, ADDRESS + 36)];
    let memory = Memory { pointers: pointers.to_vec(), ..Memory::default() };
    let f = follow_in(&memory, Arch::Loong64, &words(&code), None);
    assert_eq!((nth(&f, 6).kind, f.unresolved, f.counts.unreached), (Kind::JumpTable(3), 0, 0));
    // With something between the address and the load it is not told.
    let mut moved = code;
    moved.swap(3, 5);
    moved.swap(3, 4);
    assert_eq!(nth(&follow_in(&memory, Arch::Loong64, &words(&moved), None), 6).kind, Kind::IndirectJump);
}

#[test]
fn jumps_lead_to_where_they_say() {
    let target = |word: u32| nth(&loong64(&[word, NOP, NOP, NOP]), 0).kind;
    let there = |by: i64| Target::Outside(ADDRESS.wrapping_add_signed(by));
    assert_eq!(target(jump(2)), Kind::Jump(Target::Inside(8)));
    assert_eq!(target(jump(-(1 << 25))), Kind::Jump(there(-(1 << 27))));
    assert_eq!(target(jump((1 << 25) - 1)), Kind::Jump(there((1 << 27) - 4)));
    assert_eq!(target(0x57ff_ffff), Kind::Call(Some(ADDRESS - 4)));
    assert_eq!(target(branch(false, 4, -(1 << 20))), Kind::ConditionalJump(there(-(1 << 22)), Condition::Equal));
    assert_eq!(target(branch(true, 4, 2)), Kind::ConditionalJump(Target::Inside(8), Condition::NotEqual));
    for (word, condition) in [
        (0x5800_0885, Condition::Equal),
        (0x5c00_0885, Condition::NotEqual),
        (0x6000_0885, Condition::Other),
        (0x6400_0885, Condition::Other),
        (0x6800_0885, Condition::Below),
        (0x6c00_0885, Condition::AboveOrEqual),
        (0x4800_0800, Condition::Other),
        (0x4800_0900, Condition::Other),
    ] {
        assert_eq!(target(word), Kind::ConditionalJump(Target::Inside(8), condition), "{word:#x}");
    }
    // JMP (R4), CALL (R4), and through what is known: PCADDU12I $1, R4; JIRL R0, R4, 8.
    assert_eq!((target(0x4c00_0080), target(0x4c00_0081)), (Kind::IndirectJump, Kind::Call(None)));
    let f = loong64(&[0x1c00_0024, 0x4c00_0880, NOP]);
    assert_eq!(nth(&f, 1).kind, Kind::Jump(Target::Outside(ADDRESS + 0x1008)));
    // MOVV R1, R4; JMP (R4) is a return.
    assert_eq!(last(&loong64(&[0x0015_0024, 0x4c00_0080])).kind, Kind::Return);
}

#[test]
fn what_traps_ends_the_way() {
    for trap in [0x002a_0000, 0] {
        let f = loong64(&[trap, 0x02ff_c063, RET]);
        assert_eq!((nth(&f, 0).kind, f.counts.unreached, f.counts.undecoded), (Kind::Trap, 2, 0), "{trap:#x}");
    }
    let f = loong64(&[RET, 0, NOP, 0]);
    assert_eq!((f.counts.padding, f.counts.instructions, last(&f).reach), (3, 1, Reach::Padding));
    // Cut short.
    let f = follow_in(&Memory::default(), Arch::Loong64, &[0x20, 0, 0, 0x4c, 0, 0], None);
    assert_eq!((last(&f).kind, last(&f).len, f.counts.undecoded), (Kind::Undecoded, 2, 1));
}
