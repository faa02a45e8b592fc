//! riscv64: which words are instructions, by the manual's listings; and of floating
//! point and vectors, which write general registers.

use super::effect::NONE;
use super::riscv64::{kind, register};

/// The seven highest bits.
fn apart(word: u32) -> u32 {
    word >> 25
}

/// The field of the second register, where it tells instructions apart.
fn second(word: u32) -> u32 {
    word >> 20 & 31
}

/// Whether a bit is set.
fn among(set: u64, n: u32) -> bool {
    set >> n & 1 == 1
}

/// Loads and stores of floating point, and of vectors.
pub(super) fn float_memory(word: u32, load: bool) -> bool {
    if matches!(kind(word), 1..=4) {
        return true;
    }
    // Of other elements than those of 8 to 64 bits there are none.
    if word >> 28 & 1 == 1 {
        return false;
    }
    let (fields, whole_or_mask) = (word >> 29 & 7, second(word));
    match word >> 26 & 3 {
        // Of one unit after the other.
        0 => match whole_or_mask {
            0 => true,
            8 => matches!(fields, 0 | 1 | 3 | 7) && word >> 25 & 1 == 1,
            11 => fields == 0 && kind(word) == 0 && word >> 25 & 1 == 1,
            16 => load,
            _ => false,
        },
        // By an index, or a distance.
        _ => true,
    }
}

/// Fences, and what is done to caches.
pub(super) fn fence(word: u32) -> bool {
    match kind(word) {
        0 | 1 => true,
        2 => register(word, 7) == NONE && matches!(word >> 20, 0 | 1 | 2 | 4),
        _ => false,
    }
}

/// A register and a number.
pub(super) fn immediate(word: u32) -> bool {
    match kind(word) {
        1 => match word >> 26 {
            // Shifts; single bits are set, cleared, inverted.
            0x00 | 0x0a | 0x12 | 0x1a => true,
            // Bits are counted; signs extended.
            0x18 => matches!(word >> 20, 0x600..=0x602 | 0x604 | 0x605),
            // SHA-2, SM3; AES.
            0x04 => matches!(word >> 20, 0x100..=0x103 | 0x106..=0x109),
            0x0c => matches!(word >> 20, 0x300 | 0x310..=0x31a),
            _ => false,
        },
        5 => match word >> 26 {
            0x00 | 0x10 | 0x12 | 0x18 => true,
            // Bytes or'ed and reversed, bits of bytes reversed.
            _ => matches!(word >> 20, 0x287 | 0x6b8 | 0x687),
        },
        _ => true,
    }
}

/// The same, of 32 bits.
pub(super) fn immediate_half(word: u32) -> bool {
    match (kind(word), apart(word)) {
        (0, _) => true,
        (1, 0x00 | 0x04 | 0x05) | (5, 0x00 | 0x20 | 0x30) => true,
        (1, 0x30) => second(word) <= 2,
        _ => false,
    }
}

/// Atomic operations.
pub(super) fn atomic(word: u32) -> bool {
    // Zabha has those of bytes and halves, Zacas of two words.
    match (word >> 27, kind(word)) {
        (2, 2 | 3) => second(word) == 0,
        (3, 2 | 3) => true,
        (5, 0..=4) => true,
        (0 | 1 | 4 | 8 | 12 | 16 | 20 | 24 | 28, 0..=3) => true,
        _ => false,
    }
}

/// Two registers.
pub(super) fn registers(word: u32) -> bool {
    match (apart(word), kind(word)) {
        (0x00 | 0x01, _) | (0x20, 0 | 4..=7) => true,
        // Zba; Zbb, Zbc; Zbs; Zicond.
        (0x10, 2 | 4 | 6) | (0x05, 1..=7) | (0x30, 1 | 5) => true,
        (0x24, 1 | 5) | (0x14, 1 | 2 | 4) | (0x34, 1) | (0x07, 5 | 7) => true,
        // Zbkb; AES; SM4.
        (0x04, 4 | 7) | (0x19 | 0x1b | 0x1d | 0x1f | 0x3f, 0) => true,
        (apart, 0) => matches!(apart & 31, 0x18 | 0x1a),
        _ => false,
    }
}

/// The same, of 32 bits.
pub(super) fn registers_half(word: u32) -> bool {
    matches!(
        (apart(word), kind(word)),
        (0x00, 0 | 1 | 5) | (0x20, 0 | 5) | (0x01, 0 | 4..=7) | (0x04, 0 | 4) | (0x10, 2 | 4 | 6) | (0x30, 1 | 5)
    )
}

