//! What ppc64 instructions do, as Go's and C's compilers and assembly use them.

use super::facts::{Condition, Followed, Kept, Kind, Move, Sp, Target, Why, Writes};
use super::machine::{ADDRESS, Memory, depths, follow_in, known, last, nth, words};
use super::{Arch, Form};
use proptest::prelude::*;

const NOP: u32 = 0x6000_0000;
const RET: u32 = 0x4e80_0020;
/// `MFLR R31`, `MTLR R31`, and `MFLR R5` for morestack.
const MFLR: u32 = 0x7fe8_02a6;
const MTLR: u32 = 0x7fe8_03a6;
const HANDS: u32 = 0x7ca8_02a6;
/// `LD R22, 16(R30)`, `CMPLD R22, R1`.
const GUARD: u32 = 0xeade_0010;
const COMPARES: u32 = 0x7c36_0840;
const IN_LR: Kept = Kept { register: true, slot: None };
const LOST: Kept = Kept { register: false, slot: None };

fn ppc64(code: &[u32]) -> Followed {
    follow_in(&Memory::default(), Arch::Ppc64le, &words(code), None)
}

/// `BLT` by so many instructions.
fn if_less(by: u32) -> u32 {
    0x4180_0000 | by << 2
}

/// `BL` by so many instructions.
fn call(by: i32) -> u32 {
    0x4800_0001 | (by << 2) as u32 & 0x3ff_fffc
}

fn jump(by: i32) -> u32 {
    call(by) & !1
}

/// `STDU R31, -n(R1)` and `ADDI R1, R1, n`.
fn down(n: u32) -> u32 {
    0xf800_0001 | 31 << 21 | 1 << 16 | n.wrapping_neg() & 0xfffc
}

fn up(n: u32) -> u32 {
    0x3821_0000 | n
}

#[test]
fn a_small_frame() {
    let code = [
        GUARD,
        COMPARES,
        if_less(4),
        HANDS,
        call(0x400),
        jump(-5),
        MFLR,
        down(96),
        call(0x100),
        0xebe1_0000, // LD R31, 0(R1)
        MTLR,
        up(96),
        RET,
    ];
    let f = ppc64(&code);
    assert_eq!(depths(&f), known(&[0, 0, 0, 0, 0, 0, 0, 0, 96, 96, 96, 96, 0]));
    assert_eq!((nth(&f, 7).ret, nth(&f, 8).ret), (IN_LR, Kept { register: true, slot: Some(-96) }));
    assert_eq!(nth(&f, 9).ret, Kept { register: false, slot: Some(-96) });
    assert_eq!((last(&f).kind, last(&f).ret.register), (Kind::Return, true));
    assert_eq!((nth(&f, 7).moves, nth(&f, 11).moves), (Move::By(-96), Move::By(96)));
    assert_eq!(nth(&f, 10).writes, Writes { sp: false, fp: false, lr: true });
    // `runtime.morestack` puts the return address back from R5.
    assert_eq!(nth(&f, 5).ret, IN_LR);

    let check = f.check.unwrap();
    assert_eq!((check.form(), check.offset, check.guard, check.below), (Form::Small, 4, 16, 0));
    assert_eq!((check.jump, check.condition, check.target), (8, Condition::BelowOrEqual, Target::Inside(12)));
    let more = check.morestack.unwrap();
    assert_eq!((more.offset, more.callee, more.resumes), (16, Some(ADDRESS + 16 + 0x1000), Some(0)));

    // The same of the other byte order.
    let bytes: Vec<u8> = code.iter().flat_map(|w| w.to_be_bytes()).collect();
    assert_eq!(follow_in(&Memory::default(), Arch::Ppc64, &bytes, None), f);
}

