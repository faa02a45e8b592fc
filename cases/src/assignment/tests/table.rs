//! Signatures worked out by hand from `abi-internal.md`, "Function call argument
//! and result passing", for three register ABIs and for ABI0.
//!
//! `I0.I1/8` are registers and the spill offset, `@16` is a stack offset, and
//! `| 16+24` the bytes of the stack-assigned part and of the spill area. `=` is
//! what the port before has.
//!
//! Cross-checked: `go vet` of 1.27.3 accepts the stack offsets of each row under
//! ABI0 on all ports (the harness' test `abi0` repeats that); and each row ran
//! as a case with 1.27.3 on the four ports, where DWARF named no other register,
//! spill offset or stack offset (what it leaves out or claims too early is
//! known, see `docs/findings`).

use super::*;

/// Signature; amd64 (9 integer and 15 float registers), arm64 (16, 16), s390x
/// (8, 16), and 386, which has none.
const TABLE: &[(&str, &str, &str, &str, &str)] = &[
    // What takes one register.
    ("func()", "-> | 0+0", "=", "=", "-> | 0+0"),
    ("func(bool)", "I0/0 -> | 0+8", "=", "=", "@0 -> | 4+0"),
    ("func(int8, int16, int32, int64)", "I0/0 I1/2 I2/4 I3/8 -> | 0+16", "=", "=", "@0 @2 @4 @8 -> | 16+0"),
    ("func(int64, int8, int32, int16)", "I0/0 I1/8 I2/12 I3/16 -> | 0+24", "=", "=", "@0 @8 @12 @16 -> | 20+0"),
    ("func() int8", "-> I0 | 0+0", "=", "=", "-> @0 | 4+0"),
    (
        "func(*int, map[string]int, chan int, func())",
        "I0/0 I1/8 I2/16 I3/24 -> | 0+32",
        "=",
        "=",
        "@0 @4 @8 @12 -> | 16+0",
    ),
    ("func(uintptr, unsafe.Pointer)", "I0/0 I1/8 -> | 0+16", "=", "=", "@0 @4 -> | 8+0"),
    ("func(int16, int8, int16, int8)", "I0/0 I1/2 I2/4 I3/6 -> | 0+8", "=", "=", "@0 @2 @4 @6 -> | 8+0"),
    ("func(int32, int64, int32) int64", "I0/0 I1/8 I2/16 -> I0 | 0+24", "=", "=", "@0 @4 @12 -> @16 | 24+0"),
    (
        "func(rune, byte, uint16, uintptr) uint",
        "I0/0 I1/4 I2/6 I3/8 -> I0 | 0+16",
        "=",
        "=",
        "@0 @4 @6 @8 -> @12 | 16+0",
    ),
    ("func(a, b int32) (int32, bool)", "I0/0 I1/4 -> I0 I1 | 0+8", "=", "=", "@0 @4 -> @8 @12 | 16+0"),
    (
        "func(chan<- int, <-chan error) (v int, ok bool)",
        "I0/0 I1/8 -> I0 I1 | 0+16",
        "=",
        "=",
        "@0 @4 -> @8 @12 | 16+0",
    ),
    // What takes several.
    ("func(string) string", "I0.I1/0 -> I0.I1 | 0+16", "=", "=", "@0 -> @8 | 16+0"),
    ("func([]byte) ([]byte, error)", "I0.I1.I2/0 -> I0.I1.I2 I3.I4 | 0+24", "=", "=", "@0 -> @12 @24 | 32+0"),
    ("func(any, error) (any, error)", "I0.I1/0 I2.I3/16 -> I0.I1 I2.I3 | 0+32", "=", "=", "@0 @8 -> @16 @24 | 32+0"),
    ("func(int, ...string)", "I0/0 I1.I2.I3/8 -> | 0+32", "=", "=", "@0 @4 -> | 16+0"),
    ("func(int8, any, int8)", "I0/0 I1.I2/8 I3/24 -> | 0+32", "=", "=", "@0 @4 @12 -> | 16+0"),
    ("func(struct{F func(); E error}) *int", "I0.I1.I2/0 -> I0 | 0+24", "=", "=", "@0 -> @12 | 16+0"),
    (
        "func(error) (any, string, []int, float64, bool)",
        "I0.I1/0 -> I0.I1 I2.I3 I4.I5.I6 F0 I7 | 0+16",
        "=",
        "=",
        "@0 -> @8 @16 @24 @36 @44 | 48+0",
    ),
    // Floating point.
    ("func(float32, float64)", "F0/0 F1/8 -> | 0+16", "=", "=", "@0 @4 -> | 12+0"),
    ("func(float64, float32) float32", "F0/0 F1/8 -> F0 | 0+16", "=", "=", "@0 @8 -> @12 | 16+0"),
    ("func(complex64) complex128", "F0.F1/0 -> F0.F1 | 0+8", "=", "=", "@0 -> @8 | 24+0"),
    ("func(complex128, complex64)", "F0.F1/0 F2.F3/16 -> | 0+24", "=", "=", "@0 @16 -> | 24+0"),
    // Nothing at all takes no register, and aligns the stack.
    ("func(struct{})", "@0 -> | 0+0", "=", "=", "@0 -> | 0+0"),
    ("func(int8, struct{}, int8)", "I0/0 @0 I1/1 -> | 0+8", "=", "=", "@0 @1 @1 -> | 4+0"),
    ("func([0]int64, int8)", "@0 I0/0 -> | 0+8", "=", "=", "@0 @0 -> | 4+0"),
    ("func(int8, [0]int64) int8", "I0/0 @0 -> I0 | 0+8", "=", "=", "@0 @4 -> @4 | 8+0"),
    ("func(struct{}, int) struct{}", "@0 I0/0 -> @0 | 0+8", "=", "=", "@0 @0 -> @4 | 4+0"),
    ("func(int) ([0]int, bool)", "I0/0 -> @0 I0 | 0+8", "=", "=", "@0 -> @4 @4 | 8+0"),
    ("func([2]struct{}) int", "@0 -> I0 | 0+0", "=", "=", "@0 -> @0 | 4+0"),
    // Arrays: one element is as the element, more go to the stack.
    ("func([1]int) [1]int", "I0/0 -> I0 | 0+8", "=", "=", "@0 -> @4 | 8+0"),
    ("func([2]int) [2]int", "@0 -> @16 | 32+0", "=", "=", "@0 -> @8 | 16+0"),
    ("func([3]int) [3]int", "@0 -> @24 | 48+0", "=", "=", "@0 -> @12 | 24+0"),
    ("func(int, [2]int, int) int", "I0/0 @0 I1/8 -> I0 | 16+16", "=", "=", "@0 @4 @12 -> @16 | 20+0"),
    ("func([1][1]string)", "I0.I1/0 -> | 0+16", "=", "=", "@0 -> | 8+0"),
    ("func(int8, [3]int16) (int8, [3]int16)", "I0/0 @0 -> I0 @8 | 16+8", "=", "=", "@0 @2 -> @8 @10 | 16+0"),
    ("func(bool, [2]bool, bool) [2]bool", "I0/0 @0 I1/1 -> @8 | 16+8", "=", "=", "@0 @1 @3 -> @4 | 8+0"),
    (
        "func(int, [2]float64, float64, [1]complex64) [2]string",
        "I0/0 @0 F0/8 F1.F2/16 -> @16 | 48+24",
        "=",
        "=",
        "@0 @4 @20 @28 -> @36 | 52+0",
    ),
    // Structs: field by field.
    (
        "func(n int, p struct{A int8; B float64}) (any, []byte, error)",
        "I0/0 I1.F0/8 -> I0.I1 I2.I3.I4 I5.I6 | 0+24",
        "=",
        "=",
        "@0 @4 -> @16 @24 @36 | 44+0",
    ),
    ("func(struct{A int8; B int16; C int8})", "I0.I1.I2/0 -> | 0+8", "=", "=", "@0 -> | 8+0"),
    ("func(struct{A, B string}, int)", "I0.I1.I2.I3/0 I4/32 -> | 0+40", "=", "=", "@0 @16 -> | 20+0"),
    ("func(struct{A struct{B int8; C struct{D float32}}; E int64})", "I0.F0.I1/0 -> | 0+16", "=", "=", "@0 -> | 16+0"),
    (
        "func(struct{A int8; B int64; C int8}) (float32, uint16)",
        "I0.I1.I2/0 -> F0 I0 | 0+24",
        "=",
        "=",
        "@0 -> @16 @20 | 24+0",
    ),
    (
        "func(struct{A, B float32; C int32}) struct{A float64; B int}",
        "F0.F1.I0/0 -> F0.I0 | 0+16",
        "=",
        "=",
        "@0 -> @12 | 24+0",
    ),
    ("func(struct{A [1]int8; B [1]float32})", "I0.F0/0 -> | 0+8", "=", "=", "@0 -> | 8+0"),
    ("func(struct{A [1]struct{B [1]int32}})", "I0/0 -> | 0+8", "=", "=", "@0 -> | 4+0"),
    ("func(struct{A [2]int8; B int})", "@0 -> | 16+0", "=", "=", "@0 -> | 8+0"),
    ("func(struct{A [2]struct{}; B int8}, int8)", "@0 I0/0 -> | 8+8", "=", "=", "@0 @1 -> | 4+0"),
    ("func(struct{A [0]int64; B int8})", "I0/0 -> | 0+8", "=", "=", "@0 -> | 4+0"),
    ("func(struct{A int; B struct{}})", "I0/0 -> | 0+16", "=", "=", "@0 -> | 8+0"),
    ("func(struct{A struct{}; B int})", "I0/0 -> | 0+8", "=", "=", "@0 -> | 4+0"),
    // The integer registers run out.
    (
        "func(a, b, c, d, e, f, g, h, i int)",
        "I0/0 I1/8 I2/16 I3/24 I4/32 I5/40 I6/48 I7/56 I8/64 -> | 0+72",
        "=",
        "I0/0 I1/8 I2/16 I3/24 I4/32 I5/40 I6/48 I7/56 @0 -> | 8+64",
        "@0 @4 @8 @12 @16 @20 @24 @28 @32 -> | 36+0",
    ),
    (
        "func(a, b, c, d, e, f, g, h, i, j int)",
        "I0/0 I1/8 I2/16 I3/24 I4/32 I5/40 I6/48 I7/56 I8/64 @0 -> | 8+72",
        "I0/0 I1/8 I2/16 I3/24 I4/32 I5/40 I6/48 I7/56 I8/64 I9/72 -> | 0+80",
        "I0/0 I1/8 I2/16 I3/24 I4/32 I5/40 I6/48 I7/56 @0 @8 -> | 16+64",
        "@0 @4 @8 @12 @16 @20 @24 @28 @32 @36 -> | 40+0",
    ),
    (
        "func(a, b, c, d, e, f, g, h int, s string, i int)",
        "I0/0 I1/8 I2/16 I3/24 I4/32 I5/40 I6/48 I7/56 @0 I8/64 -> | 16+72",
        "I0/0 I1/8 I2/16 I3/24 I4/32 I5/40 I6/48 I7/56 I8.I9/64 I10/80 -> | 0+88",
        "I0/0 I1/8 I2/16 I3/24 I4/32 I5/40 I6/48 I7/56 @0 @16 -> | 24+64",
        "@0 @4 @8 @12 @16 @20 @24 @28 @32 @40 -> | 44+0",
    ),
    (
        "func(a, b, c, d, e, f, g int, x any, y int)",
        "I0/0 I1/8 I2/16 I3/24 I4/32 I5/40 I6/48 I7.I8/56 @0 -> | 8+72",
        "I0/0 I1/8 I2/16 I3/24 I4/32 I5/40 I6/48 I7.I8/56 I9/72 -> | 0+80",
        "I0/0 I1/8 I2/16 I3/24 I4/32 I5/40 I6/48 @0 I7/56 -> | 16+64",
        "@0 @4 @8 @12 @16 @20 @24 @28 @36 -> | 40+0",
    ),
    (
        "func(a, b, c, d, e, f, g int, x struct{A, B int8; C float64}, y int8)",
        "I0/0 I1/8 I2/16 I3/24 I4/32 I5/40 I6/48 I7.I8.F0/56 @0 -> | 8+72",
        "I0/0 I1/8 I2/16 I3/24 I4/32 I5/40 I6/48 I7.I8.F0/56 I9/72 -> | 0+80",
        "I0/0 I1/8 I2/16 I3/24 I4/32 I5/40 I6/48 @0 I7/56 -> | 16+64",
        "@0 @4 @8 @12 @16 @20 @24 @28 @40 -> | 44+0",
    ),
    (
        "func(a, b, c []byte) (int, error)",
        "I0.I1.I2/0 I3.I4.I5/24 I6.I7.I8/48 -> I0 I1.I2 | 0+72",
        "=",
        "I0.I1.I2/0 I3.I4.I5/24 @0 -> I0 I1.I2 | 24+48",
        "@0 @12 @24 -> @36 @40 | 48+0",
    ),
    (
        "func(a, b, c []byte, n int8, f float32)",
        "I0.I1.I2/0 I3.I4.I5/24 I6.I7.I8/48 @0 F0/72 -> | 8+80",
        "I0.I1.I2/0 I3.I4.I5/24 I6.I7.I8/48 I9/72 F0/76 -> | 0+80",
        "I0.I1.I2/0 I3.I4.I5/24 @0 I6/48 F0/52 -> | 24+56",
        "@0 @12 @24 @36 @40 -> | 44+0",
    ),
    (
        "func(struct{A, B, C, D, E, F, G, H, I int}) (int, error)",
        "I0.I1.I2.I3.I4.I5.I6.I7.I8/0 -> I0 I1.I2 | 0+72",
        "=",
        "@0 -> I0 I1.I2 | 72+0",
        "@0 -> @36 @40 | 48+0",
    ),
    (
        "func(struct{A, B, C, D, E, F, G, H, I, J int}) int",
        "@0 -> I0 | 80+0",
        "I0.I1.I2.I3.I4.I5.I6.I7.I8.I9/0 -> I0 | 0+80",
        "@0 -> I0 | 80+0",
        "@0 -> @40 | 44+0",
    ),
    // The floating-point registers run out.
    (
        "func(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p float64)",
        "F0/0 F1/8 F2/16 F3/24 F4/32 F5/40 F6/48 F7/56 F8/64 F9/72 F10/80 F11/88 F12/96 F13/104 F14/112 @0 -> | 8+120",
        "F0/0 F1/8 F2/16 F3/24 F4/32 F5/40 F6/48 F7/56 F8/64 F9/72 F10/80 F11/88 F12/96 F13/104 F14/112 F15/120 -> | 0+128",
        "=",
        "@0 @8 @16 @24 @32 @40 @48 @56 @64 @72 @80 @88 @96 @104 @112 @120 -> | 128+0",
    ),
    (
        "func(a, b, c, d, e, f, g, h complex128)",
        "F0.F1/0 F2.F3/16 F4.F5/32 F6.F7/48 F8.F9/64 F10.F11/80 F12.F13/96 @0 -> | 16+112",
        "F0.F1/0 F2.F3/16 F4.F5/32 F6.F7/48 F8.F9/64 F10.F11/80 F12.F13/96 F14.F15/112 -> | 0+128",
        "=",
        "@0 @16 @32 @48 @64 @80 @96 @112 -> | 128+0",
    ),
    (
        "func(a, b, c, d, e, f, g, h complex128, i float32)",
        "F0.F1/0 F2.F3/16 F4.F5/32 F6.F7/48 F8.F9/64 F10.F11/80 F12.F13/96 @0 F14/112 -> | 16+120",
        "F0.F1/0 F2.F3/16 F4.F5/32 F6.F7/48 F8.F9/64 F10.F11/80 F12.F13/96 F14.F15/112 @0 -> | 8+128",
        "=",
        "@0 @16 @32 @48 @64 @80 @96 @112 @128 -> | 132+0",
    ),
    // Results start anew, and run out as well.
    (
        "func() (a, b, c, d, e, f, g, h, i, j int)",
        "-> I0 I1 I2 I3 I4 I5 I6 I7 I8 @0 | 8+0",
        "-> I0 I1 I2 I3 I4 I5 I6 I7 I8 I9 | 0+0",
        "-> I0 I1 I2 I3 I4 I5 I6 I7 @0 @8 | 16+0",
        "-> @0 @4 @8 @12 @16 @20 @24 @28 @32 @36 | 40+0",
    ),
    (
        "func() (any, string, []int, string)",
        "-> I0.I1 I2.I3 I4.I5.I6 I7.I8 | 0+0",
        "=",
        "-> I0.I1 I2.I3 I4.I5.I6 @0 | 16+0",
        "-> @0 @8 @16 @28 | 36+0",
    ),
    (
        "func() (any, string, []int, string, int)",
        "-> I0.I1 I2.I3 I4.I5.I6 I7.I8 @0 | 8+0",
        "-> I0.I1 I2.I3 I4.I5.I6 I7.I8 I9 | 0+0",
        "-> I0.I1 I2.I3 I4.I5.I6 @0 I7 | 16+0",
        "-> @0 @8 @16 @28 @36 | 40+0",
    ),
];

