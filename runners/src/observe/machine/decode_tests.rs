//! Values out of memory made by hand, in both byte orders and word sizes; and
//! out of garbage.

use super::super::memory::{Constant, Memory, Reader};
use super::super::room::{BASE, DIRECT, EXTRA_STAR, PORTS, Room};
use super::super::types::{Ty, Types};
use super::*;
use crate::observe::dwarf::{DwarfFacts, Member, Shape, TypeNode, TypeRef};
use goabi_cases::arch::Arch;
use goabi_cases::resolve::type_of_text;
use goabi_cases::scope::Scope;
use goabi_cases::types::GoType;
use proptest::prelude::*;

const PLENTY: usize = 8 << 20;

const DECLARATIONS: &str = "
type List struct { Next *List; N int16 }
type Pair struct { A int8; B float64; C string }
type Names []string
";

fn go(text: &str) -> GoType {
    type_of_text(&Scope::read("p", DECLARATIONS).unwrap(), text).unwrap()
}

fn decode(room: &Room, ty: &Ty, bytes: &[u8]) -> Result<Value, Unread> {
    room.with(PLENTY, |memory| Decoder::new(&room.types(None), memory).value(ty, bytes))
}

#[track_caller]
fn is(room: &Room, ty: &str, bytes: &[u8], want: Value) {
    assert_eq!(decode(room, &Ty::Go(go(ty)), bytes), Ok(want), "{} {ty}", room.arch.goarch);
}

fn int(n: i128) -> Value {
    Value::Int(n)
}

#[test]
fn numbers_are_read_bit_by_bit() {
    for port in PORTS {
        let r = Room::new(port);
        is(&r, "bool", &[0], Value::Bool(false));
        is(&r, "bool", &[1], Value::Bool(true));
        is(&r, "bool", &[2], int(2));
        is(&r, "int8", &[0x80], int(-128));
        is(&r, "uint8", &[0x80], int(128));
        is(&r, "int16", &r.int(0x8001, 2), int(-0x7fff));
        is(&r, "uint16", &r.int(0x8001, 2), int(0x8001));
        is(&r, "int32", &r.int(0xffff_fffe, 4), int(-2));
        is(&r, "uint32", &r.int(0xffff_fffe, 4), int(0xffff_fffe));
        is(&r, "int64", &r.int(1 << 63, 8), int(i64::MIN.into()));
        is(&r, "uint64", &r.int(1 << 63, 8), int(1 << 63));
        let all = r.words(&[u64::MAX]);
        is(&r, "int", &all, int(-1));
        let most = if r.word_size() == 8 { u64::MAX.into() } else { u32::MAX.into() };
        is(&r, "uint", &all, int(most));
        is(&r, "uintptr", &all, int(most));
        // What lies behind a value is not part of it.
        is(&r, "int8", &[0xff, 1, 2, 3, 4, 5, 6, 7], int(-1));
        // -0.0, and the payload of a NaN.
        is(&r, "float64", &r.int(1 << 63, 8), Value::Float64(1 << 63));
        is(&r, "float64", &r.int(0x7ff4_0000_0000_0001, 8), Value::Float64(0x7ff4_0000_0000_0001));
        is(&r, "float32", &r.int(0xffa0_0003, 4), Value::Float32(0xffa0_0003));
        let both = [r.int(0x8000_0000, 4), r.int(0x7fc0_0001, 4)].concat();
        is(&r, "complex64", &both, Value::Complex64(0x8000_0000, 0x7fc0_0001));
        let both = [r.int(1 << 63, 8), r.int(0x7ff8_0000_0000_0002, 8)].concat();
        is(&r, "complex128", &both, Value::Complex128(1 << 63, 0x7ff8_0000_0000_0002));
        let short = decode(&r, &Ty::Go(go("int32")), &[1, 2, 3]);
        assert_eq!(short, Err("3 bytes where the type has 4".into()));
    }
}

