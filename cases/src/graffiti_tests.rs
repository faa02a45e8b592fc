use super::*;
use crate::eval::Evaluator;
use crate::resolve::type_of_text;
use crate::scope::Scope;
use crate::value::show;
use proptest::prelude::*;
use std::collections::HashSet;

const DECLS: &str = "type Pair struct { A int8; _ uint16; B float64; C string }\n\
    type Code int32\ntype Celsius float64\ntype Names []string\n\
    type Tree struct { Left, Right *Tree; N uint16 }\n\
    type Shape interface { Area() float64 }\n";

fn scope() -> Scope {
    Scope::read("p", DECLS).unwrap()
}

/// The text for a type at a word, and what it is worth where an `int` has so many bytes.
fn at(ty: &str, first: u32, int: u32) -> (String, String) {
    let scope = scope();
    let t = type_of_text(&scope, ty).unwrap_or_else(|e| panic!("{ty}: {e:?}"));
    let text = Painter::new(first).value(&t).unwrap_or_else(|e| panic!("{ty}: {e}"));
    let value = Evaluator::new(&scope, int).value(&text, &t).unwrap_or_else(|e| panic!("{text}: {e:?}"));
    (text, show(&value))
}

#[track_caller]
fn writes(ty: &str, first: u32, want: &str) {
    assert_eq!(at(ty, first, 8).0, want, "{ty}");
}

#[test]
fn each_byte_tells_word_and_byte() {
    assert_eq!(pattern(1), 0x1011_1213_1415_1617);
    assert_eq!(pattern(9), 0x9091_9293_9495_9697);
    assert_eq!(pattern(16), 0x1819_1a1b_1c1d_1e1f);
    assert_eq!(pattern(31), 0x1716_1514_1312_1110);
}

#[test]
fn no_two_words_are_alike_however_narrow() {
    for bits in [8, 16, 32, 64] {
        let first: HashSet<u64> = (1..=LAST).map(|n| pattern(n) >> (64 - bits)).collect();
        let last: HashSet<u64> = (1..=LAST).map(|n| pattern(n) << (64 - bits)).collect();
        assert_eq!((first.len(), last.len()), (LAST as usize, LAST as usize), "{bits}");
    }
    // Nor is any word what another is when cut to 32 bits, or zero, or small.
    assert!((1..=LAST).all(|n| pattern(n) >> 60 != 0));
}

#[test]
fn texts_are_go_in_which_the_pattern_can_be_read() {
    writes("uint16", 2, "0x2021");
    writes("int64", 9, "0x9091929394959697 - 1<<64");
    writes("Code", 3, "0x30313233");
    writes("int", 1, "0x1011121314151617>>(64-bits.UintSize)");
    writes("float32", 4, "math.Float32frombits(0x40414243)");
    writes("Celsius", 4, "Celsius(math.Float64frombits(0x4041424344454647))");
    writes("string", 3, "\"3:ab\"");
    writes("[]byte", 4, "[]uint8{0x40, 4: 0x50, 5: 0x60}[:5]");
    writes("[]byte", 1, "[]uint8{0x10, 0x20, 2: 0x30}[:2]");
    writes("Pair", 1, "Pair{A: 0x10, B: math.Float64frombits(0x3031323334353637), C: \"4:abc\"}");
    writes("*uint16", 5, "&[]uint16{0x5051}[0]");
    writes("map[int8]string", 2, "map[int8]string{0x20: \"3:ab\"}");
    writes("<-chan bool", 7, "make(<-chan bool, 7)");
    writes("func(int) (bool, int16)", 2, "func(int) (bool, int16) { return true, 0x3031 }");
    writes("error", 4, "errors.New(\"4:abc\")");
    writes("struct{ A, B bool }", 1, "struct{ A bool; B bool }{A: true, B: false}");
    writes(
        "Tree",
        1,
        "Tree{Left: &Tree{Left: &Tree{Left: nil, Right: nil, N: 0x3031}, Right: &Tree{Left: nil, Right: nil, N: 0x4041}, N: 0x3031}, Right: &Tree{Left: &Tree{Left: nil, Right: nil, N: 0x4041}, Right: &Tree{Left: nil, Right: nil, N: 0x5051}, N: 0x4041}, N: 0x3031}",
    );
}

#[test]
fn words_of_an_int_follow_the_port() {
    assert_eq!(at("int", 9, 8).1, "-8029475498074204521 (-0x6f6e6d6c6b6a6969, bits 0x9091929394959697)");
    assert_eq!(at("int", 9, 4).1, "-1869507949 (-0x6f6e6d6d, bits 0x90919293)");
    assert_eq!(at("uintptr", 15, 4).1, "4042388211 (0xf0f1f2f3)");
}

#[test]
fn what_has_no_graffiti_is_refused_and_counted() {
    let scope = scope();
    let ty = |t: &str| type_of_text(&scope, t).unwrap();
    let mut p = Painter::new(1);
    assert!(p.value(&ty("struct{ A uint8; S Shape }")).unwrap_err().contains("what could be in a Shape"));
    assert_eq!(p.value(&ty("uint8")).unwrap(), "0x40");
    assert!(Painter::new(1).value(&ty("[121]uint8")).unwrap_err().contains("120 words"));
    assert!(Painter::new(120).value(&ty("string")).is_err());
    assert!(Painter::new(1).value(&ty("[1<<40]uint8")).is_err());
}

fn types() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "bool",
        "int",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "uintptr",
        "float32",
        "float64",
        "complex64",
        "complex128",
        "string",
        "unsafe.Pointer",
        "any",
        "error",
        "Pair",
        "Code",
        "Celsius",
        "Names",
        "*Tree",
        "struct{}",
    ])
    .prop_map(String::from);
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|t| format!("[]{t}")),
            (0u8..4, inner.clone()).prop_map(|(n, t)| format!("[{n}]{t}")),
            inner.clone().prop_map(|t| format!("*{t}")),
            inner.clone().prop_map(|t| format!("map[int16]{t}")),
            inner.clone().prop_map(|t| format!("chan {t}")),
            inner.clone().prop_map(|t| format!("func() {t}")),
            prop::collection::vec(inner, 1..4).prop_map(|l| {
                let fields: Vec<String> = l.iter().enumerate().map(|(i, t)| format!("F{i} {t}")).collect();
                format!("struct{{ {} }}", fields.join("; "))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn every_text_has_a_value_on_both_widths(ty in types(), first in 1u32..60) {
        let scope = scope();
        let t = type_of_text(&scope, &ty).unwrap();
        let mut p = Painter::new(first);
        let Ok(text) = p.value(&t) else { return Ok(()) };
        prop_assert_eq!(p.word, first + words(&t), "{}", text);
        for int in [4, 8] {
            let v = Evaluator::new(&scope, int).value(&text, &t);
            prop_assert!(v.is_ok(), "{}: {:?}", text, v);
        }
    }
}
