//! The reader against small artifacts made here, byte by byte, in both byte
//! orders and word sizes; and against damaged ones.

use super::*;
use crate::observe::fixture::{Bytes, FORMS, Form, Section, elf};
use proptest::prelude::*;

/// Tag, children, then pairs of attribute and form, as in `.debug_abbrev`.
#[rustfmt::skip]
const ABBREVIATIONS: &[u8] = &[
    1, 0x11, 1, 0x03, 0x08, 0x11, 0x01, 0, 0, // unit: name, low_pc
    2, 0x24, 0, 0x03, 0x08, 0x3e, 0x0b, 0x0b, 0x0b, 0, 0, // base type: name, encoding, size
    3, 0x2e, 1, 0x03, 0x08, 0x11, 0x01, 0x12, 0x01, 0x40, 0x18, 0, 0, // function
    4, 0x05, 0, 0x03, 0x08, 0x4b, 0x0c, 0x3b, 0x0f, 0x49, 0x10, 0x02, 0x18, 0, 0, // parameter
    5, 0x05, 0, 0x03, 0x08, 0x4b, 0x0c, 0x3b, 0x0f, 0x49, 0x10, 0x02, 0x17, 0, 0, // parameter with a list
    6, 0x2e, 1, 0x03, 0x08, 0x20, 0x0b, 0, 0, // abstract instance
    7, 0x05, 0, 0x03, 0x08, 0x4b, 0x0c, 0x3b, 0x0f, 0x49, 0x10, 0, 0, // abstract parameter
    8, 0x2e, 1, 0x31, 0x10, 0x11, 0x01, 0x12, 0x01, 0x40, 0x18, 0, 0, // its out-of-line instance
    9, 0x05, 0, 0x31, 0x10, 0x02, 0x18, 0, 0, // parameter of that
    10, 0x13, 1, 0x03, 0x08, 0x0b, 0x0f, 0x80, 0x52, 0x0b, 0, 0, // struct: name, size, go_kind
    11, 0x0d, 0, 0x03, 0x08, 0x38, 0x0f, 0x49, 0x10, 0x83, 0x52, 0x0c, 0, 0, // member
    12, 0x0b, 1, 0, 0, // lexical block
    0,
];

const CFA: &[u8] = &[0x9c];

/// One unit with `p.F`, `p.Inlined`, and the types `int8` and `p.S`.
fn info(f: Form) -> Vec<u8> {
    let mut b = Bytes(vec![0; 4], f);
    b.int(4, 2).int(0, 4).int(if f.wide { 8 } else { 4 }, 1);
    b.raw(&[1]).text("p").word(0x1000);
    let int8 = b.0.len() as u64;
    b.raw(&[2]).text("int8").raw(&[5, 1]);
    let strukt = b.0.len() as u64;
    b.raw(&[10]).text("p.S").raw(&[16, 25]);
    b.raw(&[11]).text("A").raw(&[0]).int(int8, 4).raw(&[0]);
    b.raw(&[11]).text("B").raw(&[8]).int(int8, 4).raw(&[1]);
    b.raw(&[0]);
    b.raw(&[3]).text("p.F").word(0x1000).word(0x1100).expr(CFA);
    // reg0 piece 1, piece 7, reg5 piece 8
    b.raw(&[4]).text("a").raw(&[0, 9]).int(strukt, 4).expr(&[0x50, 0x93, 1, 0x93, 7, 0x55, 0x93, 8]);
    b.raw(&[5]).text("b").raw(&[0, 9]).int(int8, 4).int(0, 4);
    b.raw(&[12]).raw(&[4]).text("inner").raw(&[0, 9]).int(int8, 4).expr(&[]).raw(&[0]);
    b.raw(&[4]).text("~r0").raw(&[1, 9]).int(int8, 4).expr(&[]);
    b.raw(&[0]);
    let shared = b.0.len() as u64;
    b.raw(&[6]).text("p.Inlined").raw(&[1]);
    let x = b.0.len() as u64;
    b.raw(&[7]).text("x").raw(&[0, 20]).int(int8, 4);
    b.raw(&[7]).text("y").raw(&[0, 20]).int(int8, 4);
    let z = b.0.len() as u64;
    b.raw(&[7]).text("z").raw(&[1, 20]).int(int8, 4);
    b.raw(&[0]);
    b.raw(&[8]).int(shared, 4).word(0x1100).word(0x1200).expr(CFA);
    b.raw(&[9]).int(x, 4).expr(&[0x91, 0x78]); // fbreg -8
    b.raw(&[9]).int(z, 4).expr(&[0x9c]);
    b.raw(&[0]);
    b.raw(&[6]).text("p.Gone").raw(&[1, 0]);
    b.raw(&[0]);
    let len = b.0.len() as u64 - 4;
    let mut head = Bytes(vec![], f);
    head.int(len, 4);
    b.0[..4].copy_from_slice(&head.0);
    b.0
}

/// Two ranges, relative to the unit's base: `reg3`, then `fbreg 16`.
fn lists(f: Form) -> Vec<u8> {
    let mut b = Bytes(vec![], f);
    b.word(0).word(0x20).int(1, 2).raw(&[0x53]);
    b.word(0x20).word(0x100).int(2, 2).raw(&[0x91, 16]);
    b.word(0).word(0);
    b.0
}

fn artifact(f: Form) -> Vec<u8> {
    let debug = |name, data| Section { name, kind: 1, flags: 0, address: 0, link: 0, data };
    elf(
        f,
        &[debug(".debug_info", info(f)), debug(".debug_abbrev", ABBREVIATIONS.to_vec()), debug(".debug_loc", lists(f))],
    )
}