#[test]
fn strings_and_slices_are_followed() {
    for port in PORTS {
        let mut r = Room::new(port);
        let text = r.put("gr\u{fc}n\0".as_bytes());
        is(&r, "string", &r.words(&[text, 6]), Value::String("gr\u{fc}n\0".into()));
        // Of an empty string the pointer says nothing.
        is(&r, "string", &r.words(&[7, 0]), Value::String(vec![]));
        is(&r, "[]int16", &r.words(&[0, 0, 0]), Value::Slice(None));
        let slice = |at, cap, elems| {
            Value::Slice(Some(Slice { place: Place::Address(at), elem_size: 2, cap: Some(cap), elems }))
        };
        is(&r, "[]int16", &r.words(&[text, 0, 0]), slice(text, 0, vec![]));
        let numbers = [r.int(0xffff, 2), r.int(7, 2), r.int(7, 2)].concat();
        let at = r.put(&numbers);
        is(&r, "[]int16", &r.words(&[at, 2, 3]), slice(at, 3, vec![int(-1), int(7)]));
        // Of named types the underlying one counts.
        let inner = r.words(&[text, 2]);
        let at = r.put(&inner);
        let elems = vec![Value::String(b"gr".to_vec())];
        let elem_size = 2 * r.arch.word_size;
        let want = Value::Slice(Some(Slice { place: Place::Address(at), elem_size, cap: Some(1), elems }));
        is(&r, "Names", &r.words(&[at, 1, 1]), want);
        // Lengths that cannot be.
        for (ty, words) in [("string", [text, u64::MAX >> 1, 0]), ("[]int16", [text, 1 << 30, 1 << 30])] {
            let got = decode(&r, &Ty::Go(go(ty)), &r.words(&words));
            assert!(got.as_ref().is_err_and(|e| e.to_string().contains("of length")), "{got:?}");
        }
        let got = decode(&r, &Ty::Go(go("string")), &r.words(&[64, 3]));
        assert_eq!(got, Err("there is no memory at 0x0".into()));
    }
}

#[test]
fn structs_and_arrays_are_taken_apart_by_their_offsets() {
    for port in PORTS {
        let mut r = Room::new(port);
        let text = r.put(b"xyz");
        let offset = if r.word_size() == 8 { 8 } else { 4 };
        // What lies between the fields means nothing.
        let mut bytes = vec![0xee; offset];
        bytes[0] = 0xfb;
        bytes.extend(r.int(0x4004_0000_0000_0000, 8));
        bytes.extend(r.words(&[text, 3]));
        let pair = Value::Struct(vec![int(-5), Value::Float64(0x4004_0000_0000_0000), Value::String(b"xyz".to_vec())]);
        is(&r, "Pair", &bytes, pair.clone());
        is(&r, "[1]Pair", &bytes, Value::Array(vec![pair]));
        is(&r, "[3]uint8", &[1, 1, 2], Value::Array(vec![int(1), int(1), int(2)]));
        is(&r, "[0]int64", &[], Value::Array(vec![]));
        is(&r, "struct{}", &[], Value::Struct(vec![]));
        is(&r, "[2][2]uint8", &[1, 2, 1, 2], Value::Array(vec![Value::Array(vec![int(1), int(2)]); 2]));
    }
}

fn pointer(at: u64, target: Option<Value>) -> Value {
    Value::Pointer(Some(Pointer { place: Place::Address(at), target: target.map(Box::new) }))
}

