//! The corpus of `fuzz/`, and what a short run of it finds: damaged binaries
//! must neither panic nor keep us busy. `cargo fuzz` goes on where this ends,
//! see `fuzz/README.md`.

use super::fixture::{Go, VERSIONS, binary, shapes};
use super::*;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use std::path::PathBuf;

/// The files of the corpus, by target and name.
fn corpus() -> Vec<(PathBuf, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    let mut out = Vec::new();
    for shape in shapes() {
        let version = VERSIONS.iter().find(|(go, _)| *go == shape.go).unwrap().1;
        let version = version.rsplit(' ').next().unwrap().split('-').next().unwrap();
        let order = if shape.form.big_endian { "be" } else { "le" };
        let word = if shape.form.wide { 64 } else { 32 };
        let named = if shape.named { "" } else { "-unnamed" };
        let name = format!("{version}-{word}{order}{named}.elf");
        let bytes = binary(shape);
        if shape.go == Go::Go127 && shape.named {
            out.push((folder.join("cfi").join(&name), bytes.clone()));
        }
        out.push((folder.join("functions").join(&name), bytes));
    }
    out
}

#[test]
fn the_corpus_is_what_the_fixture_makes() {
    for (path, bytes) in corpus() {
        if std::env::var_os("GOABI_BLESS").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &bytes).unwrap();
        }
        let there = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}: GOABI_BLESS=1 makes it", path.display()));
        assert!(there == bytes, "{} is stale: GOABI_BLESS=1 makes it anew", path.display());
    }
}

/// Reads everything, and sees that it was not more than the bytes can say.
fn read(bytes: &[u8]) {
    let Ok(binary) = Binary::open(bytes) else { return };
    let mut census = Census::default();
    let _ = census.functions(&binary);
    let _ = census.frames(&binary);
    let len = bytes.len() as u64;
    // Seven tables of values for each byte of code; a function has 8 bytes, an
    // entry of a table 2, an inlined call 16, an entry of .debug_frame 16, with
    // at most all of its CIE's bytes.
    assert!(census.functions <= len / 8 && census.runs <= 7 * len, "{census:?}");
    assert!(census.inlined <= len && census.cfi_entries <= len / 8, "{census:?}");
    assert!(census.cfi_rows <= len * 512, "{census:?}");
    if let Ok(table) = binary.functions() {
        for pc in [0, table.text(), table.text().wrapping_add(0x14), u64::MAX] {
            if let Ok(Some(f)) = table.find(pc) {
                assert!(f.inlined_at(pc).into_iter().flatten().take(1000).count() < 1000);
                let _ = f.file_line(pc);
            }
        }
    }
}

/// A change to a binary.
#[derive(Clone, Debug)]
enum Damage {
    Byte(prop::sample::Index, u8),
    /// A number as tables have them.
    Number(prop::sample::Index, u32),
    /// Some bytes again elsewhere.
    Copy(prop::sample::Index, prop::sample::Index, u8),
    Cut(prop::sample::Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<prop::sample::Index>;
    let number = prop_oneof![Just(u32::MAX), Just(0), Just(1), Just(0x8000_0000), Just(0x7fff_ffff), any::<u32>()];
    prop_oneof![
        6 => (at(), any::<u8>()).prop_map(|(i, b)| Damage::Byte(i, b)),
        4 => (at(), number).prop_map(|(i, n)| Damage::Number(i, n)),
        2 => (at(), at(), any::<u8>()).prop_map(|(i, j, n)| Damage::Copy(i, j, n)),
        1 => at().prop_map(Damage::Cut),
    ]
}

fn apply(bytes: &mut Vec<u8>, damage: &Damage) {
    let len = bytes.len();
    match damage {
        Damage::Byte(i, b) => bytes[i.index(len)] = *b,
        Damage::Number(i, n) => {
            let at = i.index(len);
            for (place, b) in bytes[at..].iter_mut().zip(n.to_le_bytes()) {
                *place = b;
            }
        }
        Damage::Copy(i, j, n) => {
            let (from, to) = (i.index(len), j.index(len));
            let n = usize::from(*n).min(len - from.max(to));
            bytes.copy_within(from..from + n, to);
        }
        Damage::Cut(i) => bytes.truncate(i.index(len).max(1)),
    }
}

#[test]
fn damaged_binaries_neither_panic_nor_keep_us_busy() {
    let corpus = corpus();
    for (_, bytes) in &corpus {
        read(bytes);
    }
    // The same run each time: another seed is for `cargo fuzz`.
    let config = Config { cases: 4000, rng_seed: RngSeed::Fixed(6), failure_persistence: None, ..Config::default() };
    let cases = (any::<prop::sample::Index>(), prop::collection::vec(damage(), 1..5));
    let run = TestRunner::new(config).run(&cases, |(file, damages)| {
        let mut bytes = file.get(&corpus).1.clone();
        damages.iter().for_each(|d| apply(&mut bytes, d));
        read(&bytes);
        Ok(())
    });
    if let Err(why) = run {
        panic!("{why}");
    }
}