fn piece(size: u64, place: Place) -> Piece {
    Piece { size: Some(size), place }
}

fn whole(place: Place) -> Piece {
    Piece { size: None, place }
}

#[test]
fn functions_parameters_and_types_are_read_in_every_form() {
    for form in FORMS {
        let facts = read(&artifact(form), &|_| true).unwrap();
        assert_eq!(facts.unreadable, Vec::<String>::new(), "{form:?}");
        assert_eq!((facts.version, facts.big_endian), (4, form.big_endian));
        let f = &facts.functions["p.F"];
        assert_eq!((f.low_pc, f.high_pc, f.inlined_at_least_once), (0x1000, 0x1100, false));
        assert_eq!(f.frame_base, LocationFact::Expr(vec![whole(Place::CallFrameCfa(0))]));
        // What is in a lexical block is no parameter of the function.
        let names: Vec<_> = f.params.iter().map(|v| (v.name.as_str(), v.variable_parameter, v.decl_line)).collect();
        assert_eq!(names, [("a", false, Some(9)), ("b", false, Some(9)), ("~r0", true, Some(9))]);
        let a = vec![piece(1, Place::Register(0)), piece(7, Place::EmptyPiece), piece(8, Place::Register(5))];
        assert_eq!(f.params[0].location, LocationFact::Expr(a));
        let LocationFact::List(ranges) = &f.params[1].location else { panic!("{:?}", f.params[1]) };
        assert_eq!(
            (ranges[0].low, ranges[0].high, &ranges[0].pieces),
            (0x1000, 0x1020, &vec![whole(Place::Register(3))])
        );
        assert_eq!((ranges[1].low, ranges[1].high), (0x1020, 0x1100));
        assert_eq!(ranges[1].pieces, [whole(Place::FrameBase(16))]);
        assert_eq!(f.params[2].location, LocationFact::Empty);
        let s = facts.resolve(f.params[0].ty.unwrap()).unwrap();
        assert_eq!((s.name.as_deref(), s.size, s.go_kind), (Some("p.S"), Some(16), Some(25)));
        let Shape::Struct { members } = &s.shape else { panic!("{s:?}") };
        assert_eq!((members[1].name.as_str(), members[1].offset, members[1].embedded), ("B", Some(8), true));
    }
}

#[test]
fn out_of_line_instances_take_names_from_the_abstract_one() {
    let facts = read(&artifact(FORMS[0]), &|_| true).unwrap();
    let f = &facts.functions["p.Inlined"];
    assert!(f.inlined_at_least_once);
    let got: Vec<_> = f.params.iter().map(|v| (v.name.as_str(), &v.location)).collect();
    let at = |p| LocationFact::Expr(vec![whole(p)]);
    // `y` has no entry in the instance: it keeps its place.
    assert_eq!(
        got,
        [("x", &at(Place::FrameBase(-8))), ("y", &LocationFact::Absent), ("z", &at(Place::CallFrameCfa(0)))]
    );
    assert_eq!(facts.inlined_only.iter().collect::<Vec<_>>(), ["p.Gone"]);
}

#[test]
fn only_what_is_wanted_is_read() {
    let bytes = artifact(FORMS[0]);
    let facts = read(&bytes, &|n| n == "p.F").unwrap();
    assert_eq!(facts.functions.keys().collect::<Vec<_>>(), ["p.F"]);
    assert!(read_packages(&bytes, &|p| p == "other", &|_| true).unwrap().functions.is_empty());
    assert!(matches!(read(b"\x7fELF", &|_| true), Err(DwarfError::Object(_))));
}

#[test]
fn bytes_can_be_found_to_be_patched() {
    for form in FORMS {
        let bytes = artifact(form);
        let facts = read(&bytes, &|_| true).unwrap();
        let f = &facts.functions["p.F"];
        let find = |at: &Option<SectionOffset>| {
            let at = at.as_ref().unwrap();
            bytes[usize::try_from(file_offset(&bytes, at.section, at.offset).unwrap()).unwrap()]
        };
        assert_eq!(find(&f.params[0].location_at), 0x50);
        assert_eq!(find(&f.params[1].location_at), 0x53);
        assert_eq!((find(&f.params[0].flag_at), find(&f.params[2].flag_at)), (0, 1));
        let Shape::Struct { members } = &facts.resolve(f.params[0].ty.unwrap()).unwrap().shape else { panic!() };
        assert_eq!(find(&members[1].offset_at), 8);
    }
}

proptest! {
    #[test]
    fn damaged_artifacts_never_panic(
        form in 0usize..4,
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = artifact(FORMS[form]);
        for (i, b) in flips {
            let i = i.index(bytes.len());
            bytes[i] = b;
        }
        let _ = read(&bytes, &|_| true);
    }

    #[test]
    fn truncated_artifacts_never_panic(form in 0usize..4, len in any::<prop::sample::Index>()) {
        let bytes = artifact(FORMS[form]);
        let _ = read(&bytes[..len.index(bytes.len())], &|_| true);
    }

    #[test]
    fn random_debug_info_never_panics(noise in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut bytes = artifact(FORMS[0]);
        // The sections begin right behind the header.
        let end = (64 + 11 + noise.len()).min(bytes.len());
        bytes[75..end].copy_from_slice(&noise[..end - 75]);
        let _ = read(&bytes, &|_| true);
    }
}
