//! ppc64: primary opcode 31, by the extended opcode: what works on registers, and
//! loads and stores with an index.

use super::effect::{Effect, Flow, Lines, Register};
use super::ppc64::{Before, CTR, LR, copy, ra, rb, record, rt};
use super::ppc64_memory::{What, access};

/// The special registers that are followed, by their numbers.
const SPR_LR: u32 = 8;
const SPR_CTR: u32 = 9;

pub(super) fn lower(word: u32, before: &mut Before, out: &mut Lines) -> Flow {
    let extended = word >> 1 & 0x3ff;
    // ISEL, and ADDEX, whose upper bits are an operand.
    if extended & 31 == 15 || extended & 0xff == 170 {
        out.clobber(rt(word));
        return Flow::Next;
    }
    if arithmetic(extended, word, before, out) || logic(extended, word, before, out) {
        record(word, before);
        return Flow::Next;
    }
    if let Some((what, updates)) = indexed(extended) {
        return memory(what, updates, word, before, out);
    }
    match extended {
        // CMP, CMPL, of doublewords or words.
        0 | 32 => {
            if word >> 21 & 1 == 1 {
                out.effect(Effect::Compare { left: ra(word), right: rb(word) });
            }
            before.compared = Some((word >> 23 & 7, extended == 32));
        }
        // CMPRB, CMPEQB, MTCRF, MCRXRX.
        192 | 224 | 144 | 576 => before.compared = None,
        // TW, TD.
        4 | 68 => return if rt(word) == 31 { Flow::Trap } else { Flow::Next },
        // MFSPR.
        339 => match special(word) {
            SPR_LR => copy(rt(word), LR, out),
            SPR_CTR => copy(rt(word), CTR, out),
            _ => out.clobber(rt(word)),
        },
        // MTSPR.
        467 => match special(word) {
            SPR_LR => copy(LR, rt(word), out),
            SPR_CTR => copy(CTR, rt(word), out),
            _ => {}
        },
        // MFCR, MFMSR, SETB, SETBC and its likes, MFTB, DARN.
        19 | 83 | 128 | 384 | 416 | 448 | 480 | 371 | 755 => out.clobber(rt(word)),
        // MFVSRD, MFVSRWZ, MFVSRLD have their target where others have an operand.
        51 | 115 | 307 => out.clobber(ra(word)),
        // MTVSRD, MTVSRWA, MTVSRWZ, MTVSRWS, MTVSRDD; XXMFACC and its likes.
        179 | 211 | 243 | 403 | 435 | 177 => {}
        // WAIT, ICBT, DCBST, DCBF, DCBTST, DCBT, SYNC, EIEIO, ICBI; COPY, CP_ABORT; HASHST, HASHCHK.
        30 | 22 | 54 | 86 | 246 | 278 | 598 | 854 | 982 | 774 | 838 | 722 | 754 => {}
        // PASTE.
        902 => before.compared = None,
        // DCBZ: up to 128 bytes, of which this is one.
        1014 => {
            if let Some(base) = place(word, before) {
                out.effect(Effect::Store { base, at: -127, size: 255, from: super::effect::NONE });
            }
        }
        _ => return Flow::Undecoded { writes: true },
    }
    Flow::Next
}

/// The number of a special register, whose halves are swapped.
fn special(word: u32) -> u32 {
    word >> 16 & 31 | word >> 6 & 0x3e0
}

