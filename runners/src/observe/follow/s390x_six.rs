//! s390x: instructions of six bytes.

use super::effect::{Effect, Flow, Lines, NONE};
use super::s390x::{Before, Word, pair, range};
use super::s390x_four::{Known, is_known};

/// Vectors: of decimal numbers and for neural networks, and all others; floating
/// point with an operand in memory. By the last byte.
const DECIMAL: Known = [0xb0b0_0000_0000_cefe, 0x7fbf_0000_ff77_0200, 0, 0];
const VECTOR: Known = [0xc5c9_0086_0c0c_4fff, 0xf5bd_fff7_904d_247f, 0xbb10_fefe_c0b0_fcf7, 0xfbaf_cdac_cbf0_5cbf];
const FLOATING: Known = [0xffb0_c070_ffb7_fff0, 0x0000_00f0_0333_0303, 0x0000_ff00_0000_0000, 0];

pub(super) fn lower(word: Word, before: &mut Before, out: &mut Lines) -> Flow {
    // Up to 256 bytes, less one as it is written; or of two operands up to 16.
    let (length, first) = (word.field(8, 8) as u16 + 1, word.field(8, 4) as u16 + 1);
    match word.opcode() {
        0xc0 => return immediate(word, out),
        0xc2 => return arithmetic(word, before, out),
        0xc4 => return relative(word, out),
        // BPRP, BPP.
        0xc5 | 0xc7 => {}
        0xc6 => match word.r2() {
            // EXRL: one elsewhere, which works through registers of its own. PFDRL; CGHRL,
            // CHRL, CGRL, CGFRL, CRL.
            0 | 2 | 4 | 5 | 8 | 12 | 13 => {}
            // CLGHRL, CLHRL, CLGRL, CLGFRL, CLRL.
            6 | 7 | 10 | 14 | 15 => before.unsigned = true,
            _ => return Flow::Undecoded { writes: true },
        },
        0xc8 => match word.r2() {
            // MVCOS.
            0 => {}
            // LPD, LPDG.
            4 | 5 => pair(word.r1(), out),
            _ => return Flow::Undecoded { writes: true },
        },
        0xcc => match word.r2() {
            // AIH, ALSIH, ALSIHN.
            8 | 10 | 11 => out.clobber(word.r1()),
            13 => {}
            15 => before.unsigned = true,
            _ => return Flow::Undecoded { writes: true },
        },
        // MVN, MVC, MVZ, NC, OC, XC; TR, ED, UNPKU, MVCIN, UNPKA.
        0xd1..=0xd4 | 0xd6 | 0xd7 | 0xdc | 0xde | 0xe2 | 0xe8 | 0xea => word.short().store(length, NONE, out),
        // CLC.
        0xd5 => before.unsigned = true,
        // EDMK, TRT, TRTR tell what they have found.
        0xdf => {
            word.short().store(length, NONE, out);
            out.clobber(1);
        }
        0xd0 | 0xdd => out.effect(Effect::Clobber(0b110)),
        // PKU, PKA.
        0xe1 | 0xe9 => word.short().store(16, NONE, out),
        // SRP, MVO, PACK, UNPK, ZAP, AP, SP, MP, DP.
        0xf0..=0xf3 | 0xf8 | 0xfa..=0xfd => word.short().store(first, NONE, out),
        // CP.
        0xf9 => {}
        0xe3 => return indexed(word, before, out),
        0xe5 => return to_memory(word, before, out),
        0xe6 => return decimal(word, out),
        0xe7 => return vector(word, out),
        0xeb => return several(word, before, out),
        0xec => return rotations(word, out),
        0xed => return floating(word, out),
        _ => return Flow::Undecoded { writes: true },
    }
    Flow::Next
}