#[test]
fn pointers_are_followed_and_cycles_end() {
    for port in PORTS {
        let mut r = Room::new(port);
        is(&r, "*int16", &r.words(&[0]), Value::Pointer(None));
        let n = r.put(&r.int(0x8000, 2));
        is(&r, "*int16", &r.words(&[n]), pointer(n, Some(int(-0x8000))));
        let p = r.put(&r.words(&[n]));
        is(&r, "**int16", &r.words(&[p]), pointer(p, Some(pointer(n, Some(int(-0x8000))))));
        // Pointers to what has no size may all be one.
        let nowhere = Pointer { place: Place::Nowhere, target: Some(Box::new(Value::Struct(vec![]))) };
        is(&r, "*struct{}", &r.words(&[n]), Value::Pointer(Some(nowhere)));
        is(&r, "unsafe.Pointer", &r.words(&[n]), Value::UnsafePointer(Some(Place::Address(n))));
        is(&r, "unsafe.Pointer", &r.words(&[0]), Value::UnsafePointer(None));
        // Two nodes that lead to each other.
        let [a, b] = [(); 2].map(|()| r.put(&[0; 16]));
        let node = |next, n| [r.words(&[next]), r.int(n, 2), vec![0; 6]].concat();
        let (first, second) = (node(b, 1), node(a, 2));
        r.overwrite(a, &first);
        r.overwrite(b, &second);
        let end = Value::Struct(vec![pointer(a, None), int(2)]);
        let start = Value::Struct(vec![pointer(b, Some(end)), int(1)]);
        is(&r, "*List", &r.words(&[a]), pointer(a, Some(start)));
        let got = decode(&r, &Ty::Go(go("*int16")), &r.words(&[12]));
        assert_eq!(got, Err("there is no memory at 0x0".into()));
    }
}

#[test]
fn nil_and_empty_are_told_apart() {
    for port in PORTS {
        let mut r = Room::new(port);
        for (ty, nil) in [
            ("map[string]int", Value::Map(None)),
            ("chan int", Value::Chan(None)),
            ("func()", Value::Func(None)),
            ("any", Value::Interface(None)),
            ("error", Value::Interface(None)),
        ] {
            is(&r, ty, &r.words(&[0, 0]), nil);
        }
        let map = |at, n| {
            Value::Map(Some(Map { place: Place::Address(at), entries: vec![(Value::Unstated, Value::Unstated); n] }))
        };
        // internal/runtime/maps.Map counts in 64 bits everywhere.
        for n in [0, 3] {
            let at = r.put(&r.int(n, 8));
            is(&r, "map[string]int", &r.words(&[at]), map(at, usize::try_from(n).unwrap()));
        }
        // runtime.hmap: count, flags, B, noverflow, as far as Go 1.23. B is the
        // size of a map that was made for a hundred entries, and holds none.
        for n in [0, 3] {
            let at = r.put(&[r.words(&[n]), vec![0, 4], r.int(0, 2)].concat());
            is(&r, "map[string]int", &r.words(&[at]), map(at, usize::try_from(n).unwrap()));
        }
        let at = r.put(&r.words(&[2, 5]));
        let chan = Chan { place: Place::Address(at), len: 2, cap: 5 };
        is(&r, "chan int", &r.words(&[at]), Value::Chan(Some(chan)));
        is(&r, "func()", &r.words(&[at]), Value::Func(Some(Func { returns: vec![] })));
    }
}

fn dynamic(ty: &str, value: Value) -> Value {
    Value::Interface(Some(Dynamic { ty: ty.into(), value: Box::new(value) }))
}

#[test]
fn interfaces_tell_their_dynamic_type_and_value() {
    for port in PORTS {
        let mut r = Room::new(port);
        let w = r.arch.word_size;
        let int16 = r.descriptor(4, 2, EXTRA_STAR, "*int16", &[]);
        let n = r.put(&r.int(0xfffe, 2));
        is(&r, "any", &r.words(&[int16, n]), dynamic("int16", int(-2)));
        // What is a pointer lies in the data word itself: by Kind_ up to Go
        // 1.25, by TFlag from then on.
        let by_flag = r.descriptor(22, w, DIRECT, "*int16", &[int16]);
        is(&r, "any", &r.words(&[by_flag, n]), dynamic("*int16", pointer(n, Some(int(-2)))));
        let by_kind = r.descriptor(22 | DIRECT, w, 0, "*int16", &[int16]);
        is(&r, "any", &r.words(&[by_kind, n]), dynamic("*int16", pointer(n, Some(int(-2)))));
        is(&r, "any", &r.words(&[by_flag, 0]), dynamic("*int16", Value::Pointer(None)));
        // Behind an itab: Inter, Type.
        let itab = r.put(&r.words(&[0, int16]));
        is(&r, "error", &r.words(&[itab, n]), dynamic("int16", int(-2)));
        // Import paths are cut, and the packages of cases are called p.
        let name = "goabi.test/c/results-mixed.T";
        let named = r.descriptor(8, 1, 0, name, &[]);
        is(
            &r,
            "any",
            &r.words(&[named, n]),
            dynamic("p.T", int(if port == "amd64" || port == "386" { 0xfe } else { 0xff })),
        );
        let broken = decode(&r, &Ty::Go(go("any")), &r.words(&[0x20_0000, n]));
        assert!(broken.is_err_and(|e| e.to_string().starts_with("the type descriptor: there is no memory")));
        let broken = decode(&r, &Ty::Go(go("error")), &r.words(&[0x20_0000, n]));
        assert!(broken.is_err_and(|e| e.to_string().starts_with("the itab: there is no memory")));
    }
}

