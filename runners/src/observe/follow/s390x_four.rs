//! s390x: instructions of four bytes.

use super::effect::{Effect, Flow, Lines, NONE};
use super::s390x::{Before, Word, pair, range, sum};

pub(super) fn lower(word: Word, before: &mut Before, out: &mut Lines) -> Flow {
    let r1 = word.r1();
    let count = range(r1, word.r2()).count() as u16;
    match word.opcode() {
        // STH, STC, ST; STD, STE; CVD.
        0x40 => word.indexed().store(2, NONE, out),
        0x42 => word.indexed().store(1, NONE, out),
        0x50 | 0x70 => word.indexed().store(4, NONE, out),
        0x60 | 0x4e => word.indexed().store(8, NONE, out),
        0x41 => word.indexed().take(r1, out),
        // EX: one elsewhere, which works through registers of its own.
        0x44 => {}
        // IC, LH, AH, SH, MH, CVB, LAE:
        0x43 | 0x48 | 0x4a | 0x4b | 0x4c | 0x4f | 0x51
        // N, O, X, L, A, S, AL, SL, MS:
        | 0x54 | 0x56 | 0x57 | 0x58 | 0x5a | 0x5b | 0x5e | 0x5f | 0x71
        // SRL, SLL, SRA, SLA; ICM.
        | 0x88..=0x8b | 0xbf => out.clobber(r1),
        // CH, C; CL; TM, LAM.
        0x49 | 0x59 | 0x91 | 0x9a => {}
        // CL, CLI, CLM.
        0x55 | 0x95 | 0xbd => before.unsigned = true,
        // M, D, SRDL, SLDL, SRDA, SLDA.
        0x5c | 0x5d | 0x8c..=0x8f => pair(r1, out),
        // Floating point of hexadecimal numbers, LD, LE.
        0x67..=0x6f | 0x78..=0x7f => {}
        // STM, STAM; STCM, of up to four bytes.
        0x90 | 0x9b => word.short().store(4 * count, NONE, out),
        0xbe => word.short().store(4, NONE, out),
        // LM.
        0x98 => range(r1, word.r2()).for_each(|r| out.clobber(r)),
        // MVI, TS, NI, OI, XI.
        0x92 | 0x93 | 0x94 | 0x96 | 0x97 => word.short().store(1, NONE, out),
        0xa5 => immediate(word, out),
        0xa7 => return halfword(word, out),
        // MVCLE, CLCLE.
        0xa8 | 0xa9 => {
            pair(r1, out);
            pair(word.r2(), out);
        }
        // CS, CDS.
        0xba => {
            out.clobber(r1);
            word.short().store(4, NONE, out);
        }
        0xbb => {
            pair(r1, out);
            word.short().store(8, NONE, out);
        }
        0xb2 => return control(word, out),
        0xb3 => return floating(word, out),
        0xb9 => return registers(word, before, out),
        _ => return Flow::Undecoded { writes: true },
    }
    Flow::Next
}

/// Immediate operands of a quarter of a register.
fn immediate(word: Word, out: &mut Lines) {
    let (to, operation, bits) = (word.r1(), word.r2(), word.field(16, 16) as u16);
    let shift = 48 - 16 * (operation & 3);
    match operation >> 2 {
        // IIHH, IIHL, IILH, IILL.
        0 => out.effect(Effect::Insert { to, bits, shift }),
        // NIHH and its likes.
        1 => out.effect(Effect::Align { to }),
        // OIHH and its likes.
        2 => out.clobber(to),
        // LLIHH, LLIHL, LLILH, LLILL.
        _ => out.effect(Effect::Set { to, value: i64::from(bits) << shift }),
    }
}

/// Immediate operands that have a sign.
fn halfword(word: Word, out: &mut Lines) -> Flow {
    let (to, value) = (word.r1(), word.half());
    match word.r2() {
        // TMLH, TMLL, TMHH, TMHL; CHI, CGHI.
        0..=3 | 14 | 15 => {}
        // LHI, AHI, MHI, MGHI.
        8 | 10 | 12 | 13 => out.clobber(to),
        // LGHI, AGHI.
        9 => out.effect(Effect::Set { to, value }),
        11 => out.effect(Effect::Add { to, from: to, value }),
        // Branches are told before.
        _ => return Flow::Undecoded { writes: true },
    }
    Flow::Next
}

