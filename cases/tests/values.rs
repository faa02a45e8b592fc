//! The value language: what expressions are worth, and which are refused.

use goabi_cases::eval::Evaluator;
use goabi_cases::resolve::type_of_text;
use goabi_cases::scope::Scope;
use goabi_cases::value::{Place, Value, identify, show};

const DECLS: &str = "type Pair struct { A int8; B float64; C string }\n\
    type Box[T any] struct { V T; Next *Box[T] }\n\
    type Code int16\nconst Limit = 1 << 40\nconst (\nFirst Code = iota + 1\nSecond\n)\n\
    type Fault struct { N int }\nfunc (f *Fault) Error() string { return \"fault\" }\n\
    var ErrGone = errors.New(\"gone\")\n";

fn eval(ty: &str, text: &str, word: u32) -> Result<Value, String> {
    let scope = Scope::read("p", DECLS).unwrap();
    let ty = type_of_text(&scope, ty).unwrap_or_else(|e| panic!("{ty}: {e:?}"));
    let v = Evaluator::new(&scope, word).value(text, &ty);
    v.map(|mut v| {
        identify([&mut v]);
        v
    })
    .map_err(|e| e.message)
}

#[track_caller]
fn shows(ty: &str, text: &str, want: &str) {
    match eval(ty, text, 8) {
        Ok(v) => assert_eq!(show(&v), want, "{text}"),
        Err(e) => panic!("{text}: {e}"),
    }
}

#[track_caller]
fn refused(ty: &str, text: &str, why: &str) {
    match eval(ty, text, 8) {
        Ok(v) => panic!("{text} gave {}", show(&v)),
        Err(e) => assert!(e.contains(why), "{text}: {e}"),
    }
}

#[test]
fn constants() {
    shows("uint64", "1<<64 - 1", "18446744073709551615 (0xffffffffffffffff)");
    shows("int64", "-1 << 63", "-9223372036854775808 (-0x8000000000000000, bits 0x8000000000000000)");
    shows("int", "7 / 2 * 2 + 'a'", "103 (0x67)");
    shows("uint32", "^uint32(0)", "4294967295 (0xffffffff)");
    shows("Code", "Second", "2");
    shows("float32", "0x1p-149", "1e-45 (bits 0x00000001)".replace("1e-45", "1.401298464324817e-45").as_str());
    shows("float64", "0.1 + 0.2", "0.3 (bits 0x3fd3333333333333)");
    shows("complex64", "1 + 2i", "complex(1.0 (bits 0x3f800000), 2.0 (bits 0x40000000))");
    shows("string", "\"a\" + `b`", "\"ab\"");
    shows("float64", "-0.0", "0.0 (bits 0x0000000000000000)");
    shows("float64", "math.Copysign(0, -1)", "-0.0 (bits 0x8000000000000000)");
    shows("float64", "math.NaN()", "NaN (bits 0x7ff8000000000001)");
    shows("any", "'x'", "int32(120 (0x78))");
    shows("any", "2.0", "float64(2.0 (bits 0x4000000000000000))");
}

#[test]
fn literals() {
    shows("Pair", "Pair{A: -1, C: \"x\"}", "{-1, 0.0 (bits 0x0000000000000000), \"x\"}");
    shows(
        "[]Pair",
        "[]Pair{{1, 2, \"a\"}, {}}",
        "[{1, 2.0 (bits 0x4000000000000000), \"a\"}, {0, 0.0 (bits 0x0000000000000000), \"\"}]",
    );
    shows("[]int", "[]int{3: 1, 2}", "[0, 0, 0, 1, 2]");
    shows("[3]bool", "[...]bool{true, 2: true}", "[3]{true, false, true}");
    shows("map[string]int", "map[string]int{\"b\": 2, \"a\": 1}", "map[\"a\": 1, \"b\": 2]");
    shows("*Box[int8]", "&Box[int8]{V: 1, Next: &Box[int8]{V: 2}}", "&{1, &{2, nil}}");
    shows("any", "Box[Pair]{}", "p.Box[p.Pair]({{0, 0.0 (bits 0x0000000000000000), \"\"}, nil})");
    shows("[]int", "make([]int, 1, 4)", "[0] cap 4");
    shows("[]int", "[]int{1, 2, 3}[1:2:3]", "[2] cap 2");
    shows("func() (int, error)", "func() (int, error) { return 7, nil }", "func returning (7, nil)");
    shows("chan int", "make(chan int, 3)", "chan with 0 of 3");
}