/// Opcodes that begin with C0.
fn immediate(word: Word, out: &mut Lines) -> Flow {
    let (to, value) = (word.r1(), word.long());
    let (high, low) = (word.field(16, 16) as u16, word.field(32, 16) as u16);
    let logical = value & 0xffff_ffff;
    let insert = |shift, out: &mut Lines| {
        out.effect(Effect::Insert { to, bits: high, shift: shift + 16 });
        out.effect(Effect::Insert { to, bits: low, shift });
    };
    match word.r2() {
        // LARL.
        0 => out.effect(Effect::Set { to, value: word.relative(value).cast_signed() }),
        // LGFI, LLIHF, LLILF.
        1 => out.effect(Effect::Set { to, value }),
        14 => out.effect(Effect::Set { to, value: logical << 32 }),
        15 => out.effect(Effect::Set { to, value: logical }),
        // IIHF, IILF.
        8 => insert(32, out),
        9 => insert(0, out),
        // NIHF, NILF.
        10 | 11 => out.effect(Effect::Align { to }),
        // XIHF, XILF, OIHF, OILF.
        6 | 7 | 12 | 13 => out.clobber(to),
        _ => return Flow::Undecoded { writes: true },
    }
    Flow::Next
}

/// Opcodes that begin with C2.
fn arithmetic(word: Word, before: &mut Before, out: &mut Lines) -> Flow {
    let (to, value) = (word.r1(), word.long());
    let logical = value & 0xffff_ffff;
    match word.r2() {
        // SLGFI, AGFI, ALGFI.
        4 => out.effect(Effect::Add { to, from: to, value: -logical }),
        8 => out.effect(Effect::Add { to, from: to, value }),
        10 => out.effect(Effect::Add { to, from: to, value: logical }),
        // MSGFI, MSFI, SLFI, AFI, ALFI.
        0 | 1 | 5 | 9 | 11 => out.clobber(to),
        // CGFI, CFI; CLGFI, CLFI.
        12 | 13 => {}
        14 | 15 => before.unsigned = true,
        _ => return Flow::Undecoded { writes: true },
    }
    Flow::Next
}

/// Loads and stores at a distance from the instruction.
fn relative(word: Word, out: &mut Lines) -> Flow {
    match word.r2() {
        // LLHRL, LGHRL, LHRL, LLGHRL, LGRL, LGFRL, LRL, LLGFRL.
        2 | 4 | 5 | 6 | 8 | 12 | 13 | 14 => out.clobber(word.r1()),
        // STHRL, STGRL, STRL.
        7 | 11 | 15 => {}
        _ => return Flow::Undecoded { writes: true },
    }
    Flow::Next
}

/// Opcodes that begin with E3: an operand in memory with an index.
fn indexed(word: Word, before: &mut Before, out: &mut Lines) -> Flow {
    let (r1, place) = (word.r1(), word.far_indexed());
    match word.field(40, 8) {
        // LG, LTG.
        0x04 | 0x02 => place.load(r1, out),
        // STG.
        0x24 => place.store(8, r1, out),
        // LAY.
        0x71 => place.take(r1, out),
        // NTSTG, CVDY, STRVG; CVDG, STPQ; STRV, STY, STFH; STRVH, STHY, STHH; STCY, STCH.
        0x25 | 0x26 | 0x2f => place.store(8, NONE, out),
        0x2e | 0x8e => place.store(16, NONE, out),
        0x3e | 0x50 | 0xcb => place.store(4, NONE, out),
        0x3f | 0x70 | 0xc7 => place.store(2, NONE, out),
        0x72 | 0xc3 => place.store(1, NONE, out),
        // CG, CGF, CGH, CY, CHY, CHF; PFD.
        0x20 | 0x30 | 0x34 | 0x59 | 0x79 | 0xcd | 0x36 => {}
        // CLG, CLGF, CLY, CLHF.
        0x21 | 0x31 | 0x55 | 0xcf => before.unsigned = true,
        // DSG, DSGF, MFY, MG, MLG, DLG, LPQ, ML, DL.
        0x0d | 0x1d | 0x5c | 0x84 | 0x86 | 0x87 | 0x8f | 0x96 | 0x97 => pair(r1, out),
        // CVBY, AG, SG, ALG, SLG, MSG, CVBG, LRVG:
        0x06 | 0x08..=0x0c | 0x0e | 0x0f
        // LT, LGF, LGH, LLGF, LLGT, AGF, SGF, ALGF, SLGF, MSGF, LRV, LRVH:
        | 0x12 | 0x14..=0x1c | 0x1e | 0x1f
        // LZRG, LTGF, AGH, SGH, LLZRGF, LZRF, MGH, LLGFSG, LGG:
        | 0x2a | 0x32 | 0x38..=0x3c | 0x48 | 0x4c
        // MSY, MSC, NY, OY, XY, LY, AY, SY, ALY, SLY:
        | 0x51 | 0x53 | 0x54 | 0x56..=0x58 | 0x5a | 0x5b | 0x5e | 0x5f
        // ICY, LAEY, LB, LGB, LHY, AHY, SHY, MHY:
        | 0x73 | 0x75..=0x78 | 0x7a..=0x7c
        // NG, OG, XG, MSGC, LGAT, ALCG, SLBG, LLGC, LLGH, LLC, LLH, ALC, SLB:
        | 0x80..=0x83 | 0x85 | 0x88 | 0x89 | 0x90 | 0x91 | 0x94 | 0x95 | 0x98 | 0x99
        // LLGTAT, LLGFAT, LAT, LBH, LLCH, LHH, LLHH, LFHAT, LFH.
        | 0x9c | 0x9d | 0x9f | 0xc0 | 0xc2 | 0xc4 | 0xc6 | 0xc8 | 0xca => out.clobber(r1),
        // Branches, what is for the system, guarded storage.
        _ => return Flow::Undecoded { writes: true },
    }
    Flow::Next
}

