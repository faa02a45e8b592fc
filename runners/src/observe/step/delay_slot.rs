//! The delay slots of mips: the instruction behind a jump is executed before it
//! takes effect. An exception in between is one of the jump (its address is in
//! EPC, and `Cause.BD` is set: MIPS32 Architecture, volume III, "EPC Register"), so
//! that no signal ever shows a program between the two. qemu's debug stub does.

/// Which instructions are in delay slots, as offsets from the code's beginning.
pub(super) fn delay_slots(goarch: &str, big_endian: bool, code: &[u8]) -> Vec<u64> {
    if !goarch.starts_with("mips") {
        return vec![];
    }
    let (words, _) = code.as_chunks::<4>();
    let word = |bytes: &[u8; 4]| if big_endian { u32::from_be_bytes(*bytes) } else { u32::from_le_bytes(*bytes) };
    (1..).zip(words).filter(|(_, bytes)| jumps(word(bytes))).map(|(n, _): (u64, _)| n * 4).collect()
}

/// Whether it is a jump or a branch (MIPS32 Architecture, volume II, "Opcode
/// Map").
fn jumps(word: u32) -> bool {
    match word >> 26 {
        // SPECIAL: JR, JALR.
        0 => matches!(word & 0x3f, 8 | 9),
        // REGIMM: BLTZ, BGEZ, their likely and linking forms.
        1 => matches!((word >> 16) & 0x1f, 0..=3 | 16..=19),
        // J, JAL, BEQ, BNE, BLEZ, BGTZ; the likely ones.
        2..=7 | 20..=23 => true,
        // COP1 and COP2: BC.
        17 | 18 => (word >> 21) & 0x1f == 8,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_behind_a_jump_is_in_its_delay_slot() {
        // JR R31; NOP; ADDIU R29, R29, 32; BNE R1, R2, 4; NOP; JAL 0x40000.
        let words: [u32; 6] = [0x03e0_0008, 0, 0x27bd_0020, 0x1422_0001, 0, 0x0c01_0000];
        let little: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
        let big: Vec<u8> = words.iter().flat_map(|w| w.to_be_bytes()).collect();
        assert_eq!(delay_slots("mipsle", false, &little), [4, 16, 24]);
        assert_eq!(delay_slots("mips64", true, &big), [4, 16, 24]);
        assert_eq!(delay_slots("arm64", false, &little), [0; 0]);
    }
}