#[test]
fn descriptors_of_composed_types_are_read() {
    for port in PORTS {
        let mut r = Room::new(port);
        let w = r.arch.word_size;
        let uint8 = r.descriptor(8, 1, 0, "uint8", &[]);
        let string = r.descriptor(24, 2 * w, 0, "string", &[]);
        let text = r.put(b"text");
        // Name, Typ, Offset of each field.
        let fields = r.put(&r.words(&[0, uint8, 0, 0, string, w]));
        let record = r.descriptor(25, 3 * w, 0, "p.R", &[0, fields, 2, 2]);
        let held = r.put(&[r.words(&[0]), r.words(&[text, 4])].concat());
        r.overwrite(held, &[9]);
        let want = Value::Struct(vec![int(9), Value::String(b"text".to_vec())]);
        is(&r, "any", &r.words(&[record, held]), dynamic("p.R", want));
        let array = r.descriptor(17, 3, 0, "[3]uint8", &[uint8, 0, 3]);
        is(
            &r,
            "any",
            &r.words(&[array, text]),
            dynamic("[3]uint8", Value::Array(b"tex".map(|b| int(b.into())).into())),
        );
        let slice = r.descriptor(23, 3 * w, 0, "[]uint8", &[uint8]);
        let held = r.put(&r.words(&[text, 1, 4]));
        let want = Slice { place: Place::Address(text), elem_size: 1, cap: Some(4), elems: vec![int(0x74)] };
        is(&r, "any", &r.words(&[slice, held]), dynamic("[]uint8", Value::Slice(Some(want))));
        // An interface within an interface: PkgPath, Methods.
        let empty = r.descriptor(20, 2 * w, 0, "interface {}", &[0, 0, 0, 0]);
        let held = r.put(&r.words(&[uint8, text]));
        is(&r, "any", &r.words(&[empty, held]), dynamic("interface {}", dynamic("uint8", int(0x74))));
        // The runtime's own structures are not looked at.
        let mutex = r.descriptor(25, 8, 0, "sync.Mutex", &[0, 0, 0, 0]);
        let at = r.descriptor(22, w, DIRECT, "*sync.Mutex", &[mutex]);
        is(&r, "any", &r.words(&[at, text]), dynamic("*sync.Mutex", pointer(text, None)));
        // A type that leads to itself, and a value that does.
        let looped = r.descriptor(22, w, DIRECT, "p.P", &[0]);
        r.overwrite(looped + 4 * w + 16, &r.words(&[looped]));
        let own = r.put(&[0; 16]);
        let bytes = r.words(&[own]);
        r.overwrite(own, &bytes);
        is(&r, "any", &r.words(&[looped, own]), dynamic("p.P", pointer(own, Some(pointer(own, None)))));
    }
}