fn render(a: &Assignment) -> String {
    let slot = |s: &Slot| match &s.place {
        SlotPlace::Registers { pieces, spill } => {
            let letter = |p: &Piece| match p.class {
                RegClass::Integer => format!("I{}", p.index),
                RegClass::Float => format!("F{}", p.index),
            };
            let names: Vec<String> = pieces.iter().map(letter).collect();
            format!("{}{}", names.join("."), spill.map(|s| format!("/{s}")).unwrap_or_default())
        }
        SlotPlace::Stack { offset } => format!("@{offset}"),
    };
    let mut words: Vec<String> = a.inputs.iter().map(slot).collect();
    words.push("->".into());
    words.extend(a.results.iter().map(slot));
    words.push(format!("| {}+{}", a.spill_area_offset, a.spill_area_size));
    words.join(" ")
}

#[test]
fn as_worked_out_by_hand() {
    assert!(TABLE.len() >= 60);
    let scope = Scope::empty().unwrap();
    for (sig, amd64, arm64, s390x, i386) in TABLE {
        let parsed = resolve::signature(&scope, sig).unwrap_or_else(|e| panic!("{sig}: {e:?}"));
        let mut before = "";
        for (goarch, want) in [("amd64", amd64), ("arm64", arm64), ("s390x", s390x), ("386", i386)] {
            let want = if *want == "=" { before } else { want };
            let got = assign(&parsed, arch(goarch), V, Build::Opt).unwrap();
            assert_eq!(render(&got), want, "{goarch} {sig}");
            before = want;
        }
    }
}