/// Opcodes that begin with B2: what is not for the system alone.
fn control(word: Word, out: &mut Lines) -> Flow {
    let (r1, r2) = (word.register(24), word.register(28));
    match word.field(8, 8) {
        // STCK, STCKF, STCKE; STFPC.
        0x05 | 0x7c => word.short().store(8, NONE, out),
        0x78 => word.short().store(16, NONE, out),
        0x9c => word.short().store(4, NONE, out),
        // STFLE: up to 256 doublewords; R0 tells how many there are.
        0xb0 => {
            out.clobber(0);
            word.short().store(2048, NONE, out);
        }
        // IPM, EAR, MSR, ETND.
        0x22 | 0x4f | 0x52 | 0xec => out.clobber(r1),
        // CKSM, CUSE, TRE, CU21, CU12.
        0x41 | 0x57 | 0xa5 | 0xa6 | 0xa7 => {
            pair(r1, out);
            pair(r2, out);
            out.clobber(r1);
        }
        // MVST, CLST, SRST.
        0x55 | 0x5d | 0x5e => {
            out.clobber(r1);
            out.clobber(r2);
        }
        // SQDR, SQER, DXR; CPYA, SAR; SRNM, SRNMB, SRNMT, LFPC, LFAS:
        0x44 | 0x45 | 0x2d | 0x4d | 0x4e | 0x99 | 0xb8 | 0xb9 | 0x9d | 0xbd
        // PPA, TEND, NIAI, TABORT.
        | 0xe8 | 0xf8 | 0xfa | 0xfc => {}
        _ => return Flow::Undecoded { writes: true },
    }
    Flow::Next
}

/// Which of 256 opcodes there are, a bit each.
pub(super) type Known = [u64; 4];

pub(super) fn is_known(known: &Known, opcode: u32) -> bool {
    known.get((opcode >> 6) as usize).is_some_and(|bits| bits >> (opcode & 63) & 1 == 1)
}

/// Floating point of registers: opcodes that begin with B3.
const FLOATING: Known = [0xffc0_c070_ffff_ffff, 0x80ff_02ef_8b8b_3fff, 0x0770_7777_7777_1030, 0xfefe_bfbf_ffff_2772];

fn floating(word: Word, out: &mut Lines) -> Flow {
    let opcode = word.field(8, 8);
    if !is_known(&FLOATING, opcode) {
        return Flow::Undecoded { writes: true };
    }
    match opcode {
        // EFPC; to 32 bits: CFEBR, CFDBR, CFXBR, CLFEBR, CLFDBR, CLFXBR, CFER, CFDR, CFXR:
        0x8c | 0x98..=0x9a | 0x9c..=0x9e | 0xb8..=0xba
        // To 64 bits: CGEBR, CGDBR, CGXBR, CLGEBR, CLGDBR, CLGXBR, CGER, CGDR, CGXR; LGDR:
        | 0xa8..=0xaa | 0xac..=0xae | 0xc8..=0xca | 0xcd
        // Of decimal numbers: CGDTR, CUDTR, CSDTR, EEDTR, ESDTR, CGXTR, EEXTR, ESXTR.
        | 0xe1..=0xe3 | 0xe5 | 0xe7 | 0xe9 | 0xed | 0xef => out.clobber(word.register(24)),
        // CUXTR, CSXTR.
        0xea | 0xeb => pair(word.register(24), out),
        _ => {}
    }
    Flow::Next
}

