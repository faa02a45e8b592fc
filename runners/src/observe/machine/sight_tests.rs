//! What a debugger would show, against bytes that are known: lies are seen,
//! and what means nothing is not compared.

use super::super::lines::Lines;
use super::super::plan::solid;
use super::super::room::Room;
use super::super::state::Registers;
use super::*;
use crate::observe::dwarf::{DwarfFacts, Function, LocationFact, Piece, Place, Range, Shape, TypeNode, TypeRef};
use goabi_cases::arch::Arch;
use goabi_cases::assignment::{Abi, assign_abi};
use goabi_cases::resolve::signature;
use goabi_cases::scope::Scope;
use goabi_cases::value::Value;
use std::collections::BTreeMap;

struct File(BTreeMap<u16, Vec<u8>>);

impl Registers for File {
    fn register(&self, dwarf: u16) -> Option<&[u8]> {
        self.0.get(&dwarf).map(Vec::as_slice)
    }
}

/// One parameter of that type, which DWARF describes so; what is there and
/// what RAX, RBX and RCX hold. The program counter is 0x110.
fn look(ty: &str, same_type: bool, location: LocationFact, truth: &[u8], held: [u64; 3]) -> Sight {
    let known = vec![true; truth.len()];
    look_for(ty, same_type, location, Ok(Image { bytes: truth.to_vec(), known }), held)
}

/// As [`look`], where it may not be known what is there.
fn look_for(ty: &str, same_type: bool, location: LocationFact, truth: ImageSeen, held: [u64; 3]) -> Sight {
    let arch = Arch::get("amd64").unwrap();
    let mut room = Room::new("amd64");
    let scope = Scope::read("p", "").unwrap();
    let signature = signature(&scope, &format!("func(v {ty})")).unwrap();
    let assignment = assign_abi(&signature, arch, Abi::AbiInternal).unwrap();
    let slot = assignment.inputs[0].clone();
    let facts = DwarfFacts {
        types: vec![TypeNode {
            offset: 0,
            name: Some("int64".into()),
            size: Some(slot.size),
            go_kind: Some(if slot.size == 8 { 6 } else { 3 }),
            go_key: None,
            go_elem: None,
            go_runtime_type: None,
            shape: Shape::Base { encoding: 5 },
        }],
        ..DwarfFacts::default()
    };
    let variable = Variable {
        name: "v".into(),
        variable_parameter: false,
        decl_line: None,
        ty: Some(TypeRef(0)),
        location,
        location_at: None,
        flag_at: None,
    };
    let function = Function {
        name: "p.f".into(),
        low_pc: 0x100,
        high_pc: 0x200,
        decl_file: None,
        decl_line: None,
        frame_base: LocationFact::Expr(vec![Piece { size: None, place: Place::CallFrameCfa(0) }]),
        params: vec![variable],
        inlined_at_least_once: false,
    };
    let code = Code {
        dwarf: &function,
        rows: vec![],
        returns: vec![],
        lines: Lines::default(),
        same_type: vec![same_type],
        floats: vec![],
        solid: vec![solid(&slot.ty, arch, slot.size)],
    };
    let watched = Watched {
        symbol: "p.f".into(),
        package: "p".into(),
        assignment,
        variables: vec![Some(SlotAt::Input(0))],
        changed: vec![false],
        read: vec![],
        sets_results: false,
    };
    let file = File([0u16, 3, 2].into_iter().zip(held).map(|(n, v)| (n, v.to_le_bytes().to_vec())).collect());
    let truth = Truth { inputs: vec![truth], results: None };
    let cfa = room.put(&[0x77; 64]);
    let types = room.types(Some(&facts));
    let mut sights = room.with(1 << 20, |memory| {
        let mut state = State { arch, registers: &file, memory, cfa: Ok(cfa) };
        sights(&mut state, &types, &watched, &code, &truth, 0x110, &|_| true)
    });
    assert_eq!(sights.len(), 1);
    sights.swap_remove(0).1
}

fn register(n: u16) -> LocationFact {
    LocationFact::Expr(vec![Piece { size: None, place: Place::Register(n) }])
}

fn pieces(all: &[(u64, Place)]) -> LocationFact {
    LocationFact::Expr(all.iter().map(|(n, p)| Piece { size: Some(*n), place: p.clone() }).collect())
}