/// What has its target in the first field; whether it is one.
fn arithmetic(extended: u32, word: u32, before: &Before, out: &mut Lines) -> bool {
    let (to, a, b) = (rt(word), ra(word), rb(word));
    let zero = |r: Register| before.zero && r == 0;
    match extended {
        266 if zero(a) => copy(to, b, out),
        266 if zero(b) => copy(to, a, out),
        // A sum with SP is one of what is added to it.
        266 => {
            let (left, right) = if b == super::ppc64::SP { (b, a) } else { (a, b) };
            out.effect(Effect::AddRegister { to, left, right, shift: 0, minus: false });
        }
        // SUBF: from the second one.
        40 => out.effect(Effect::AddRegister { to, left: b, right: a, shift: 0, minus: true }),
        _ => match extended & 0x1ff {
            // Those that may note an overflow. ADD, ADDC, ADDE, ADDME, ADDZE:
            266 | 10 | 138 | 234 | 202
            // SUBF, SUBFC, SUBFE, SUBFME, SUBFZE, NEG:
            | 40 | 8 | 136 | 232 | 200 | 104
            // MULLW, MULLD, DIVW, DIVWU, DIVD, DIVDU, DIVWE, DIVWEU, DIVDE, DIVDEU.
            | 235 | 233 | 491 | 459 | 489 | 457 | 427 | 395 | 425 | 393 => out.clobber(to),
            _ => match extended {
                // MULHW, MULHWU, MULHD, MULHDU, ADDG6S, MODSW, MODUW, MODSD, MODUD.
                75 | 11 | 73 | 9 | 74 | 779 | 267 | 777 | 265 => out.clobber(to),
                _ => return false,
            },
        },
    }
    true
}

/// What has its target in the second field; whether it is one.
fn logic(extended: u32, word: u32, before: &Before, out: &mut Lines) -> bool {
    let (to, a, b) = (ra(word), rt(word), rb(word));
    match extended {
        // OR of a register with itself, or with zero. Into itself it is a hint.
        444 if a == b && to == a => {}
        444 if a == b || before.zero && b == 0 => copy(to, a, out),
        444 if before.zero && a == 0 => copy(to, b, out),
        // XOR of a register with itself.
        316 if a == b => out.effect(Effect::Set { to, value: 0 }),
        // AND, ANDC, NOR, EQV, XOR, ORC, OR, NAND:
        28 | 60 | 124 | 284 | 316 | 412 | 444 | 476
        // EXTSB, EXTSH, EXTSW, EXTSWSLI:
        | 954 | 922 | 986 | 890 | 891
        // CNTLZW, CNTLZD, CNTTZW, CNTTZD, CNTLZDM, CNTTZDM:
        | 26 | 58 | 538 | 570 | 59 | 571
        // POPCNTB, POPCNTW, POPCNTD, PRTYW, PRTYD, CMPB, BPERMD:
        | 122 | 378 | 506 | 154 | 186 | 508 | 252
        // SLW, SRW, SRAW, SRAWI, SLD, SRD, SRAD, SRADI:
        | 24 | 536 | 792 | 824 | 27 | 539 | 794 | 826 | 827
        // PDEPD, PEXTD, CFUGED, BRH, BRW, BRD, CDTBCD, CBCDTD.
        | 156 | 188 | 220 | 219 | 155 | 187 | 282 | 314 => out.clobber(to),
        _ => return false,
    }
    true
}

