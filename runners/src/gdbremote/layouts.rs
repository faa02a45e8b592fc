//! The registers of stubs that describe none, or not all that they name. Only
//! then is this used: a description always wins.

use super::registers::Register;

/// The layout of `g` packets without a description, where there is one that
/// everybody knows.
///
/// * mips, mips64: the GDB manual's fixed layout (E.2 "Packets", `g`, and G.5.9
///   "MIPS Features": r0-r31, status, lo, hi, badvaddr, cause, pc, then f0-f31,
///   fcsr, fir), each as wide as a word. qemu-user has no XML for these ports
///   at all.
/// * loong64: qemu 7.1 and 7.2 name `loongarch-base64.xml` and
///   `loongarch-fpu.xml` in their `target.xml` but hold neither (they are not
///   linked into qemu-user); this is what these files in QEMU's `gdb-xml/`
///   say.
pub(super) fn of(goarch: &str) -> Option<Vec<Register>> {
    match goarch {
        "mips" | "mipsle" => Some(mips(32)),
        "mips64" | "mips64le" => Some(mips(64)),
        "loong64" => Some(loongarch()),
        _ => None,
    }
}

/// Appends registers, numbered in sequence.
fn add(all: &mut Vec<Register>, names: impl IntoIterator<Item = String>, bits: u32) {
    for name in names {
        let number = all.last().map_or(0, |last| last.number + 1);
        all.push(Register { name, bits, number });
    }
}

fn numbered(letter: char) -> impl Iterator<Item = String> {
    (0..32).map(move |n| format!("{letter}{n}"))
}

fn words(names: &str) -> impl Iterator<Item = String> {
    names.split(' ').map(str::to_string)
}

fn mips(word: u32) -> Vec<Register> {
    let mut all = Vec::new();
    add(&mut all, numbered('r'), word);
    add(&mut all, words("status lo hi badvaddr cause pc"), word);
    add(&mut all, numbered('f'), word);
    add(&mut all, words("fcsr fir"), word);
    all
}

fn loongarch() -> Vec<Register> {
    let mut all = Vec::new();
    add(&mut all, numbered('r'), 64);
    add(&mut all, words("orig_a0 pc badv"), 64);
    add(&mut all, numbered('f'), 64);
    add(&mut all, words("fcc"), 64);
    add(&mut all, words("fcsr"), 32);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_manual() {
        let number = |goarch, name| of(goarch).unwrap().iter().find(|r| r.name == name).map(|r| r.number);
        assert_eq!(number("mips", "r31"), Some(31));
        assert_eq!(number("mips64le", "pc"), Some(37));
        assert_eq!(number("mipsle", "f0"), Some(38));
        assert_eq!(number("loong64", "pc"), Some(33));
        assert_eq!(number("loong64", "f0"), Some(35));
        assert!(of("amd64").is_none());
    }
}
