//! riscv64: instructions of 16 bits, as the ones of 32 bits that they stand for: the
//! manual's chapter "C Standard Extension for Compressed Instructions", and Zcb.

/// Fields of a word of 32 bits.
struct Word {
    opcode: u32,
    kind: u32,
    rd: u32,
    rs1: u32,
}

impl Word {
    /// With a number of twelve bits.
    fn number(&self, value: u32) -> u32 {
        self.opcode | self.rd << 7 | self.kind << 12 | self.rs1 << 15 | (value & 0xfff) << 20
    }

    /// With two registers, and what else tells it apart.
    fn registers(&self, rs2: u32, apart: u32) -> u32 {
        self.number(apart << 5 | rs2)
    }

    /// A store.
    fn store(&self, rs2: u32, at: u32) -> u32 {
        self.opcode | (at & 31) << 7 | self.kind << 12 | self.rs1 << 15 | rs2 << 20 | (at >> 5 & 127) << 25
    }
}

const LOAD: u32 = 0x03;
const LOAD_FLOAT: u32 = 0x07;
const NUMBER: u32 = 0x13;
const NUMBER_HALF: u32 = 0x1b;
const STORE: u32 = 0x23;
const STORE_FLOAT: u32 = 0x27;
const REGISTERS: u32 = 0x33;
const UPPER: u32 = 0x37;
const REGISTERS_HALF: u32 = 0x3b;
const BRANCH: u32 = 0x63;
const JUMP_REGISTER: u32 = 0x67;
const JUMP: u32 = 0x6f;
const BREAK: u32 = 0x0010_0073;
const SP: u32 = 2;
const LR: u32 = 1;

/// `None` where it stands for nothing.
pub(super) fn expand(half: u16) -> Option<u32> {
    let half = u32::from(half);
    match half & 3 {
        0 => short(half),
        1 => second(half),
        2 => third(half),
        _ => None,
    }
}

/// One of the eight registers that three bits name.
fn few(half: u32, at: u32) -> u32 {
    8 + (half >> at & 7)
}

/// The register in five bits.
fn any(half: u32, at: u32) -> u32 {
    half >> at & 31
}

/// A signed number of six bits.
fn six(half: u32) -> u32 {
    let bits = half >> 7 & 0x20 | half >> 2 & 0x1f;
    if bits & 0x20 == 0 { bits } else { bits | !0x3f }
}

/// Loads and stores of few registers, and addresses in the stack.
fn short(half: u32) -> Option<u32> {
    let (rs1, other) = (few(half, 7), few(half, 2));
    let double = half >> 7 & 0x38 | half << 1 & 0xc0;
    let single = half >> 7 & 0x38 | half >> 4 & 4 | half << 1 & 0x40;
    let load = |opcode, kind| Word { opcode, kind, rd: other, rs1 };
    let store = |opcode, kind| Word { opcode, kind, rd: 0, rs1 };
    Some(match half >> 13 {
        0 => {
            let up = half >> 7 & 0x30 | half >> 1 & 0x3c0 | half >> 4 & 4 | half >> 2 & 8;
            return (up != 0).then(|| Word { opcode: NUMBER, kind: 0, rd: other, rs1: SP }.number(up));
        }
        1 => load(LOAD_FLOAT, 3).number(double),
        2 => load(LOAD, 2).number(single),
        3 => load(LOAD, 3).number(double),
        4 => {
            let (byte, word) = (half >> 6 & 1 | half >> 4 & 2, half >> 4 & 2);
            match (half >> 10 & 7, half >> 6 & 1) {
                (0, _) => load(LOAD, 4).number(byte),
                (1, 0) => load(LOAD, 5).number(word),
                (1, _) => load(LOAD, 1).number(word),
                (2, _) => store(STORE, 0).store(other, byte),
                (3, 0) => store(STORE, 1).store(other, word),
                _ => return None,
            }
        }
        5 => store(STORE_FLOAT, 3).store(other, double),
        6 => store(STORE, 2).store(other, single),
        _ => store(STORE, 3).store(other, double),
    })
}

/// Numbers, arithmetic of few registers, jumps.
fn second(half: u32) -> Option<u32> {
    let (rd, value) = (any(half, 7), six(half));
    match half >> 13 {
        0 => Some(Word { opcode: NUMBER, kind: 0, rd, rs1: rd }.number(value)),
        1 => (rd != 0).then(|| Word { opcode: NUMBER_HALF, kind: 0, rd, rs1: rd }.number(value)),
        2 => Some(Word { opcode: NUMBER, kind: 0, rd, rs1: 0 }.number(value)),
        3 if rd == SP => {
            let up = half >> 2 & 0x10 | half << 3 & 0x20 | half << 1 & 0x40 | half << 4 & 0x180;
            let by = if half >> 12 & 1 == 1 { up | !0x1ff } else { up };
            (by != 0).then(|| Word { opcode: NUMBER, kind: 0, rd, rs1: SP }.number(by))
        }
        3 => (value != 0).then_some(UPPER | rd << 7 | value << 12),
        4 => arithmetic(half),
        5 => Some(jump(half)),
        zero_or_not => Some(branch(half, zero_or_not & 1)),
    }
}