/// What a load or store with an index moves, and whether the base with it.
fn indexed(extended: u32) -> Option<(What, bool)> {
    let plain = |what| Some((what, false));
    match extended {
        21 => plain(What::Load),
        53 => Some((What::Load, true)),
        // LWZX, LBZX, LHZX, LHAX, LWAX:
        23 | 87 | 279 | 343 | 341
        // LWBRX, LHBRX, LDBRX, LWARX, LDARX, LBARX, LHARX.
        | 534 | 790 | 532 | 20 | 84 | 52 | 116 => plain(What::LoadPart(1)),
        // LWZUX, LBZUX, LHZUX, LHAUX, LWAUX.
        55 | 119 | 311 | 375 | 373 => Some((What::LoadPart(1), true)),
        // LQARX.
        276 => plain(What::LoadPart(2)),
        149 => plain(What::Store),
        181 => Some((What::Store, true)),
        // STWX, STBX, STHX, and with update.
        151 => plain(What::StorePart(4)),
        215 => plain(What::StorePart(1)),
        407 => plain(What::StorePart(2)),
        183 => Some((What::StorePart(4), true)),
        247 => Some((What::StorePart(1), true)),
        439 => Some((What::StorePart(2), true)),
        // STWBRX, STHBRX, STDBRX.
        662 => plain(What::StorePart(4)),
        918 => plain(What::StorePart(2)),
        660 => plain(What::StorePart(8)),
        // STWCX, STDCX, STBCX, STHCX, STQCX.
        150 => plain(What::StorePart(4)),
        214 => plain(What::StorePart(8)),
        694 => plain(What::StorePart(1)),
        726 => plain(What::StorePart(2)),
        182 => plain(What::StorePart(16)),
        // LFSX, LFDX, LFIWAX, LFIWZX, LFDPX:
        535 | 599 | 855 | 887 | 791
        // LVX, LVXL, LVEBX, LVEHX, LVEWX, LVSL, LVSR:
        | 103 | 359 | 7 | 39 | 71 | 6 | 38
        // LXSDX, LXSSPX, LXSIWAX, LXSIWZX, LXSIBZX, LXSIHZX:
        | 588 | 524 | 76 | 12 | 781 | 813
        // LXVD2X, LXVW4X, LXVH8X, LXVB16X, LXVX, LXVDSX, LXVWSX, LXVL, LXVLL, LXVPX:
        | 844 | 780 | 812 | 876 | 268 | 300 | 332 | 364 | 269 | 301 | 333
        // LXVRBX, LXVRHX, LXVRWX, LXVRDX.
        | 13 | 45 | 77 | 109 => plain(What::LoadOther),
        // LFSUX, LFDUX.
        567 | 631 => Some((What::LoadOther, true)),
        // STFSX, STFIWX, STXSSPX, STXSIWX, STVEWX, STXVRWX.
        663 | 983 | 652 | 140 | 199 | 205 => plain(What::StorePart(4)),
        695 => Some((What::StorePart(4), true)),
        // STFDX, STXSDX, STXVRDX.
        727 | 716 | 237 => plain(What::StorePart(8)),
        759 => Some((What::StorePart(8), true)),
        // STVEBX, STXSIBX, STXVRBX; STVEHX, STXSIHX, STXVRHX.
        135 | 909 | 141 => plain(What::StorePart(1)),
        167 | 941 | 173 => plain(What::StorePart(2)),
        // STVX, STVXL, STXVD2X, STXVW4X, STXVH8X, STXVB16X, STXVX, STXVL, STXVLL, STFDPX.
        231 | 487 | 972 | 908 | 940 | 1004 | 396 | 397 | 429 | 919 => plain(What::StorePart(16)),
        // STXVPX.
        461 => plain(What::StorePart(32)),
        _ => None,
    }
}

/// What an address with an index is, where that is one register.
fn place(word: u32, before: &Before) -> Option<Register> {
    match (ra(word), rb(word)) {
        (0, base) => Some(base),
        (base, 0) if before.zero => Some(base),
        _ => None,
    }
}

fn memory(what: What, updates: bool, word: u32, before: &mut Before, out: &mut Lines) -> Flow {
    let (register, base, index) = (rt(word), ra(word), rb(word));
    // Conditional stores tell whether they have happened.
    record(word, before);
    if !updates {
        // A base of 0 is nothing, and so is none that is known.
        access(what, register, place(word, before).unwrap_or(0), 0, false, out);
        return Flow::Next;
    }
    let loads = matches!(what, What::Load | What::LoadPart(_));
    if base == 0 || loads && base == register {
        return Flow::Undecoded { writes: true };
    }
    out.effect(Effect::AddRegister { to: base, left: base, right: index, shift: 0, minus: false });
    // What the base was is stored, if that is stored.
    let what = if matches!(what, What::Store) && register == base { What::StorePart(8) } else { what };
    access(what, register, base, 0, false, out);
    Flow::Next
}
