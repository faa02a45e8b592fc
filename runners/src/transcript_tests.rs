use super::*;
use proptest::prelude::*;

/// Writes a transcript as a program would.
fn write(program: &str, units: &[(u32, Vec<String>)]) -> Vec<u8> {
    let mut out = format!("goabi 1 {program} {}\n", units.len());
    for (unit, records) in units {
        let body: String = records.iter().map(|r| format!("{r}\n")).collect();
        let mut own = Fnv::default();
        own.update(body.as_bytes());
        out.push_str(&format!("B {unit}\n{body}E {unit} {} {}\n", records.len(), own.hex()));
    }
    let mut all = Fnv::default();
    all.update(out.as_bytes());
    out.push_str(&format!("T {} {}\n", units.len(), all.hex()));
    out.into_bytes()
}

fn good() -> Vec<u8> {
    write("ab12", &[(0, vec!["r 0 int 7".into(), "R".into()]), (3, vec![]), (4, vec!["x".into()])])
}

fn edit(from: &str, to: &str) -> Transcript {
    let text = String::from_utf8(good()).unwrap();
    assert!(text.contains(from), "{from:?} in {text}");
    read(text.replacen(from, to, 1).as_bytes())
}

fn states(t: &Transcript) -> Vec<(u32, bool)> {
    t.units.iter().map(|u| (u.unit, u.state == State::Closed)).collect()
}

#[test]
fn reads_a_good_one() {
    let t = read(&good());
    assert_eq!(t.header, Some(Header { program: "ab12".into(), asked: 3 }));
    assert_eq!(states(&t), [(0, true), (3, true), (4, true)]);
    assert_eq!(t.units[0].records, ["r 0 int 7", "R"]);
    assert_eq!((t.trailer, t.breach), (Trailer::True, None));
}

#[test]
fn a_changed_record_is_seen_twice() {
    let t = edit("int 7", "int 8");
    assert_eq!(states(&t), [(0, false), (3, true), (4, true)]);
    assert!(t.breach.unwrap().contains("trailer"));
}

#[test]
fn a_missing_record_or_unit_or_trailer_is_seen() {
    assert_eq!(states(&edit("R\n", "")), [(0, false), (3, true), (4, true)]);
    let without = edit("B 3\nE 3 0 cbf29ce484222325\n", "");
    assert_eq!(states(&without), [(0, true), (4, true)]);
    assert!(without.breach.is_some());
    let text = String::from_utf8(good()).unwrap();
    let t = read(&text.as_bytes()[..text.find("T 3").unwrap()]);
    assert_eq!((t.trailer, t.breach), (Trailer::Missing, None));
}

#[test]
fn what_stands_in_the_wrong_place_is_seen() {
    assert!(edit("goabi 1", "goabi 2").breach.unwrap().contains("no header"));
    assert!(edit("B 3", "goabi 1 ab12 3\nB 3").breach.unwrap().contains("second header"));
    assert!(edit("B 0\n", "early\nB 0\n").breach.unwrap().contains("before the first unit"));
    assert!(read(&[good(), b"more".to_vec()].concat()).breach.unwrap().contains("after the trailer"));
    assert!(read(&[good(), b"more\n".to_vec()].concat()).breach.unwrap().contains("after the trailer"));
    assert!(edit("B 0", "B 00").breach.unwrap().contains("bad opening line"));
    let late = edit("B 3\n", "late\nB 3\n");
    assert_eq!(states(&late)[0], (0, false));
    let within = edit("E 0", "B 1\nE 0");
    assert_eq!(states(&within)[..2], [(0, false), (1, false)]);
}

#[test]
fn a_torn_last_line_is_left_out() {
    let t = read(b"goabi 1 ab 2\nB 0\nwhole\nhal");
    assert_eq!(t.units, [Unit { unit: 0, records: vec!["whole".into()], state: State::Open }]);
    assert!(read(b"goabi 1 ab").is_empty() && read(b"").is_empty());
    assert!(!read(b"rubbish\n").is_empty());
}

#[test]
fn words_without_a_space_are_records() {
    let t = read(&write("p", &[(0, ["B", "E", "T", "goabi", "Bx 1", ""].map(String::from).to_vec())]));
    assert_eq!(t.units[0].records.len(), 6);
    assert_eq!((t.trailer, t.breach), (Trailer::True, None));
}

proptest! {
    #[test]
    fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&bytes);
    }

    #[test]
    fn nor_does_what_looks_like_one(lines in proptest::collection::vec("(goabi 1 a [0-3]|[BET] ?[0-9]{0,11}( [0-9]){0,2}|[a-z ]{0,4})", 0..12)) {
        let _ = read(format!("goabi 1 a 1\n{}\n", lines.join("\n")).as_bytes());
    }

    #[test]
    fn round_trip(units in proptest::collection::btree_map(0u32..99, proptest::collection::vec("[a-zé]{1,3}[ a-zé0-9\"]{0,9}", 0..5), 0..8)) {
        let units: Vec<_> = units.into_iter().collect();
        let t = read(&write("id", &units));
        prop_assert_eq!((&t.trailer, &t.breach), (&Trailer::True, &None));
        let back: Vec<_> = t.units.into_iter().map(|u| (u.unit, u.records)).collect();
        prop_assert_eq!(back, units);
    }

    /// Wherever a byte is flipped, something is found to be wrong.
    #[test]
    fn no_flipped_byte_goes_unseen(at in 0usize..1000, bit in 0u8..8) {
        let mut bytes = good();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        let (t, whole) = (read(&bytes), read(&good()));
        prop_assert!(t.breach.is_some() || t.trailer == Trailer::Missing || t.header != whole.header, "{t:?}");
    }

    #[test]
    fn no_cut_goes_unseen(at in 0usize..1000) {
        let bytes = good();
        let t = read(&bytes[..at % bytes.len()]);
        prop_assert_eq!(t.trailer, Trailer::Missing);
        prop_assert_eq!(t.breach, None);
    }
}