/// Of one of few registers and a number, or two of them.
fn arithmetic(half: u32) -> Option<u32> {
    let (rd, other, value) = (few(half, 7), few(half, 2), six(half));
    let number = |opcode, kind| Word { opcode, kind, rd, rs1: rd };
    let both = |opcode, kind, apart| Some(Word { opcode, kind, rd, rs1: rd }.registers(other, apart));
    match half >> 10 & 3 {
        0 => return Some(number(NUMBER, 5).number(value & 0x3f)),
        1 => return Some(number(NUMBER, 5).number(value & 0x3f | 0x400)),
        2 => return Some(number(NUMBER, 7).number(value)),
        _ => {}
    }
    match (half >> 12 & 1, half >> 5 & 3) {
        (0, 0) => both(REGISTERS, 0, 0x20),
        (0, 1) => both(REGISTERS, 4, 0),
        (0, 2) => both(REGISTERS, 6, 0),
        (0, _) => both(REGISTERS, 7, 0),
        (_, 0) => both(REGISTERS_HALF, 0, 0x20),
        (_, 1) => both(REGISTERS_HALF, 0, 0),
        (_, 2) => both(REGISTERS, 0, 1),
        _ => match half >> 2 & 7 {
            0 => Some(number(NUMBER, 7).number(0xff)),
            1 => Some(number(NUMBER, 1).number(0x604)),
            2 => Some(number(REGISTERS_HALF, 4).registers(0, 4)),
            3 => Some(number(NUMBER, 1).number(0x605)),
            4 => Some(number(REGISTERS_HALF, 0).registers(0, 4)),
            5 => Some(number(NUMBER, 4).number(0xfff)),
            _ => None,
        },
    }
}

fn jump(half: u32) -> u32 {
    let by = half >> 1 & 0xb40
        | half << 2 & 0x400
        | half << 1 & 0x80
        | half >> 7 & 0x10
        | half >> 2 & 0xe
        | half << 3 & 0x20;
    // Bit 11 is the sign, which all above repeat.
    let by = by & 0x7ff | if half >> 12 & 1 == 1 { !0x7ff } else { 0 };
    JUMP | by & 0xf_f000 | (by >> 11 & 1) << 20 | (by >> 1 & 0x3ff) << 21 | (by >> 20 & 1) << 31
}

fn branch(half: u32, kind: u32) -> u32 {
    let by = half << 1 & 0xc0 | half << 3 & 0x20 | half >> 7 & 0x18 | half >> 2 & 6;
    let by = by | if half >> 12 & 1 == 1 { !0xff } else { 0 };
    let low = (by >> 11 & 1) << 7 | (by >> 1 & 15) << 8;
    let high = (by >> 5 & 63) << 25 | (by >> 12 & 1) << 31;
    BRANCH | low | kind << 12 | few(half, 7) << 15 | high
}

/// What names any register.
fn third(half: u32) -> Option<u32> {
    let (rd, other) = (any(half, 7), any(half, 2));
    let double = half >> 7 & 0x20 | half >> 2 & 0x18 | half << 4 & 0x1c0;
    let single = half >> 7 & 0x20 | half >> 2 & 0x1c | half << 4 & 0xc0;
    let double_stored = half >> 7 & 0x38 | half >> 1 & 0x1c0;
    let single_stored = half >> 7 & 0x3c | half >> 1 & 0xc0;
    let load = |opcode, kind, at| Some(Word { opcode, kind, rd, rs1: SP }.number(at));
    let store = |opcode, kind, at| Some(Word { opcode, kind, rd: 0, rs1: SP }.store(other, at));
    match half >> 13 {
        0 => Some(Word { opcode: NUMBER, kind: 1, rd, rs1: rd }.number(six(half) & 0x3f)),
        1 => load(LOAD_FLOAT, 3, double),
        2 if rd != 0 => load(LOAD, 2, single),
        3 if rd != 0 => load(LOAD, 3, double),
        4 => Some(match (half >> 12 & 1, rd, other) {
            (0, 0, 0) => return None,
            (0, rs1, 0) => Word { opcode: JUMP_REGISTER, kind: 0, rd: 0, rs1 }.number(0),
            (0, rd, rs2) => Word { opcode: REGISTERS, kind: 0, rd, rs1: 0 }.registers(rs2, 0),
            (_, 0, 0) => BREAK,
            (_, rs1, 0) => Word { opcode: JUMP_REGISTER, kind: 0, rd: LR, rs1 }.number(0),
            (_, rd, rs2) => Word { opcode: REGISTERS, kind: 0, rd, rs1: rd }.registers(rs2, 0),
        }),
        5 => store(STORE_FLOAT, 3, double_stored),
        6 => store(STORE, 2, single_stored),
        7 => store(STORE, 3, double_stored),
        _ => None,
    }
}