/// Opcodes that begin with E5: of memory and a number.
fn to_memory(word: Word, before: &mut Before, out: &mut Lines) -> Flow {
    match word.field(8, 8) {
        // MVHHI, MVGHI, MVHI.
        0x44 => word.short().store(2, NONE, out),
        0x48 => word.short().store(8, NONE, out),
        0x4c => word.short().store(4, NONE, out),
        // MVCRL: as many bytes as R0 says.
        0x0a => word.short().store(256, NONE, out),
        // CHHSI, CGHSI, CHSI.
        0x54 | 0x58 | 0x5c => {}
        // CLHHSI, CLGHSI, CLFHSI.
        0x55 | 0x59 | 0x5d => before.unsigned = true,
        _ => return Flow::Undecoded { writes: true },
    }
    Flow::Next
}

fn decimal(word: Word, out: &mut Lines) -> Flow {
    let opcode = word.field(40, 8);
    if !is_known(&DECIMAL, opcode) {
        return Flow::Undecoded { writes: true };
    }
    match opcode {
        // VSTEBRH, VSTEBRG, VSTEBRF; VSTBR, VSTER.
        0x09 => word.indexed().store(2, NONE, out),
        0x0a => word.indexed().store(8, NONE, out),
        0x0b => word.indexed().store(4, NONE, out),
        0x0e | 0x0f => word.indexed().store(16, NONE, out),
        // VUPKZ, VSTRL, VSTRLR: up to that.
        0x3c => word.short().store(32, NONE, out),
        0x3d | 0x3f => word.short().store(16, NONE, out),
        // VCVB, VCVBG.
        0x50 | 0x52 => out.clobber(word.r1()),
        _ => {}
    }
    Flow::Next
}

fn vector(word: Word, out: &mut Lines) -> Flow {
    let opcode = word.field(40, 8);
    if !is_known(&VECTOR, opcode) {
        return Flow::Undecoded { writes: true };
    }
    match opcode {
        // VSTEB, VSTEH, VSTEG, VSTEF, VST.
        0x08 => word.indexed().store(1, NONE, out),
        0x09 => word.indexed().store(2, NONE, out),
        0x0a => word.indexed().store(8, NONE, out),
        0x0b => word.indexed().store(4, NONE, out),
        0x0e => word.indexed().store(16, NONE, out),
        // VSTM: up to 16 of the 32; VSTL: up to one.
        0x3e => word.short().store(16 * 16, NONE, out),
        0x3f => word.short().store(16, NONE, out),
        // VLGV, LCBB.
        0x21 | 0x27 => out.clobber(word.r1()),
        _ => {}
    }
    Flow::Next
}