#[test]
fn stack_checks_for_larger_frames() {
    // ADDI R23, R1, -928; CMPLD R22, R23
    let f = ppc64(&[GUARD, 0x3ae1_fc60, 0x7c36_b840, if_less(4), HANDS, call(0x400), jump(-6), RET]);
    let check = f.check.unwrap();
    assert_eq!((check.form(), check.below, check.condition), (Form::Large, 928, Condition::BelowOrEqual));

    let f = ppc64(&[
        0xeade_0018, // LD R22, 24(R30)
        0x6417_0001, // ORIS R23, R0, 1
        0x62f7_1128, // ORI R23, R23, 4392
        0x7c21_b840, // CMPLD R1, R23
        if_less(6),
        0x3fe0_fffe, // LIS R31, -2
        0x63ff_eed8, // ORI R31, R31, 61144
        0x7eff_0a14, // ADD R23, R31, R1
        0x7c36_b840, // CMPLD R22, R23
        if_less(4),
        HANDS,
        call(0x400),
        jump(-12),
        RET,
    ]);
    let check = f.check.unwrap();
    assert_eq!((check.form(), check.guard, check.below, check.wraps), (Form::Huge, 24, 0x1_1128, Some(16)));
    // CMPLDI R1, 4000: a number that the comparison itself takes.
    let f = ppc64(&[
        GUARD,
        0x2821_0fa0,
        if_less(4),
        0x3ae1_f060,
        0x7c36_b840,
        if_less(4),
        HANDS,
        call(0x400),
        jump(-8),
        RET,
    ]);
    assert_eq!(f.check.map(|c| (c.form(), c.wraps, c.below)), Some((Form::Huge, Some(8), 4000)));

    // A comparison with signs, and one into another field than the jump asks.
    for wrong in [0x7c36_0800, 0x7cb6_0840] {
        let f = ppc64(&[GUARD, wrong, if_less(4), HANDS, call(0x400), jump(-5), RET]);
        assert_eq!(f.check.map(|c| c.condition), Some(Condition::Other), "{wrong:#x}");
    }
    // The word of another register than g is no guard.
    assert_eq!(ppc64(&[0xeadd_0010, COMPARES, if_less(4), HANDS, call(0x400), jump(-5), RET]).check, None);
}

#[test]
fn a_large_frame() {
    let f = ppc64(&[
        0x7fa8_02a6, // MFLR R29
        0x3fe0_fffe, // LIS R31, -2
        0x63ff_ee58, // ORI R31, R31, 61016
        0x7fa1_f96a, // STDUX R29, R1, R31
        call(0x100),
        0xebe1_0000, // LD R31, 0(R1)
        MTLR,
        0x641f_0001, // ORIS R31, R0, 1
        0x63ff_11a8, // ORI R31, R31, 4520
        0x7c3f_0a14, // ADD R1, R31, R1
        RET,
    ]);
    let mut wanted = vec![0; 11];
    wanted[4..10].fill(0x1_11a8);
    assert_eq!(depths(&f), known(&wanted));
    assert_eq!(nth(&f, 5).ret, Kept { register: false, slot: Some(-0x1_11a8) });
    assert_eq!((last(&f).ret.register, nth(&f, 9).moves), (true, Move::By(0x1_11a8)));
    // R0 is zero in Go's code alone: elsewhere, it is written.
    let f = ppc64(&[0x7c08_02a6, 0x641f_0001, 0x7c3f_0a14, NOP]);
    assert_eq!(last(&f).sp, Sp::Unknown(Why::Register));
}

#[test]
fn a_return_address_that_is_not_restored() {
    let code = |load, moves| ppc64(&[MFLR, down(32), call(0x100), load, moves, up(32), RET]);
    assert!(last(&code(0xebe1_0000, MTLR)).ret.register);
    // From the wrong word, from another register, to the count register.
    for (load, moves) in [(0xebe1_0008, MTLR), (0xebe1_0000, 0x7fc8_03a6), (0xebe1_0000, 0x7fe9_03a6)] {
        assert_eq!(last(&code(load, moves)).ret, Kept { register: false, slot: Some(-32) });
    }
    // What morestack is not handed is lost.
    let f = ppc64(&[GUARD, COMPARES, if_less(4), MFLR, call(0x400), jump(-5), RET]);
    assert_eq!(nth(&f, 0).ret, LOST);
}