#[test]
fn the_truth_is_recognised_and_a_lie_is_shown() {
    let seven = 7u64.to_le_bytes();
    assert_eq!(look("int64", true, register(0), &seven, [7, 8, 9]), Sight::True);
    let lie = look("int64", true, register(3), &seven, [7, 8, 9]);
    let Sight::Other { shown, location, described } = lie else { panic!("{lie:?}") };
    assert_eq!((shown, location.as_str(), described), (Ok(Value::Int(8)), "RBX", None));
    // The right bytes, of another type.
    assert!(matches!(look("int64", false, register(0), &seven, [7, 8, 9]), Sight::Other { .. }));
    // A place on the stack that holds something else.
    let stack = LocationFact::Expr(vec![Piece { size: None, place: Place::FrameBase(8) }]);
    assert!(matches!(look("int64", true, stack.clone(), &seven, [7, 8, 9]), Sight::Other { .. }));
    assert_eq!(look("int64", true, stack, &[0x77; 8], [7, 8, 9]), Sight::True);
}

#[test]
fn no_location_is_no_lie() {
    let seven = 7u64.to_le_bytes();
    for none in [LocationFact::Absent, LocationFact::Empty, pieces(&[(8, Place::EmptyPiece)])] {
        assert_eq!(look("int64", true, none, &seven, [8; 3]), Sight::NotDescribed);
    }
    let range =
        |low, high, n| Range { low, high, pieces: vec![Piece { size: None, place: Place::Register(n) }], at: None };
    // A hole where the machine stands; and the first range that matches counts.
    let hole = LocationFact::List(vec![range(0x100, 0x110, 3), range(0x111, 0x200, 3)]);
    assert_eq!(look("int64", true, hole, &seven, [7, 8, 9]), Sight::NotDescribed);
    let first = LocationFact::List(vec![range(0x110, 0x111, 0), range(0x100, 0x200, 3)]);
    assert_eq!(look("int64", true, first, &seven, [7, 8, 9]), Sight::True);
    let broken = look("int64", true, LocationFact::Unreadable("cut short".into()), &seven, [7; 3]);
    assert_eq!(broken, Sight::Unreadable("cut short".into()));
    assert_eq!(look("int64", true, register(17), &seven, [7; 3]), Sight::Unreadable("X0 cannot be read".into()));
}

#[test]
fn a_part_is_a_part_and_a_wrong_part_a_lie() {
    let both = [1u64.to_le_bytes(), 2u64.to_le_bytes()].concat();
    let two = "struct { A int64; B int64 }";
    let whole = pieces(&[(8, Place::Register(0)), (8, Place::Register(3))]);
    assert_eq!(look(two, true, whole, &both, [1, 2, 3]), Sight::True);
    let part = pieces(&[(8, Place::Register(0)), (8, Place::EmptyPiece)]);
    assert_eq!(look(two, true, part, &both, [1, 2, 3]), Sight::Partly);
    let swapped = pieces(&[(8, Place::Register(3)), (8, Place::Register(0))]);
    assert!(matches!(look(two, true, swapped, &both, [1, 2, 3]), Sight::Other { described: None, .. }));
    let wrong_part = pieces(&[(8, Place::Register(3)), (8, Place::EmptyPiece)]);
    assert!(matches!(look(two, true, wrong_part, &both, [1, 2, 3]), Sight::Other { described: Some((8, 16)), .. }));
}

#[test]
fn a_location_of_too_many_bytes_is_a_lie_unless_the_value_has_as_many() {
    let large = || pieces(&[(1 << 30, Place::Register(0))]);
    let lie = look("int64", true, large(), &7u64.to_le_bytes(), [7, 8, 9]);
    assert_eq!(lie, Sight::Unreadable("a value of 1073741824 bytes".into()));
    let too_much = Err(Unread::TooMuch("a value of 1073741824 bytes".into()));
    let unknown = look_for("[1 << 20]int64", true, large(), too_much, [7, 8, 9]);
    assert_eq!(unknown, Sight::Unknown("a value of 1073741824 bytes".into()));
}

