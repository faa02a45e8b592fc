//! ppc64: vectors and floating point, which have a general register to write in few
//! places. By the primary opcodes 4, 59, 60 and 63, and the eleven lowest bits, which
//! tell most of them apart.

use super::effect::{Flow, Lines};
use super::ppc64::{Before, rt};

/// Which of the eleven bits there are, a bit each: of all instructions of the appendix
/// "Power ISA Instruction Set Sorted by Opcode", each with all that its operands in
/// these bits may be.
type Known = [u64; 32];

/// Vectors, and a few that multiply and add in general registers.
const VECTOR: Known = [
    0xf80b_ffff_fff0_fdf7,
    0xf80b_ffff_fff0_d5f7,
    0xf80b_ffff_fff0_dbf5,
    0xf80b_ffff_fff0_c9f5,
    0xf80b_ffff_fff0_ddb7,
    0xf80b_ffff_fff0_d5b7,
    0xf80b_ffff_fff0_fdb5,
    0xf80b_ffff_fff0_eff4,
    0xf80b_ffff_fff0_fd77,
    0xf80b_ffff_fff0_f557,
    0xf80b_ffff_fff0_ffd5,
    0xf80b_ffff_fff0_efd4,
    0xf80b_ffff_fff0_fd75,
    0xf80b_ffff_fff0_f557,
    0xf80b_ffff_fff0_bfd5,
    0xf80b_ffff_fff0_efd4,
    0xf80b_ffff_ffb0_35df,
    0xf80b_ffff_ffb0_55df,
    0xf80b_ffff_ffb0_01df,
    0xf80b_ffff_ffb0_51d3,
    0xf80b_ffff_ffb0_1397,
    0xf80b_ffff_ffb0_7397,
    0xf80b_ffff_ffb0_2097,
    0xf80b_ffff_ffb0_71d2,
    0xf80b_ffff_ffb0_2957,
    0xf80b_ffff_ffb0_6157,
    0xf80b_ffff_ffb0_39d7,
    0xf80b_ffff_ffb0_48d6,
    0xf80b_ffff_ffb0_295f,
    0xf80b_ffff_ffb0_205f,
    0xf80b_ffff_ffb0_39df,
    0xf80b_ffff_ffb0_08de,
];

/// Floating point of single precision, decimal, and of matrices.
const SINGLE: Known = [
    0xff3f_3f30_ffff_00f0,
    0xff3f_3f30_0000_00f0,
    0xff3f_3f30_ffff_00f0,
    0xff3f_3f30_ffff_00f0,
    0xff3f_3f30_ffff_0030,
    0xff3f_3f30_ffff_0030,
    0xff3f_3f30_ffff_0030,
    0xff3f_3f30_ffff_00f0,
    0xff3f_3f30_0000_00f0,
    0xff3f_3f30_ff00_00f0,
    0xff3f_3f30_00ff_00f0,
    0xff3f_3f30_00ff_00f0,
    0xff3f_3f30_ff00_0000,
    0xff3f_3f30_ff00_0000,
    0xff3f_3f30_00ff_0000,
    0xff3f_3f30_00ff_00c0,
    0xff3f_3f30_0000_00f0,
    0xff3f_3f30_0000_00f0,
    0xff3f_3f30_00ff_00f0,
    0xff3f_3f30_00ff_00f0,
    0xff3f_3f30_0000_0030,
    0xff3f_3f30_0000_00f0,
    0xff3f_3f30_00ff_0030,
    0xff3f_3f30_00ff_00f0,
    0xff3f_3f30_0000_00f0,
    0xff3f_3f30_0000_00f0,
    0xff3f_3f30_30ff_00f0,
    0xff3f_3f30_00ff_00f0,
    0xff3f_3f30_0000_0000,
    0xff3f_3f30_0000_0000,
    0xff3f_3f30_30ff_0000,
    0xff3f_3f30_00ff_00c0,
];