#[test]
fn errors_and_interfaces() {
    shows("error", "errors.New(\"boom\")", "*errors.errorString(&{\"boom\"})");
    shows(
        "error",
        "fmt.Errorf(\"at %d: %w\", 7, errors.New(\"x\"))",
        "*fmt.wrapError(&{\"at 7: x\", *errors.errorString(&{\"x\"})})",
    );
    shows("error", "&Fault{N: 3}", "*p.Fault(&{3})");
    shows("error", "(*Fault)(nil)", "*p.Fault(nil)");
    shows("any", "error(nil)", "nil");
    refused("error", "Fault{N: 3}", "method Error is missing");
    refused("error", "fmt.Errorf(\"%w\", &Fault{})", "only by running Go");
}

#[test]
fn mistakes_are_refused() {
    refused("int8", "300", "constant 300 overflows int8");
    refused("uint8", "-1", "overflows uint8");
    refused("float32", "1e39", "overflows float32");
    refused("int", "2.5", "is no int");
    refused("string", "7", "is no string");
    refused("int", "nil", "nil is no int");
    refused("Pair", "Pair{D: 1}", "has no field `D`");
    refused("Pair", "Pair{1, 2}", "has 3 fields, 2 values");
    refused("[2]int", "[2]int{1, 2, 3}", "out of range");
    refused("int", "1 +", "not Go");
    refused("int", "len(\"x\")", "`len` would have to be run");
    refused("int32", "int64(1)", "int64 where int32 is wanted");
    refused("int", "1 << 99999999", "too large");
    refused("[]int", "append([]int{}, 1)", "does not know `append`");
    refused("map[int]int", "map[int]int{1: 1, 1: 2}", "stands twice");
}

#[test]
fn an_int_is_as_wide_as_the_port() {
    assert!(eval("int", "1 << 40", 8).is_ok());
    assert!(eval("int", "1 << 40", 4).unwrap_err().contains("overflows int"));
    assert!(eval("int", "Limit", 4).is_err());
    assert_eq!(show(&eval("uint", "math.MaxUint", 4).unwrap()), "4294967295 (0xffffffff)");
}

#[test]
fn what_shares_memory_is_seen_to() {
    let scope = Scope::read("p", DECLS).unwrap();
    let mut e = Evaluator::new(&scope, 8);
    e.bind("s", "make([]int64, 3, 8)").unwrap();
    let ty = type_of_text(&scope, "[]int64").unwrap();
    let mut list: Vec<Value> =
        ["s", "s[1:2]", "make([]int64, 3, 8)"].iter().map(|t| e.value(t, &ty).unwrap()).collect();
    identify(&mut list);
    let places: Vec<Place> =
        list.iter().map(|v| if let Value::Slice(Some(s)) = v { s.place } else { panic!() }).collect();
    let [Place::Seen(a, 0), Place::Seen(b, 8), Place::Seen(c, 0)] = places[..] else { panic!("{places:?}") };
    assert!(a == b && a != c, "{places:?}");
    let error = type_of_text(&scope, "error").unwrap();
    let mut gone = [e.value("ErrGone", &error).unwrap(), e.value("ErrGone", &error).unwrap()];
    identify(&mut gone);
    assert_eq!(show(&gone[0]), "*errors.errorString(&{\"gone\"})");
    assert_eq!(show(&gone[1]), "*errors.errorString(pointer to memory #1)");
}

#[test]
fn addresses_of_elements_and_the_width_of_an_int() {
    shows("*uint16", "&[]uint16{7, 0x1112}[1]", "&4370 (0x1112)");
    shows("uint64", "1 << bits.UintSize >> 1", "9223372036854775808 (0x8000000000000000)");
    assert_eq!(show(&eval("int", "bits.UintSize", 4).unwrap()), "32 (0x20)");
    refused("*uint16", "&[]uint16{7}[1]", "out of range");
    refused("*uint16", "&[1]uint16{7}[0]", "slice literal");
    refused("*uint16", "&x[0]", "slice literal");
}