/// Opcodes that begin with EB: several registers, shifts, memory in one piece.
fn several(word: Word, before: &mut Before, out: &mut Lines) -> Flow {
    let (r1, r3, place) = (word.r1(), word.r2(), word.far());
    let count = range(r1, r3).count() as u16;
    let at = |i: usize| place.at.wrapping_add(8 * i as i32);
    match word.field(40, 8) {
        // LMG; what overwrites its own base comes last.
        0x04 => {
            let all = || range(r1, r3).enumerate();
            for (i, to) in all().filter(|(_, to)| *to != place.base).chain(all().filter(|(_, to)| *to == place.base)) {
                super::s390x::Address { at: at(i), ..place }.load(to, out);
            }
        }
        // STMG.
        0x24 => {
            for (i, from) in range(r1, r3).enumerate() {
                super::s390x::Address { at: at(i), ..place }.store(8, from, out);
            }
        }
        // STMH, STMY, STAMY.
        0x26 | 0x90 | 0x9b => place.store(4 * count, NONE, out),
        // LMH, LMY.
        0x96 | 0x98 => range(r1, r3).for_each(|r| out.clobber(r)),
        // STCMH, STCMY, STOCFH, STOC; STOCG.
        0x2c | 0x2d | 0xe1 | 0xf3 => place.store(4, NONE, out),
        0xe3 => place.store(8, NONE, out),
        // TMY, CLMH, CLT, CLGT, LAMY, TP.
        0x51 | 0x20 | 0x23 | 0x2b | 0x9a | 0xc0 => {}
        // CLMY, CLIY.
        0x21 | 0x55 => before.unsigned = true,
        // MVIY, NIY, OIY, XIY; ASI, ALSI; AGSI, ALGSI.
        0x52 | 0x54 | 0x56 | 0x57 => place.store(1, NONE, out),
        0x6a | 0x6e => place.store(4, NONE, out),
        0x7a | 0x7e => place.store(8, NONE, out),
        // CSY; LAN, LAO, LAX, LAA, LAAL.
        0x14 | 0xf4 | 0xf6..=0xf8 | 0xfa => {
            out.clobber(r1);
            place.store(4, NONE, out);
        }
        // CSG; LANG, LAOG, LAXG, LAAG, LAALG.
        0x30 | 0xe4 | 0xe6..=0xe8 | 0xea => {
            out.clobber(r1);
            place.store(8, NONE, out);
        }
        // CDSY, CDSG.
        0x31 | 0x3e => {
            pair(r1, out);
            place.store(16, NONE, out);
        }
        // MVCLU, CLCLU.
        0x8e | 0x8f => {
            pair(r1, out);
            pair(r3, out);
        }
        // SRAG, SLAG, SRLG, SLLG, RLLG, RLL, SRAK, SLAK, SRLK, SLLK; ECAG, ICMH, ICMY, LOCFH, LOCG, LOC.
        0x0a..=0x0d | 0x1c | 0x1d | 0xdc..=0xdf | 0x4c | 0x80 | 0x81 | 0xe0 | 0xe2 | 0xf2 => out.clobber(r1),
        _ => return Flow::Undecoded { writes: true },
    }
    Flow::Next
}

/// Opcodes that begin with EC, but for branches.
fn rotations(word: Word, out: &mut Lines) -> Flow {
    let (to, from, value) = (word.r1(), word.r2(), word.half());
    match word.field(40, 8) {
        // AGHIK, ALGHSIK.
        0xd9 | 0xdb => out.effect(Effect::Add { to, from, value }),
        // LOCHI, LOCGHI, LOCHHI, RISBLG, RNSBG, RISBG, ROSBG, RXSBG, RISBGN, RISBHG, AHIK, ALHSIK.
        0x42 | 0x46 | 0x4e | 0x51 | 0x54..=0x57 | 0x59 | 0x5d | 0xd8 | 0xda => out.clobber(to),
        // CGIT, CLGIT, CIT, CLFIT, which may trap; comparisons and jumps that never do.
        0x70..=0x73 => {}
        _ => return Flow::Undecoded { writes: true },
    }
    Flow::Next
}

fn floating(word: Word, out: &mut Lines) -> Flow {
    let opcode = word.field(40, 8);
    if !is_known(&FLOATING, opcode) {
        return Flow::Undecoded { writes: true };
    }
    match opcode {
        // STEY, STDY.
        0x66 => word.far_indexed().store(4, NONE, out),
        0x67 => word.far_indexed().store(8, NONE, out),
        // CZDT, CZXT, CPDT, CPXT.
        0xa8 | 0xa9 | 0xac | 0xad => word.short().store(word.field(8, 8) as u16 + 1, NONE, out),
        _ => {}
    }
    Flow::Next
}
