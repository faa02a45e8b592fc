//! Bytes out of registers and memory made by hand: by the model, and by DWARF.

use super::super::room::{BASE, Room};
use super::*;
use goabi_cases::assignment::{Abi, Assignment, assign_abi};
use goabi_cases::resolve::signature;
use goabi_cases::scope::Scope;
use std::collections::BTreeMap;

#[derive(Default)]
struct File(BTreeMap<u16, Vec<u8>>);

impl Registers for File {
    fn register(&self, dwarf: u16) -> Option<&[u8]> {
        self.0.get(&dwarf).map(Vec::as_slice)
    }
}

fn assigned(goarch: &str, text: &str) -> Assignment {
    let signature = signature(&Scope::read("p", "").unwrap(), text).unwrap();
    let arch = Arch::get(goarch).unwrap();
    let abi = if arch.register_abi_since.is_some() { Abi::AbiInternal } else { Abi::Abi0 };
    assign_abi(&signature, arch, abi).unwrap()
}

fn with<T>(room: &Room, file: &File, cfa: Result<u64, String>, run: impl FnOnce(&mut State<'_, '_, '_, '_>) -> T) -> T {
    room.with(1 << 20, |memory| run(&mut State { arch: room.arch, registers: file, memory, cfa }))
}

fn unknown() -> Result<u64, String> {
    Err("no row".into())
}

#[test]
fn of_a_narrow_value_the_rest_of_its_register_says_nothing() {
    for (goarch, whole) in
        [("amd64", [0xfb, 0xad, 0xde, 0, 0xff, 1, 2, 3]), ("s390x", [3, 2, 1, 0xff, 0, 0xde, 0xad, 0xfb])]
    {
        let room = Room::new(goarch);
        let slots = assigned(goarch, "func(a int8, b int16)");
        let first = room.arch.integer_registers[0].dwarf.unwrap();
        let second = room.arch.integer_registers[1].dwarf.unwrap();
        let file = File(BTreeMap::from([(first, whole.to_vec()), (second, whole.to_vec())]));
        let (a, b) =
            with(&room, &file, unknown(), |s| (s.assigned(&slots.inputs[0], 0), s.assigned(&slots.inputs[1], 0)));
        assert_eq!(a.unwrap().bytes, [0xfb]);
        let want = if goarch == "amd64" { [0xfb, 0xad] } else { [0xad, 0xfb] };
        assert_eq!(b.unwrap().bytes, want);
    }
}

#[test]
fn a_float32_has_the_form_of_its_port() {
    // The payload of a signalling NaN, which a conversion would lose.
    let single = 0x7fa0_0003u32;
    let double = 0x7ff4_0000_6000_0000u64;
    for (goarch, held) in [
        ("amd64", [&single.to_le_bytes()[..], &[0xee; 12]].concat()),
        ("arm64", [&single.to_le_bytes()[..], &[0xee; 4]].concat()),
        ("s390x", [&single.to_be_bytes()[..], &[0xee; 4]].concat()),
        ("ppc64", double.to_be_bytes().to_vec()),
        ("ppc64le", double.to_le_bytes().to_vec()),
    ] {
        let room = Room::new(goarch);
        let slots = assigned(goarch, "func(f float32)");
        let number = room.arch.float_registers[0].dwarf.unwrap();
        let file = File(BTreeMap::from([(number, held)]));
        let image = with(&room, &file, unknown(), |s| s.assigned(&slots.inputs[0], 0)).unwrap();
        assert_eq!((image.bytes, image.known), (room.int(single.into(), 4), vec![true; 4]), "{goarch}");
        // By DWARF's number it is the same.
        let piece = [Piece { size: None, place: Place::Register(number) }];
        let image = with(&room, &file, unknown(), |s| s.located(&piece, 4, &LocationFact::Absent)).unwrap();
        assert_eq!(image.bytes, room.int(single.into(), 4), "{goarch}");
    }
}

#[test]
fn values_of_several_registers_and_on_the_stack_are_put_together() {
    let mut room = Room::new("amd64");
    let slots = assigned("amd64", "func(s struct{ A int8; B float64; C uint16 }, big [3]int16)");
    let ints = room.arch.integer_registers.iter().map(|r| r.dwarf.unwrap()).collect::<Vec<_>>();
    let mut file = File::default();
    file.0.insert(ints[0], vec![1, 9, 9, 9, 9, 9, 9, 9]);
    file.0.insert(ints[1], vec![3, 4, 9, 9, 9, 9, 9, 9]);
    file.0.insert(room.arch.float_registers[0].dwarf.unwrap(), [[2; 8], [9; 8]].concat());
    let area = room.put(&[5, 0, 6, 0, 7, 0]);
    let image = with(&room, &file, unknown(), |s| s.assigned(&slots.inputs[0], area)).unwrap();
    let known: Vec<u8> = image.bytes.iter().zip(&image.known).filter(|(_, k)| **k).map(|(b, _)| *b).collect();
    assert_eq!((image.bytes.len(), known), (24, [&[1u8][..], &[2; 8], &[3, 4]].concat()));
    assert!(!image.known[1] && image.known[8] && !image.known[23], "padding is not known");
    let image = with(&room, &file, unknown(), |s| s.assigned(&slots.inputs[1], area)).unwrap();
    assert_eq!(image.bytes, [5, 0, 6, 0, 7, 0]);
    file.0.remove(&ints[1]);
    let missing = with(&room, &file, unknown(), |s| s.assigned(&slots.inputs[0], area));
    assert_eq!(missing, Err("RBX cannot be read".into()));
}

fn piece(size: impl Into<Option<u64>>, place: Place) -> Piece {
    Piece { size: size.into(), place }
}

