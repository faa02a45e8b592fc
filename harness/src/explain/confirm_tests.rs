//! Word by word: what was there is ticked, what was not is not, and what
//! cannot be told is neither.

use super::*;
use goabi_cases::resolve::type_of_text;
use goabi_cases::scope::Scope;
use goabi_cases::value::{Dynamic, Pointer, Slice};

fn of(arch: &str, ty: &str, want: &Value, seen: SlotSeen, bytes: &[u8], offset: u64, size: u64) -> (Answer, String) {
    let ty = type_of_text(&Scope::empty().unwrap(), ty).unwrap();
    let bytes = Ok(bytes.to_vec());
    let seen = Seen { ty: &ty, want, value: &seen, bytes: &bytes, untold: None };
    let c = word(Arch::get(arch).unwrap(), &seen, offset, size);
    (c.answer, c.seen)
}

fn slice(at: u64, elems: &[i128], cap: u64) -> Value {
    let elems = elems.iter().map(|n| Value::Int(*n)).collect();
    Value::Slice(Some(Slice { place: Place::Address(at), elem_size: 1, cap: Some(cap), elems }))
}

fn bytes(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|w| w.to_le_bytes()).collect()
}

#[test]
fn numbers_are_compared_by_their_bytes_on_either_order() {
    let n = Value::Int(-2);
    let of = |arch, held: &[u8]| of(arch, "int16", &n, Ok(Value::Int(0)), held, 0, 2);
    assert_eq!(of("amd64", &[0xfe, 0xff]), (Answer::Held, "0xfffe".into()));
    assert_eq!(of("s390x", &[0xff, 0xfe]), (Answer::Held, "0xfffe".into()));
    assert_eq!(of("s390x", &[0xfe, 0xff]), (Answer::HeldOther, "0xfeff".into()));
}

#[test]
fn halves_are_words_of_their_own() {
    let n = Value::Int(0x1011_1213_1415_1617);
    let held = [0x10, 0x11, 0x12, 0x13, 0, 0, 0, 0];
    assert_eq!(of("mips", "int64", &n, Ok(Value::Int(0)), &held, 0, 4).0, Answer::Held);
    assert_eq!(of("mips", "int64", &n, Ok(Value::Int(0)), &held, 4, 4).0, Answer::HeldOther);
    let c = Value::Complex64(0x3f80_0000, 0x4000_0000);
    let held = [0, 0, 0x80, 0x3f, 0, 0, 0x80, 0x3f];
    assert_eq!(of("amd64", "complex64", &c, Ok(c.clone()), &held, 0, 4).0, Answer::Held);
    assert_eq!(of("amd64", "complex64", &c, Ok(c.clone()), &held, 4, 4), (Answer::HeldOther, "0x3f800000".into()));
}

#[test]
fn a_slices_words_are_told_apart() {
    let want = slice(7, &[1, 2], 3);
    let seen = slice(0xc000_0010, &[1, 2], 4);
    let held = bytes(&[0xc000_0010, 2, 4]);
    let of = |seen: SlotSeen, held: &[u8], at| of("amd64", "[]int8", &want, seen, held, at, 8);
    assert_eq!(of(Ok(seen.clone()), &held, 0).0, Answer::Held, "another capacity is no fault of the pointer's");
    assert_eq!(of(Ok(seen.clone()), &held, 8).0, Answer::Held);
    assert_eq!(of(Ok(seen), &held, 16), (Answer::HeldOther, "0x0000000000000004".into()));
    assert_eq!(of(Ok(slice(0xc000_0010, &[1, 9], 3)), &held, 0).0, Answer::HeldOther);
    // Pointer and length exchanged: the one is no address, the other no such length.
    let swapped = bytes(&[2, 0xc000_0010, 3]);
    let lost = || Err("a slice of length 3221225488".into());
    assert_eq!(of(lost(), &swapped, 0), (Answer::HeldOther, "0x0000000000000002".into()));
    assert_eq!(of(lost(), &swapped, 8).0, Answer::HeldOther);
    assert_eq!(of(lost(), &swapped, 16).0, Answer::Held);
    // A pointer that may be right, beside a length that is not.
    let (answer, why) = of(lost(), &bytes(&[0xc000_0010, 0xc000_0010, 3]), 0);
    assert!(answer == Answer::NotObserved && why.contains("could not be followed"), "{why}");
}

#[test]
fn an_interfaces_type_and_value_are_told_apart() {
    let dynamic = |ty: &str, n| Value::Interface(Some(Dynamic { ty: ty.into(), value: Box::new(Value::Int(n)) }));
    let want = dynamic("int32", 5);
    let of = |seen, at| of("amd64", "any", &want, seen, &bytes(&[0x4_7000, 0xc000_0010]), at, 8);
    assert_eq!(of(Ok(dynamic("int32", 6)), 0), (Answer::Held, "int32".into()));
    assert_eq!(of(Ok(dynamic("int32", 6)), 8), (Answer::HeldOther, "6".into()));
    assert_eq!(of(Ok(dynamic("uint8", 5)), 0), (Answer::HeldOther, "uint8".into()));
}

#[test]
fn fields_and_elements_are_found_by_their_offsets() {
    let want = Value::Struct(vec![Value::Int(1), Value::Array(vec![Value::Int(2), Value::Int(3)]), Value::Int(4)]);
    let ty = "struct{ A int8; B [2]int16; _ int8 }";
    let held = [1, 0xee, 2, 0, 9, 0, 0xee];
    let of = |at, size| of("amd64", ty, &want, Ok(want.clone()), &held, at, size).0;
    assert_eq!(
        [of(0, 1), of(2, 2), of(4, 2), of(6, 1)],
        [Answer::Held, Answer::Held, Answer::HeldOther, Answer::NotObserved]
    );
}

#[test]
fn what_tells_nothing_is_not_ticked() {
    let target = |n| Value::Pointer(Some(Pointer { place: Place::Address(n), target: Some(Box::new(Value::Int(7))) }));
    let held = bytes(&[0xc000_0010]);
    assert_eq!(of("amd64", "*int8", &target(1), Ok(target(2)), &held, 0, 8).0, Answer::Held);
    assert_eq!(
        of("amd64", "*int8", &Value::Pointer(None), Ok(Value::Pointer(None)), &bytes(&[0]), 0, 8),
        (Answer::NotObserved, "nil tells nothing".into())
    );
    let f = Value::Func(Some(goabi_cases::value::Func { returns: vec![] }));
    assert_eq!(of("amd64", "func()", &f, Ok(f.clone()), &held, 0, 8).0, Answer::NotObserved);
    let (ty, no, there) =
        (type_of_text(&Scope::empty().unwrap(), "int").unwrap(), Err("R0 cannot be read".into()), Ok(held));
    let one = Value::Int(1);
    let seen = |bytes, untold| Seen { ty: &ty, want: &one, value: &Ok(Value::Int(1)), bytes, untold };
    for (seen, why) in [(seen(&no, None), "R0 cannot be read"), (seen(&there, Some("no value")), "no value")] {
        assert_eq!(
            word(Arch::get("amd64").unwrap(), &seen, 0, 8),
            Confirmed { answer: Answer::NotObserved, seen: why.into() }
        );
    }
}