/// Opcodes that begin with B9.
fn registers(word: Word, before: &mut Before, out: &mut Lines) -> Flow {
    let (r1, r2, r3) = (word.register(24), word.register(28), word.register(16));
    match word.field(8, 8) {
        // LGR.
        0x04 => out.effect(Effect::Add { to: r1, from: r2, value: 0 }),
        // AGR, ALGR; SGR, SLGR.
        0x08 | 0x0a => sum(r1, r1, r2, false, out),
        0x09 | 0x0b => sum(r1, r1, r2, true, out),
        // AGRK, ALGRK; SGRK, SLGRK.
        0xe8 | 0xea => sum(r1, r2, r3, false, out),
        0xe9 | 0xeb => sum(r1, r2, r3, true, out),
        // CGR, CLGR.
        0x20 => out.effect(Effect::Compare { left: r1, right: r2 }),
        0x21 => {
            out.effect(Effect::Compare { left: r1, right: r2 });
            before.unsigned = true;
        }
        // CLGFR, CLHHR, CLHLR.
        0x31 | 0xcf | 0xdf => before.unsigned = true,
        // CGFR, CHHR, CHLR; CGRT, CLGRT, CRT, CLRT, which may trap; PCC:
        0x30 | 0xcd | 0xdd | 0x60 | 0x61 | 0x72 | 0x73 | 0x2c
        // CDFTR, CDLGTR, CDLFTR, CXFTR, CXLGTR, CXLFTR.
        | 0x51..=0x53 | 0x59..=0x5b => {}
        // KMAC, KMA, KMF, KMO, KMCTR, KM, KMC, SORTL, DFLTCC, KDSA, PRNO, KIMD, KLMD: they
        // tell how far they have come, in pairs.
        0x1e | 0x29..=0x2b | 0x2d..=0x2f | 0x38..=0x3a | 0x3c | 0x3e | 0x3f => {
            for register in [r1, r2, r3] {
                pair(register, out);
            }
        }
        // TRTT, TRTO, TROT, TROO, TRTRE, TRTE; CU14, CU24, CU41, CU42.
        0x90..=0x93 | 0xbd | 0xbf | 0xb0..=0xb3 => {
            pair(r1, out);
            pair(r2, out);
        }
        // SRSTU.
        0xbe => {
            out.clobber(r1);
            out.clobber(r2);
        }
        // DSGR, DSGFR, FLOGR, MLGR, DLGR, MLR, DLR, MGRK.
        0x0d | 0x1d | 0x83 | 0x86 | 0x87 | 0x96 | 0x97 | 0xec => pair(r1, out),
        // BCTGR: of number 0, it only counts.
        0x46 if r2 == 0 => out.clobber(r1),
        // LPGR, LNGR, LTGR, LCGR, LGBR, LGHR, MSGR, LRVGR:
        0x00..=0x03 | 0x06 | 0x07 | 0x0c | 0x0f
        // LPGFR, LNGFR, LTGFR, LCGFR, LGFR, LLGFR, LLGTR, AGFR, SGFR, ALGFR, SLGFR, MSGFR, LRVR:
        | 0x10..=0x14 | 0x16..=0x1c | 0x1f
        // LBR, LHR; CFDTR, CLGDTR, CLFDTR, CFXTR, CLGXTR, CLFXTR:
        | 0x26 | 0x27 | 0x41..=0x43 | 0x49..=0x4b
        // NNGRK, OCGRK, NOGRK, NXGRK, NNRK, OCRK, NORK, NXRK:
        | 0x64..=0x67 | 0x74..=0x77
        // NGR, OGR, XGR, LLGCR, LLGHR, ALCGR, SLBGR, LLCR, LLHR, ALCR, SLBR:
        | 0x80..=0x82 | 0x84 | 0x85 | 0x88 | 0x89 | 0x94 | 0x95 | 0x98 | 0x99
        // SELFHR, AHHHR, SHHHR, ALHHHR, SLHHHR, AHHLR, SHHLR, ALHHLR, SLHHLR:
        | 0xc0 | 0xc8..=0xcb | 0xd8..=0xdb
        // LOCFHR, POPCNT, LOCGR, SELGR, NGRK, NCGRK, OGRK, XGRK, MSGRKC:
        | 0xe0..=0xe7 | 0xed
        // SELR, LOCR, NRK, NCRK, ORK, XRK, ARK, SRK, ALRK, SLRK, MSRKC.
        | 0xf0 | 0xf2 | 0xf4..=0xfb | 0xfd => out.clobber(r1),
        _ => return Flow::Undecoded { writes: true },
    }
    Flow::Next
}