/// Whether it is rounded in a way that there is.
pub(super) fn rounding(word: u32) -> bool {
    !matches!(kind(word), 5 | 6)
}

/// Whether an instruction of floating point writes a general register; `None` where
/// it is none.
pub(super) fn float(word: u32) -> Option<bool> {
    let (rounded, second) = (rounding(word), second(word));
    let (known, to_general) = match word >> 27 {
        0..=3 => (rounded, false),
        0x0b => (rounded && second == 0, false),
        0x04 => (kind(word) <= 2, false),
        0x05 => (kind(word) <= 3, false),
        // From one size to the other; rounded to a whole number (Zfa).
        0x08 => (rounded && second <= 5, false),
        0x14 => (matches!(kind(word), 0 | 1 | 2 | 4 | 5), true),
        0x18 => (rounded && matches!(second, 0..=3 | 8), true),
        0x1a => (rounded && second <= 3, false),
        0x1c => (kind(word) <= 1 && second <= 1, true),
        // Moved, or one of a few numbers (Zfa).
        0x1e => (kind(word) == 0 && second <= 1, false),
        _ => (false, false),
    };
    known.then_some(to_general)
}

/// A bit for each of the numbers in these ranges, of which both ends are in.
const fn bits(ranges: &[(u32, u32)]) -> u64 {
    let (mut set, mut rest) = (0, ranges);
    while let [(first, last), others @ ..] = rest {
        let mut n = *first;
        while n <= *last {
            set |= 1 << n;
            n += 1;
        }
        rest = others;
    }
    set
}

/// Which of the 64 operations there are of whole numbers: of vectors, with a number,
/// with a register.
const WHOLE: [u64; 3] = [
    bits(&[(0, 2), (4, 7), (9, 12), (14, 14), (16, 21), (23, 29), (32, 35), (37, 37), (39, 49), (53, 53)]),
    bits(&[(0, 0), (3, 3), (9, 12), (14, 17), (20, 21), (23, 25), (28, 33), (37, 37), (39, 47), (53, 53)]),
    bits(&[(0, 7), (9, 12), (14, 21), (23, 35), (37, 37), (39, 47), (53, 53)]),
];
/// The same of those that multiply, reduce, and handle masks: of vectors, with a register.
const MIXED: [u64; 2] = [
    bits(&[
        (0, 13),
        (16, 16),
        (18, 18),
        (20, 20),
        (23, 39),
        (41, 41),
        (43, 43),
        (45, 45),
        (47, 56),
        (58, 61),
        (63, 63),
    ]),
    bits(&[(8, 16), (32, 39), (41, 41), (43, 43), (45, 45), (47, 56), (58, 63)]),
];
/// The same of floating point.
const FLOAT: [u64; 2] = [
    bits(&[
        (0, 10),
        (16, 16),
        (18, 19),
        (24, 25),
        (27, 28),
        (32, 32),
        (36, 36),
        (40, 52),
        (54, 54),
        (56, 56),
        (60, 63),
    ]),
    bits(&[
        (0, 0),
        (2, 2),
        (4, 4),
        (6, 6),
        (8, 10),
        (14, 16),
        (23, 25),
        (27, 29),
        (31, 33),
        (36, 36),
        (39, 48),
        (50, 50),
        (52, 52),
        (54, 54),
        (56, 56),
        (60, 63),
    ]),
];

/// By the kind of operands, which operations there are.
fn operations(kind: u32) -> u64 {
    match kind {
        0 => WHOLE[0],
        3 => WHOLE[1],
        4 => WHOLE[2],
        2 => MIXED[0],
        6 => MIXED[1],
        1 => FLOAT[0],
        5 => FLOAT[1],
        _ => 0,
    }
}

/// The same of an instruction of vectors.
pub(super) fn vector(word: u32) -> Option<bool> {
    if kind(word) == 7 {
        // What sets how long vectors are. Two of three have numbers for it.
        let known = word >> 31 == 0 || word >> 30 & 1 == 1 || apart(word) == 0x40;
        return known.then_some(true);
    }
    let operation = word >> 26;
    // The first element, the number of ones, and the first one.
    let to_general = kind(word) == 2 && operation == 16;
    if to_general && !matches!(word >> 15 & 31, 0 | 16 | 17) {
        return None;
    }
    among(operations(kind(word)), operation).then_some(to_general)
}

/// Cryptography of vectors.
pub(super) fn vector_crypto(word: u32) -> bool {
    let operation = word >> 26;
    kind(word) == 2 && word >> 25 & 1 == 1 && (matches!(operation, 32..=34 | 40..=47))
}