/// Vectors and scalars.
const SCALAR: Known = [
    0xffff_ff00_ffff_ffff,
    0xffff_0f00_ffff_ffff,
    0xffff_0000_ffff_ffff,
    0xffff_0000_00ff_ffff,
    0xffff_ffff_ffff_ffff,
    0xffff_0fff_ffff_ffff,
    0xffff_fff0_00ff_ffff,
    0xffff_fff0_ffff_ffff,
    0xffff_ffff_ffff_ffff,
    0xffff_0fff_ffff_ffff,
    0xffff_ffff_ffff_ffff,
    0xffff_ffff_00f3_ffff,
    0xffff_ffff_ffff_ffff,
    0xffff_0fff_ffff_ffff,
    0xffff_ffff_ff00_ffff,
    0xffff_ffff_0000_ffff,
    0xffff_f0f0_00ff_ffff,
    0xffff_00f0_00ff_ffff,
    0xffff_0f0f_00ff_ffff,
    0xffff_000f_00ff_ffff,
    0xffff_f0ff_00ff_ffff,
    0xffff_f0ff_00ff_ffff,
    0xffff_0fff_00ff_ffff,
    0xffff_00ff_00ff_ff00,
    0xffff_00ff_ff00_ffff,
    0xffff_00ff_ff00_ffff,
    0xffff_ffff_ff00_ffff,
    0xffff_ffff_0000_ffff,
    0xffff_3fff_ff00_ffff,
    0xffff_ffff_ff00_ffff,
    0xffff_ffff_ff00_ffff,
    0xffff_ffff_0000_ffff,
];

/// Floating point of double and quadruple precision, decimal.
const DOUBLE: Known = [
    0xff3f_ff30_f303_0ff3,
    0xff3f_ff30_0003_3ff3,
    0xff3f_ff30_0003_33f3,
    0xff3f_ff30_0000_03f0,
    0xff3f_ff30_f003_3333,
    0xff3f_ff30_0000_0333,
    0xff3f_ff30_0000_0330,
    0xff3f_ff30_0000_03f0,
    0xff3f_ff30_0003_0cf0,
    0xff3f_ff30_0000_0cf0,
    0xff3f_ff30_0000_00f0,
    0xff3f_ff30_0000_00f0,
    0xff3f_ff30_0003_0300,
    0xff3f_ff30_0003_0300,
    0xff3f_ff30_0003_0300,
    0xff3f_ff30_0003_03c0,
    0xff3f_ff30_0000_0ff0,
    0xff3f_ff30_0000_0ff0,
    0xff3f_ff30_0000_c0f0,
    0xff3f_ff30_0000_00f0,
    0xff3f_ff30_0000_0330,
    0xff3f_ff30_0000_03f0,
    0xff3f_ff30_0000_c330,
    0xff3f_ff30_0000_03f0,
    0xff3f_ff30_0000_0cf0,
    0xff3f_ff30_f000_0ff0,
    0xff3f_ff30_3000_33f0,
    0xff3f_ff30_0000_03f0,
    0xff3f_ff30_0000_0000,
    0xff3f_ff30_f000_0000,
    0xff3f_ff30_3000_3000,
    0xff3f_ff30_0000_00f0,
];

pub(super) fn lower(word: u32, before: &mut Before, out: &mut Lines) -> Flow {
    let known = match word >> 26 {
        4 => &VECTOR,
        59 => &SINGLE,
        60 => &SCALAR,
        _ => &DOUBLE,
    };
    let low = word & 0x7ff;
    let bits = known.get((low >> 6) as usize).copied().unwrap_or_default();
    if bits >> (low & 63) & 1 == 0 {
        return Flow::Undecoded { writes: true };
    }
    // Many compare, into any field.
    before.compared = None;
    if to_general(word) {
        out.clobber(rt(word));
    }
    Flow::Next
}

/// Whether an instruction writes a general register.
fn to_general(word: u32) -> bool {
    let (low, operation) = (word & 0x7ff, word >> 16 & 31);
    match word >> 26 {
        4 => match low {
            // VEXTUBLX, VEXTUHLX, VEXTUWLX, and from the right; VGNB.
            0x60d | 0x64d | 0x68d | 0x70d | 0x74d | 0x78d | 0x4cc => true,
            // VCLZLSBB, VCTZLSBB.
            0x602 => operation < 2,
            // VEXTRACTBM and its likes, VCNTMBB and its likes.
            0x642 => matches!(operation, 8..=12 | 24..=31),
            // MADDHD, MADDHDU, MADDLD.
            _ => matches!(word & 0x3f, 0x30 | 0x31 | 0x33),
        },
        // XSXEXPDP, XSXSIGDP.
        60 => low >> 2 == 0x56c >> 2 && operation < 2,
        _ => false,
    }
}