#[test]
fn what_has_no_end_is_given_up() {
    for port in PORTS {
        let mut r = Room::new(port);
        let w = r.arch.word_size;
        // A slice that holds itself.
        let any = r.descriptor(20, 2 * w, 0, "interface {}", &[0, 0, 0, 0]);
        let slice = r.descriptor(23, 3 * w, 0, "[]interface {}", &[any]);
        let held = r.put(&[0; 32]);
        let element = r.put(&[0; 64]);
        let header = r.words(&[element, 2, 2]);
        r.overwrite(held, &header);
        let elements = r.words(&[slice, held, slice, held]);
        r.overwrite(element, &elements);
        let got = decode(&r, &Ty::Go(go("any")), &r.words(&[slice, held]));
        assert_eq!(got, Err("nested too deeply".into()));
        // More memory than may be read.
        let little = r.with(1024, |memory| {
            Decoder::new(&r.types(None), memory).value(&Ty::Go(go("[4096]uint8")), &[0; 4096])?;
            Decoder::new(&r.types(None), memory).value(&Ty::Go(go("string")), &r.words(&[BASE, 4096]))
        });
        assert_eq!(little, Err(Unread::TooMuch("a string of length 4096".into())));
        // What one value took is not missing for the next.
        let next = r.with(1024, |memory| {
            let mut string = |n| {
                memory.next_value();
                Decoder::new(&r.types(None), memory).value(&Ty::Go(go("string")), &r.words(&[BASE, n]))
            };
            [string(1000), string(1000)].map(|s| s.is_ok())
        });
        assert_eq!(next, [true, true]);
        assert!(r.read.get() < 1 << 20, "{}", r.read.get());
    }
}

#[test]
fn what_is_too_much_says_so_however_deep_it_lies() {
    for port in PORTS {
        let mut r = Room::new(port);
        let w = r.arch.word_size;
        let string = r.descriptor(24, 2 * w, 0, "string", &[]);
        let held = r.put(&r.words(&[BASE, 1 << 24]));
        let too_much = |ty: &str, bytes: &[u8]| match decode(&r, &Ty::Go(go(ty)), bytes) {
            Err(Unread::TooMuch(why)) => why,
            other => panic!("{ty}: {other:?}"),
        };
        assert_eq!(too_much("string", &r.words(&[BASE, 1 << 24])), "a string of length 16777216");
        assert_eq!(too_much("[]uint64", &r.words(&[BASE, 1 << 22, 1 << 22])), "a slice of length 4194304");
        assert_eq!(too_much("[]struct{}", &r.words(&[BASE, 1 << 22, 1 << 22])), "4194304 elements");
        assert_eq!(too_much("any", &r.words(&[string, held])), "a string of length 16777216");
        assert_eq!(too_much("*[1 << 24]int8", &r.words(&[BASE])), "a target of length 16777216");
        // Memory that is not there is another matter, and so is a length that no memory has.
        let broken = decode(&r, &Ty::Go(go("string")), &r.words(&[3, 1000]));
        assert!(matches!(broken, Err(Unread::Broken(_))), "{broken:?}");
    }
}