#[test]
fn forms_of_moving_sp() {
    for (code, depth) in [
        (&[up(0xfff0)][..], 16),                                   // ADDI R1, R1, -16
        (&[0x3c21_ffff], 0x1_0000),                                // ADDIS R1, R1, -1
        (&[0x3021_fff0], 16),                                      // ADDIC R1, R1, -16
        (&[0x7c23_0b78, up(0xfff0), 0x7c61_1b78], 0),              // MR R3, R1; ...; MR R1, R3
        (&[0xf821_ffe1], 32),                                      // STDU R1, -32(R1)
        (&[0xf821_ffe1, 0xe821_0000], 0),                          // LD R1, 0(R1)
        (&[0x9421_ffe0], 32),                                      // STWU R1, -32(R1)
        (&[0xdc21_fff8], 8),                                       // STFDU F1, -8(R1)
        (&[0x3860_fff0, 0x7c21_1a14], 16),                         // LI R3, -16; ADD R1, R1, R3
        (&[0x3860_0010, 0x7c23_0850], 16),                         // LI R3, 16; SUBF R1, R3, R1
        (&[0x3860_ffe0, 0x7c21_196a], 32),                         // LI R3, -32; STDUX R1, R1, R3
        (&[0x7c63_1a78, 0x6063_0010, 0x7c23_0850], 0),             // XOR R3, R3, R3; ORI R3, R3, 16: not told
        (&[0x7c01_0b78, 0x7c21_0b78], 0),                          // OR R1, R0, R1; OR R1, R1, R1
        (&[0x0600_0001, 0x3821_0000], -0x1_0000),                  // PADDI R1, R1, 65536
        (&[0x0603_ffff, 0x3821_fff0], 16),                         // PADDI R1, R1, -16
        (&[0x7c29_03a6, up(0xfff0), 0x7c69_02a6, 0x7c61_1b78], 0), // MTCTR R1; MFCTR R3
    ] {
        let mut code = code.to_vec();
        code.push(NOP);
        let told = !code.contains(&0x6063_0010);
        let wanted = if told { Sp::Known(depth) } else { Sp::Unknown(Why::Register) };
        assert_eq!(last(&ppc64(&code)).sp, wanted, "{code:x?}");
    }
}

#[test]
fn what_is_not_known_of_sp() {
    for (code, why) in [
        (&[0xe87e_0038, 0x7c61_1b78][..], Why::Register), // LD R3, 56(R30); MR R1, R3
        (&[0x7821_06e4], Why::Aligned),                   // RLDICR R1, R1, 0, 59
        (&[0x7821_06d2], Why::Aligned),                   // RLDCR R1, R1, R0, 59
        (&[0x5421_0036], Why::Arithmetic),                // RLWINM R1, R1, 0, 0, 27
        (&[0x7c23_0a14], Why::Register),                  // ADD R1, R3, R1
        (&[0x3860_0010, call(0x100), 0x7c23_0850], Why::Register), // a call changes R3
        (&[0x3860_0010, 0x7c64_2a14, 0x7c23_0850], Why::Register), // ADD R3, R4, R5
        (&[0x3860_0010, 0x7c83_0074, 0x7c23_0850], Why::Register), // CNTLZD R3, R4
        (&[0x3860_0010, 0x7c60_01e6, 0x7c23_0850], Why::Undecoded), // none: XO 243 is MTVSRWZ
        (&[0x3860_0010, 0x7c03_0066, 0x7c23_0850], Why::Register), // MFVSRD R3, F0
        (&[0x3860_0010, 0x8064_0000, 0x7c23_0850], Why::Register), // LWZ R3, 0(R4)
        (&[0x3860_0010, 0x1064_2973, 0x7c23_0850], Why::Register), // MADDLD R3, R4, R5, R5
        (&[0x3860_0010, 0x4400_0002, 0x7c23_0850], Why::Register), // SC
        (&[0x3860_0010, 0x7c64_282a, 0x7c23_0850], Why::Register), // LDX R3, R4, R5
        (&[0x3860_0010, 0x8c83_0001, 0x7c23_0850], Why::Register), // LBZU R4, 1(R3), which is 17
        (&[0x0000_0001], Why::Undecoded),
        (&[0x7c00_07fe], Why::Undecoded), // no extended opcode
        (&[0x1000_0009 | 0x3c0, 0x1000_0010], Why::Undecoded),
        (&[0xe800_0003], Why::Undecoded),              // LD has no such form
        (&[0x8464_0000 & !0x1f_0000], Why::Undecoded), // LWZU without a base
        (&[0x0480_0000, 0x3821_0010], Why::Undecoded), // a prefix that fits to nothing
    ] {
        let mut code = code.to_vec();
        code.push(NOP);
        let got = last(&ppc64(&code)).sp;
        match code.as_slice() {
            // What was 16 is 17.
            [_, 0x8c83_0001, ..] => assert_eq!(got, Sp::Known(17)),
            // No general register is written.
            [_, 0x7c60_01e6, ..] => assert_eq!(got, Sp::Known(16)),
            _ => assert_eq!(got, Sp::Unknown(why), "{code:x?}"),
        }
    }
}