#[test]
fn each_form_of_a_location_is_read() {
    let mut room = Room::new("amd64");
    let cfa = room.put(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
    let pointer = room.put(&cfa.to_le_bytes());
    let file = File(BTreeMap::from([
        (0, vec![0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7]),
        (3, pointer.to_le_bytes().to_vec()),
    ]));
    let base = LocationFact::Expr(vec![piece(None, Place::CallFrameCfa(0))]);
    let at = |pieces: &[Piece], size| with(&room, &file, Ok(cfa), |s| s.located(pieces, size, &base));
    let bytes = |place: Place, size| at(&[piece(None, place)], size).unwrap();
    assert_eq!(bytes(Place::Register(0), 2).bytes, [0xa0, 0xa1]);
    assert_eq!(bytes(Place::FrameBase(4), 3).bytes, [5, 6, 7]);
    assert_eq!(bytes(Place::CallFrameCfa(8), 2).bytes, [9, 10]);
    assert_eq!(bytes(Place::Address(cfa + 1), 2).bytes, [2, 3]);
    assert_eq!(bytes(Place::Constant(0x1234), 4).bytes, [0x34, 0x12, 0, 0]);
    assert_eq!(bytes(Place::Implicit(vec![7, 8, 9]), 2).bytes, [7, 8]);
    // A register alone holds no more than itself.
    let wide = bytes(Place::Register(0), 16);
    assert_eq!((wide.known[7], wide.known[8], wide.bytes.len()), (true, false, 16));
    // Pieces, one of which is not available; more and fewer than the value has.
    let some = [piece(2, Place::Register(0)), piece(2, Place::EmptyPiece), piece(1, Place::FrameBase(0))];
    let image = at(&some, 5).unwrap();
    assert_eq!((image.bytes, image.known), (vec![0xa0, 0xa1, 0, 0, 1], vec![true, true, false, false, true]));
    assert_eq!(at(&some, 8).unwrap().bytes.len(), 5);

    let code = |code: &[u8], size| bytes(Place::Other { text: "x".into(), code: code.to_vec() }, size);
    // breg3 0, deref: what lies behind the pointer; and one further on.
    assert_eq!(code(&[0x73, 0, 0x06], 2).bytes, [1, 2]);
    assert_eq!(code(&[0x73, 0, 0x06, 0x23, 2], 2).bytes, [3, 4]);
    // fbreg 1, lit3, plus; call_frame_cfa, lit8, plus.
    assert_eq!(code(&[0x91, 1, 0x33, 0x22], 1).bytes, [5]);
    assert_eq!(code(&[0x9c, 0x38, 0x22], 1).bytes, [9]);
    // lit5, stack_value; implicit_value of two bytes.
    assert_eq!(code(&[0x35, 0x9f], 4).bytes, [5, 0, 0, 0]);
    assert_eq!(code(&[0x9e, 2, 8, 9], 2).bytes, [8, 9]);
    // entry_value(reg0), stack_value: what the caller's frame held is not known.
    assert_eq!(code(&[0xa3, 1, 0x50, 0x9f], 8).known, [false; 8]);
    // What makes no sense is an error: nothing on the stack, a loop, no memory.
    for broken in [&[0x22][..], &[0x2f, 0xfd, 0xff], &[0x30, 0x06], &[0x74, 0]] {
        let got = at(&[piece(None, Place::Other { text: "x".into(), code: broken.to_vec() })], 8);
        assert!(got.is_err(), "{broken:x?}: {got:?}");
    }
    let none = at(&[piece(None, Place::Other { text: "DW_OP_bit_piece".into(), code: vec![] })], 1);
    assert_eq!(none, Err("not evaluated: DW_OP_bit_piece".into()));
    assert!(at(&[piece(u64::MAX, Place::EmptyPiece), piece(u64::MAX, Place::EmptyPiece)], 1).is_err());
}

#[test]
fn what_is_missing_is_said() {
    let room = Room::new("amd64");
    let file = File(BTreeMap::from([(7, (BASE + 16).to_le_bytes().to_vec())]));
    let at = |place: Place, base: &LocationFact| {
        with(&room, &file, unknown(), |s| s.located(&[piece(None, place)], 4, base))
    };
    assert_eq!(at(Place::CallFrameCfa(0), &LocationFact::Absent), Err("no row".into()));
    assert_eq!(at(Place::FrameBase(0), &LocationFact::Absent), Err("the function has no frame base".into()));
    let cfa = LocationFact::Expr(vec![piece(None, Place::CallFrameCfa(0))]);
    assert_eq!(at(Place::FrameBase(0), &cfa), Err("no row".into()));
    // A frame base in a register needs no row.
    let register = LocationFact::Expr(vec![piece(None, Place::Register(7))]);
    assert!(at(Place::FrameBase(8), &register).is_ok());
    assert_eq!(at(Place::Register(5), &cfa), Err("RDI cannot be read".into()));
    assert_eq!(at(Place::Register(200), &cfa), Err("register 200 cannot be read".into()));
    assert!(at(Place::Implicit(vec![1]), &cfa).is_err());
    assert_eq!(at(Place::Address(3), &cfa), Err("there is no memory at 0x0".into()));
}

#[test]
fn numbers_held_as_doubles_are_narrowed_by_their_bits() {
    for f in [0.0f32, -0.0, 1.5, -3.25e30, 1e-38, 1e-40, f32::MIN_POSITIVE, f32::from_bits(1), f32::INFINITY] {
        assert_eq!(narrow(f64::from(f).to_bits()), f.to_bits(), "{f}");
    }
    // lfs widens a NaN bit by bit: sign, all ones, the payload at the top.
    assert_eq!(narrow(0x7ff0_0000_2000_0000), 0x7f80_0001);
    assert_eq!(narrow(0xfff8_0000_0000_0000), 0xffc0_0000);
}