#[test]
fn types_by_dwarf_read_as_the_cases_do() {
    let node = |name: &str, size, kind, shape| TypeNode {
        offset: 0,
        name: Some(name.into()),
        size,
        go_kind: kind,
        go_key: None,
        go_elem: None,
        go_runtime_type: None,
        shape,
    };
    let base = Shape::Base { encoding: 5 };
    let member =
        |offset, ty| Member { name: "f".into(), offset, ty: Some(TypeRef(ty)), embedded: false, offset_at: None };
    let members = || vec![member(Some(0), 0), member(Some(8), 1)];
    let mut facts = DwarfFacts {
        types: vec![
            node("int8", Some(1), Some(3), base.clone()),
            node("float64", Some(8), Some(14), base),
            node("p.T", None, None, Shape::Typedef { of: Some(TypeRef(3)) }),
            node("p.T", Some(16), Some(25), Shape::Struct { members: members() }),
            node("*p.T", None, Some(22), Shape::Pointer { to: Some(TypeRef(2)) }),
            node("[2]int8", Some(2), Some(17), Shape::Array { count: Some(2), elem: Some(TypeRef(0)) }),
            node("interface {}", None, None, Shape::Typedef { of: Some(TypeRef(7)) }),
            node("runtime.eface", Some(16), Some(25), Shape::Struct { members: members() }),
            node("p.Loop", None, None, Shape::Typedef { of: Some(TypeRef(8)) }),
            node("p.Gap", Some(16), Some(25), Shape::Struct { members: vec![member(None, 0)] }),
        ],
        ..DwarfFacts::default()
    };
    let mut slice = node("[]int8", Some(24), Some(23), Shape::Struct { members: members() });
    slice.go_elem = Some(TypeRef(0));
    facts.types.push(slice);
    let mut r = Room::new("amd64");
    let bytes = [vec![0xff, 9, 9, 9, 9, 9, 9, 9], r.int(1 << 63, 8)].concat();
    let at = r.put(&bytes);
    let read = |ty: usize, bytes: &[u8]| {
        r.with(PLENTY, |memory| Decoder::new(&r.types(Some(&facts)), memory).value(&Ty::Dwarf(TypeRef(ty)), bytes))
    };
    let record = Value::Struct(vec![int(-1), Value::Float64(1 << 63)]);
    assert_eq!(read(2, &bytes), Ok(record.clone()));
    assert_eq!(read(4, &r.words(&[at])), Ok(pointer(at, Some(record))));
    assert_eq!(read(5, &[1, 0xff]), Ok(Value::Array(vec![int(1), int(-1)])));
    assert_eq!(read(6, &r.words(&[0, 0])), Ok(Value::Interface(None)));
    let elems = vec![int(-1)];
    let want = Slice { place: Place::Address(at), elem_size: 1, cap: Some(3), elems };
    assert_eq!(read(10, &r.words(&[at, 1, 3])), Ok(Value::Slice(Some(want))));
    for broken in [8, 9, 99] {
        assert!(read(broken, &[0; 32]).is_err(), "{broken}");
    }
    let types = r.types(Some(&facts));
    let alike = |text: &str, r: usize| types.alike(&Ty::Go(go(text)), &Ty::Dwarf(TypeRef(r)), 0);
    assert!(alike("struct { A int8; B float64 }", 2) && alike("[2]int8", 5) && alike("any", 6) && alike("[]int8", 10));
    assert!(!alike("struct { A uint8; B float64 }", 2) && !alike("struct { A int8; B int64 }", 2));
    assert!(!alike("[2]uint8", 5) && !alike("[3]int8", 5) && !alike("error", 6) && !alike("string", 10));
}

/// Memory that has an answer to everything.
struct Garbage(Vec<u8>, usize);

impl Memory for Garbage {
    fn read(&mut self, at: u64, len: usize) -> Result<Vec<u8>, Unread> {
        self.1 += len;
        let skip = usize::try_from(at % self.0.len() as u64).unwrap();
        Ok(self.0.iter().copied().cycle().skip(skip).take(len).collect())
    }
}

const TEXTS: [&str; 10] = [
    "any",
    "error",
    "[]any",
    "*List",
    "Pair",
    "[]string",
    "map[string]any",
    "**[4]any",
    "[3]struct { A any; B []Pair }",
    "chan int",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn garbage_is_read_to_an_end(
        bytes in prop::collection::vec(any::<u8>(), 256),
        memory in prop::collection::vec(prop_oneof![3 => Just(0u8), 1 => any::<u8>(), 2 => 0u8..32], 16..600),
        port in 0usize..4,
        ty in 0usize..TEXTS.len(),
    ) {
        let arch = Arch::get(PORTS[port]).unwrap();
        let types = Types { arch, dwarf: None, descriptors: Some(0) };
        let constant = Constant::default();
        let mut garbage = Garbage(memory, 0);
        let most = 1 << 16;
        {
            let mut reader = Reader::new(&constant, &mut garbage, most);
            let _ = Decoder::new(&types, &mut reader).value(&Ty::Go(go(TEXTS[ty])), &bytes);
            let _ = Decoder::new(&types, &mut reader).value(&Ty::Runtime(BASE), &bytes);
        }
        prop_assert!(garbage.1 <= most);
    }
}
