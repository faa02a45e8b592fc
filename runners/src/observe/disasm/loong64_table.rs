//! loong64: the table of instructions, which both the text and the following are
//! read by.

use std::sync::LazyLock;

/// One instruction.
#[derive(Debug)]
pub(in crate::observe) struct Row {
    /// What it is with all operands zero.
    pub value: u32,
    /// The bits that tell it from others.
    mask: u32,
    pub name: &'static str,
    pub operands: Vec<Operand>,
}

/// How an operand is written, and where it is in the word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::observe) enum Operand {
    /// A register of some sort, by the bit its number is at.
    Register(Sort, u32),
    /// A number of so many bits from that one on.
    Unsigned(u32, u32),
    Signed(u32, u32),
    /// The same, of words.
    Words(u32, u32),
    /// A distance in words: the lowest 16 bits from bit 10 on, and what is at bit 0.
    Distance(u32),
}

/// Sorts of registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::observe) enum Sort {
    General,
    Float,
    /// Control and status of floating point.
    FloatControl,
    /// The results of comparisons.
    Condition,
    Vector,
    /// Vectors of double length.
    Double,
}

/// A signed field of so many bits.
fn signed(word: u32, at: u32, bits: u32) -> i64 {
    i64::from(word.checked_shl(32u32.saturating_sub(at + bits)).unwrap_or_default().cast_signed() >> (32 - bits))
}

impl Operand {
    fn parse(text: &str) -> Option<Operand> {
        let at = |letter: char| Some("djka".find(letter)? as u32 * 5);
        let sort = |first: char| {
            Some(match first {
                'f' => Sort::Float,
                'c' => Sort::Condition,
                'v' => Sort::Vector,
                'x' => Sort::Double,
                _ => return None,
            })
        };
        if let Some(rest) = text.strip_prefix("fcsr@") {
            return Some(Operand::Register(Sort::FloatControl, rest.parse().ok()?));
        }
        if let Some((bits, from)) = text.split_once('@') {
            let (from, sign) = (from.parse().ok()?, bits.get(..1)?);
            let bits = bits.get(1..)?.parse().ok().filter(|bits| (1..=20).contains(bits))?;
            return match sign {
                "u" => Some(Operand::Unsigned(from, bits)),
                "s" => Some(Operand::Signed(from, bits)),
                "w" => Some(Operand::Words(from, bits)),
                _ => None,
            };
        }
        let letters: Vec<char> = text.chars().collect();
        match letters.as_slice() {
            [one] => Some(Operand::Register(Sort::General, at(*one)?)),
            ['o', digits @ ..] => {
                let bits = digits.iter().collect::<String>().parse().ok()?;
                matches!(bits, 16 | 21 | 26).then_some(Operand::Distance(bits))
            }
            [first, place] => Some(Operand::Register(sort(*first)?, at(*place)?)),
            _ => None,
        }
    }

    /// The bits that it takes.
    fn bits(self) -> u32 {
        let field = |at: u32, bits: u32| ((1 << bits) - 1) << at;
        match self {
            Operand::Register(Sort::Condition, at) => field(at, 3),
            Operand::Register(_, at) => field(at, 5),
            Operand::Unsigned(at, bits) | Operand::Signed(at, bits) | Operand::Words(at, bits) => field(at, bits),
            Operand::Distance(bits) => field(10, 16) | field(0, bits - 16),
        }
    }

    /// What it is in a word: the register's number, the number, the distance in bytes.
    pub(in crate::observe) fn of(self, word: u32) -> i64 {
        match self {
            Operand::Register(..) => i64::from((word & self.bits()) >> self.bits().trailing_zeros()),
            Operand::Unsigned(at, _) => i64::from((word & self.bits()) >> at),
            Operand::Signed(at, bits) => signed(word, at, bits),
            Operand::Words(at, bits) => signed(word, at, bits) << 2,
            Operand::Distance(16) => signed(word, 10, 16) << 2,
            Operand::Distance(bits) => {
                let high = bits - 16;
                (signed(word, 0, high) << 16 | i64::from(word >> 10 & 0xffff)) << 2
            }
        }
    }
}

impl Row {
    /// Whether the first operand is a general register, and written: all are but those
    /// that are stored.
    pub(in crate::observe) fn writes_general(&self) -> bool {
        self.operands.first() == Some(&Operand::Register(Sort::General, 0)) && !self.name.starts_with("st")
    }
}

/// Sorted by what they are.
static TABLE: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let mut all = rows(include_str!("loong64.txt"));
    all.sort_by_key(|row| row.value);
    all
});

/// Reads the table.
fn rows(text: &'static str) -> Vec<Row> {
    let mut all = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let Some((operands, list)) = line.split_once(':') else { continue };
        let operands = operands.split(',').filter_map(Operand::parse).collect::<Vec<_>>();
        let mask = operands.iter().fold(u32::MAX, |mask, operand| mask & !operand.bits());
        let mut words = list.split_whitespace();
        while let (Some(value), Some(name)) = (words.next(), words.next()) {
            if let Ok(value) = u32::from_str_radix(value, 16) {
                all.push(Row { value, mask, name, operands: operands.clone() });
            }
        }
    }
    all
}

/// Rows whose operands stand above what tells them apart are before their neighbours,
/// but never further than this.
const NEIGHBOURS: usize = 4;

/// The instruction that a word is.
pub(in crate::observe) fn find(word: u32) -> Option<&'static Row> {
    let behind = TABLE.partition_point(|row| row.value <= word);
    let before = TABLE.get(..behind).unwrap_or_default();
    before.iter().rev().take(NEIGHBOURS).find(|row| word & row.mask == row.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_the_table_is_read_and_found() {
        let text = include_str!("loong64.txt");
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let count: usize = lines.clone().map(|line| line.split_whitespace().count() / 2).sum();
        assert_eq!((TABLE.len(), count > 1000), (count, true));
        for line in lines {
            let operands = line.split_once(':').unwrap().0;
            assert!(operands == "-" || operands.split(',').all(|o| Operand::parse(o).is_some()), "{operands}");
        }
        for row in TABLE.iter() {
            assert_eq!(row.value & row.mask, row.value, "{row:?}");
            // With operands of all ones, of none, and of some.
            for operands in [0, u32::MAX, 0x5555_5555, 0xaaaa_aaaa, 0x1234_5678] {
                let word = row.value | operands & !row.mask;
                let found = find(word).unwrap();
                assert!(std::ptr::eq(found, row), "{word:#x}: {found:?} for {row:?}");
            }
        }
    }

    #[test]
    fn operands_are_read_from_words() {
        let of = |word: u32| find(word).map(|row| row.operands.iter().map(|o| o.of(word)).collect::<Vec<_>>());
        assert_eq!(of(0x02ff_c063), Some(vec![3, 3, -16])); // addi.d
        assert_eq!(of(0x15ff_fdde), Some(vec![30, -18])); // lu12i.w
        assert_eq!(of(0x53ff_83ff), Some(vec![-128])); // b
        assert_eq!(of(0x4000_6280), Some(vec![20, 96])); // beqz
        assert_eq!(of(0x5fff_dce4), Some(vec![7, 4, -36])); // bne
        assert_eq!(of(0x2700_0464), Some(vec![4, 3, 4])); // stptr.d
        assert_eq!((of(0), of(0xffff_ffff)), (None, None));
    }
}