#[test]
fn what_only_looks_as_if_it_wrote() {
    for word in [
        0xf864_0000, // STD R3, 0(R4)
        0x7c64_292a, // STDX R3, R4, R5
        0xc864_0000, // LFD F3, 0(R4)
        0x7c64_2a18, // LXVX VS3, R4, R5
        0x1063_1840, // VADDUHM V3, V3, V3
        0xf063_1800, // XSADDSP VS3, VS3, VS3
        0xfc60_1890, // FMR F3, F3
        0x7c23_1840, // CMPLD R3, R3
        0x2c23_0000, // CMPDI R3, 0
        0x7c60_0120, // MTCRF 0, R3
        0x7c63_1b78, // OR R3, R3, R3
        0x7c00_04ac, // SYNC
        0x4c00_012c, // ISYNC
        0x0c03_0000, // TWI 0, R3, 0
    ] {
        let f = ppc64(&[0x3860_0010, word, 0x7c23_0850, NOP]);
        assert_eq!((last(&f).sp, f.counts.undecoded), (Sp::Known(16), 0), "{word:#x}");
    }
}

#[test]
fn branches() {
    // MTCTR R12; BCTRL; BCTR.
    let f = ppc64(&[0x7d89_03a6, 0x4e80_0421, 0x4e80_0420]);
    assert_eq!((nth(&f, 1).kind, nth(&f, 2).kind), (Kind::Call(None), Kind::IndirectJump));
    // A known address: LIS R12, 0x41; MTCTR R12; BCTR.
    let f = ppc64(&[0x3d80_0041, 0x7d89_03a6, 0x4e80_0420]);
    assert_eq!(last(&f).kind, Kind::Jump(Target::Outside(0x41_0000)));
    // The return address, by way of the count register.
    let f = ppc64(&[MFLR, 0x7fe9_03a6, 0x4e80_0420]);
    assert_eq!(last(&f).kind, Kind::Return);
    // BL, BDNZ, BEQ, BEQLR, BCTAR; BCL 20, 31, .+4.
    let f = ppc64(&[0x4200_0008, 0x4182_0004, 0x4d82_0020, 0x429f_0005, RET]);
    assert_eq!(nth(&f, 0).kind, Kind::ConditionalJump(Target::Inside(8), Condition::Other));
    assert_eq!(nth(&f, 1).kind, Kind::ConditionalJump(Target::Inside(8), Condition::Equal));
    assert_eq!((nth(&f, 2).kind, nth(&f, 3).kind), (Kind::Plain, Kind::Plain));
    assert_eq!((nth(&f, 3).ret, nth(&f, 4).ret), (IN_LR, LOST));
    assert_eq!(ppc64(&[0x4e80_0460, RET]).counts.undecoded, 1);
    // The count register of a loop holds nothing.
    let f = ppc64(&[0x3d80_0041, 0x7d89_03a6, 0x4200_0004, 0x4e80_0420]);
    assert_eq!(last(&f).kind, Kind::IndirectJump);
}

#[test]
fn what_traps_and_what_fills() {
    // All zeros, TW 31, R0, R0.
    for trap in [0, 0x7fe0_0008] {
        let f = ppc64(&[trap, up(16), RET]);
        assert_eq!((nth(&f, 0).kind, f.counts.unreached, f.counts.undecoded), (Kind::Trap, 2, 0), "{trap:#x}");
    }
    let f = ppc64(&[RET, 0, 0, NOP]);
    assert_eq!((f.counts.padding, f.counts.instructions), (3, 1));
    // A call of the system comes back.
    assert_eq!(ppc64(&[0x4400_0002, up(16), RET]).counts.unreached, 0);
}

#[test]
fn stores_over_what_is_saved() {
    for (store, kept) in [
        (0x9061_0004, false), // STW R3, 4(R1)
        (0x9861_0007, false), // STB R3, 7(R1)
        (0x7c00_0fec, false), // DCBZ R0, R1
        (0x7c00_0f98, false), // STXVD2X VS0, R0, R1
        (0xf861_0008, true),  // STD R3, 8(R1)
        (0x7c61_216a, true),  // STDUX R3, R1, R4: to where is not known, nor is SP then
    ] {
        let f = ppc64(&[MFLR, down(96), store, NOP]);
        assert_eq!(last(&f).ret.slot.is_some(), kept, "{store:#x}");
    }
}

proptest! {
    #[test]
    fn anything_is_followed(bytes in prop::collection::vec(any::<u8>(), 0..200), opcode in 0u8..64) {
        for (arch, at) in [(Arch::Ppc64, 0), (Arch::Ppc64le, 3)] {
            let mut bytes = bytes.clone();
            // Of each opcode some.
            bytes.iter_mut().skip(at).step_by(8).for_each(|b| *b = opcode << 2 | *b & 3);
            let f = follow_in(&Memory::default(), arch, &bytes, None);
            prop_assert_eq!(f.boundaries.iter().map(|b| usize::from(b.len)).sum::<usize>(), bytes.len());
        }
    }
}