#[test]
fn dirt_and_padding_mean_nothing() {
    // The upper bytes of a register.
    assert_eq!(look("int8", true, register(0), &[0xfb], [0xdead_beef_0000_00fb, 0, 0]), Sight::True);
    assert!(matches!(look("int8", true, register(0), &[0xfb], [0xfa, 0, 0]), Sight::Other { .. }));
    // What lies between fields, behind them, and in those without a name.
    let padded = "struct { A int8; B int64; C int8 }";
    let truth = [&[1u8][..], &[0xee; 7], &[2, 0, 0, 0, 0, 0, 0, 0], &[3], &[0xee; 7]].concat();
    let all = pieces(&[(8, Place::Register(0)), (8, Place::Register(3)), (8, Place::Register(2))]);
    assert_eq!(look(padded, true, all.clone(), &truth, [0x5501, 2, 0x5503]), Sight::True);
    let without = pieces(&[
        (1, Place::Register(0)),
        (7, Place::EmptyPiece),
        (8, Place::Register(3)),
        (1, Place::Register(2)),
        (7, Place::EmptyPiece),
    ]);
    assert_eq!(look(padded, true, without, &truth, [1, 2, 3]), Sight::True);
    assert!(matches!(look(padded, true, all, &truth, [2, 2, 3]), Sight::Other { .. }));
    let arch = Arch::get("amd64").unwrap();
    let scope = Scope::read("p", "").unwrap();
    let solid = |text: &str| {
        let ty = goabi_cases::resolve::type_of_text(&scope, text).unwrap();
        let size = ty.layout(arch).unwrap().size;
        solid(&ty, arch, size).iter().map(|s| if *s { 'x' } else { '.' }).collect::<String>()
    };
    assert_eq!(solid("struct { A int8; B int16 }"), "x.xx");
    assert_eq!(solid("[2]struct { A int16; B int8 }"), "xxx.xxx.");
    assert_eq!(solid("struct { A int8; _ int8; B int8 }"), "x.x");
    assert_eq!(solid("[2][2]struct { A int16; B int8 }"), "xxx.xxx.xxx.xxx.");
    assert_eq!(solid("struct {}"), "");
}

#[test]
fn what_a_function_begun_anew_need_not_keep_is_taken_as_it_is_then() {
    let arch = Arch::get("amd64").unwrap();
    // Ten words: the last does not fit into registers.
    let text = "func(a, b, c, d, e, f, g, h, i, on_stack int64)";
    let signature = signature(&Scope::read("p", "").unwrap(), text).unwrap();
    let mut watched = Watched {
        symbol: "p.f".into(),
        package: "p".into(),
        assignment: assign_abi(&signature, arch, Abi::AbiInternal).unwrap(),
        variables: vec![],
        changed: vec![],
        read: vec![true, false],
        sets_results: false,
    };
    assert_eq!(watched.loses().collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7, 8]);
    let image = |n: u8| Ok(Image { bytes: vec![n; 8], known: vec![true; 8] });
    let mut truth = Truth { inputs: vec![image(1); 10], results: None };
    truth.begin_anew(vec![image(2); 10], &watched);
    assert_eq!([&truth.inputs[0], &truth.inputs[9]], [&image(1); 2]);
    assert!(truth.inputs[1..9].iter().all(|i| *i == image(2)), "{truth:?}");
    // What the body reads it keeps.
    watched.read = vec![true; 10];
    assert_eq!(watched.loses().count(), 0);
}

#[test]
fn on_a_stack_that_was_moved_only_a_difference_of_what_points_is_unknown() {
    let other = || Sight::Other { shown: Ok(Value::Int(8)), location: "RBX".into(), described: None };
    assert_eq!(other().on_moved_stack(false), other());
    assert_eq!(other().on_moved_stack(true), Sight::Unknown("the stack was moved".into()));
    for settled in [Sight::True, Sight::NotDescribed, Sight::Partly, Sight::Unreadable("cut short".into())] {
        assert_eq!(settled.clone().on_moved_stack(true), settled);
    }
}

#[test]
fn a_place_behind_the_prologue_is_its_mark_or_a_statement_of_the_body() {
    let function = Function {
        name: "p.f".into(),
        low_pc: 0x100,
        high_pc: 0x200,
        decl_file: None,
        decl_line: None,
        frame_base: LocationFact::Absent,
        params: vec![],
        inlined_at_least_once: false,
    };
    let code = |prologue_end, statements: &[u64]| Code {
        dwarf: &function,
        rows: vec![],
        returns: vec![0x140, 0x180],
        lines: Lines { prologue_end, statements: statements.iter().map(|at| (*at, 1)).collect() },
        same_type: vec![],
        floats: vec![],
        solid: vec![],
    };
    assert!(code(Some(0x110), &[]).is_marked(false));
    assert!(code(None, &[0x100, 0x150]).is_marked(true));
    assert!(!code(None, &[0x100, 0x150]).is_marked(false), "nobody stops there");
    // The entry, and the code that grows the stack.
    assert!(!code(None, &[0x100, 0x190]).is_marked(true));
}
