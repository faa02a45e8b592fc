//! amd64: 9 integer and 15 float registers, no fixed frame.

use super::expect;

fn amd64(sig: &str, want: &str) {
    expect("amd64", sig, want);
}

#[test]
fn basic() {
    amd64(
        "func(x int32) int32",
        "IN 0: R{ I0 } spilloffset: 0\nOUT 0: R{ I0 } spilloffset: -1\noffsetToSpillArea: 0 spillAreaSize: 8",
    );
    amd64("func()", "offsetToSpillArea: 0 spillAreaSize: 0");
    amd64(
        "func(a, b int32) (int32, bool)",
        "IN 0: R{ I0 } spilloffset: 0\nIN 1: R{ I1 } spilloffset: 4
         OUT 0: R{ I0 } spilloffset: -1\nOUT 1: R{ I1 } spilloffset: -1
         offsetToSpillArea: 0 spillAreaSize: 8",
    );
}

#[test]
fn registers_run_out() {
    amd64(
        "func(int8, int16, int32, int64, float32, float32, float64, float64, int8, int16, int32, int64,
              float32, float32, float64, float64, complex128, complex128, complex128, complex128, complex64,
              int8, int16, int32, int64, int8, int16, int32, int64) (int32, float64, float64)",
        "IN 0: R{ I0 } spilloffset: 0\nIN 1: R{ I1 } spilloffset: 2\nIN 2: R{ I2 } spilloffset: 4
         IN 3: R{ I3 } spilloffset: 8\nIN 4: R{ F0 } spilloffset: 16\nIN 5: R{ F1 } spilloffset: 20
         IN 6: R{ F2 } spilloffset: 24\nIN 7: R{ F3 } spilloffset: 32\nIN 8: R{ I4 } spilloffset: 40
         IN 9: R{ I5 } spilloffset: 42\nIN 10: R{ I6 } spilloffset: 44\nIN 11: R{ I7 } spilloffset: 48
         IN 12: R{ F4 } spilloffset: 56\nIN 13: R{ F5 } spilloffset: 60\nIN 14: R{ F6 } spilloffset: 64
         IN 15: R{ F7 } spilloffset: 72\nIN 16: R{ F8 F9 } spilloffset: 80\nIN 17: R{ F10 F11 } spilloffset: 96
         IN 18: R{ F12 F13 } spilloffset: 112\nIN 19: R{ } offset: 0\nIN 20: R{ } offset: 16
         IN 21: R{ I8 } spilloffset: 128\nIN 22: R{ } offset: 24\nIN 23: R{ } offset: 28\nIN 24: R{ } offset: 32
         IN 25: R{ } offset: 40\nIN 26: R{ } offset: 42\nIN 27: R{ } offset: 44\nIN 28: R{ } offset: 48
         OUT 0: R{ I0 } spilloffset: -1\nOUT 1: R{ F0 } spilloffset: -1\nOUT 2: R{ F1 } spilloffset: -1
         offsetToSpillArea: 56 spillAreaSize: 136",
    );
}

#[test]
fn arrays() {
    amd64(
        "func([1]int32, [0]int32, [1][1]int32, [2]int32) ([2]int32, [1]int32, [0]int32, [1][1]int32)",
        "IN 0: R{ I0 } spilloffset: 0\nIN 1: R{ } offset: 0\nIN 2: R{ I1 } spilloffset: 4\nIN 3: R{ } offset: 0
         OUT 0: R{ } offset: 8\nOUT 1: R{ I0 } spilloffset: -1\nOUT 2: R{ } offset: 16\nOUT 3: R{ I1 } spilloffset: -1
         offsetToSpillArea: 16 spillAreaSize: 8",
    );
    // Two elements of no bytes are refused, too.
    amd64(
        "func(struct { A [2]struct{}; B int8 }, int8)",
        "IN 0: R{ } offset: 0\nIN 1: R{ I0 } spilloffset: 0\noffsetToSpillArea: 8 spillAreaSize: 8",
    );
}

#[test]
fn structs() {
    let s = "struct { F1 int8; F2 int8; F3 struct{}; F4 int8; F5 int16 }";
    amd64(
        &format!("func(int8, {s}, int64) ({s}, int8, int32)"),
        "IN 0: R{ I0 } spilloffset: 0\nIN 1: R{ I1 I2 I3 I4 } spilloffset: 2\nIN 2: R{ I5 } spilloffset: 8
         OUT 0: R{ I0 I1 I2 I3 } spilloffset: -1\nOUT 1: R{ I4 } spilloffset: -1\nOUT 2: R{ I5 } spilloffset: -1
         offsetToSpillArea: 0 spillAreaSize: 16",
    );
    let s = "struct { F1 int64; F2 struct{} }";
    let fs = format!("struct {{ F1 float64; F2 {s}; F3 struct{{}} }}");
    amd64(
        &format!("func({s}, {s}, {fs}) ({fs}, {fs})"),
        "IN 0: R{ I0 } spilloffset: 0\nIN 1: R{ I1 } spilloffset: 16\nIN 2: R{ F0 I2 } spilloffset: 32
         OUT 0: R{ F0 I0 } spilloffset: -1\nOUT 1: R{ F1 I1 } spilloffset: -1
         offsetToSpillArea: 0 spillAreaSize: 64",
    );
}

#[test]
fn empty_fields_at_the_end() {
    let s = "struct { F1 [2]int64; F2 struct{} }";
    let s2 = "struct { F1 [3]int16; F2 struct{} }";
    let fs = format!("struct {{ F1 float64; F2 {s}; F3 struct{{}} }}");
    amd64(
        &format!("func({s}, [2]bool, {s2}, {fs}, {fs}) ({fs}, [2]bool, {fs})"),
        "IN 0: R{ } offset: 0\nIN 1: R{ } offset: 24\nIN 2: R{ } offset: 26\nIN 3: R{ } offset: 40\nIN 4: R{ } offset: 80
         OUT 0: R{ } offset: 120\nOUT 1: R{ } offset: 160\nOUT 2: R{ } offset: 168
         offsetToSpillArea: 208 spillAreaSize: 0",
    );
    let s = "struct { A int8; B int16; C struct{}; D int32; E int64 }";
    amd64(
        &format!("func(int32, {s}, struct{{}}, [1]int32)"),
        "IN 0: R{ I0 } spilloffset: 0\nIN 1: R{ I1 I2 I3 I4 } spilloffset: 8\nIN 2: R{ } offset: 0
         IN 3: R{ I5 } spilloffset: 24\noffsetToSpillArea: 0 spillAreaSize: 32",
    );
}

#[test]
fn slices_and_strings() {
    amd64(
        "func([]int32, int8, []int32, int8, string, int8, int64, []int32) (string, int64, string, []int32)",
        "IN 0: R{ I0 I1 I2 } spilloffset: 0\nIN 1: R{ I3 } spilloffset: 24\nIN 2: R{ I4 I5 I6 } spilloffset: 32
         IN 3: R{ I7 } spilloffset: 56\nIN 4: R{ } offset: 0\nIN 5: R{ I8 } spilloffset: 57\nIN 6: R{ } offset: 16
         IN 7: R{ } offset: 24
         OUT 0: R{ I0 I1 } spilloffset: -1\nOUT 1: R{ I2 } spilloffset: -1\nOUT 2: R{ I3 I4 } spilloffset: -1
         OUT 3: R{ I5 I6 I7 } spilloffset: -1\noffsetToSpillArea: 48 spillAreaSize: 64",
    );
}

#[test]
fn interfaces() {
    let i = "interface { F() string }";
    amd64(
        &format!("func(struct {{ A int16; B int16; C bool }}, any, any, {i}, *any, {i}, int16) (any, {i}, *any)"),
        "IN 0: R{ I0 I1 I2 } spilloffset: 0\nIN 1: R{ I3 I4 } spilloffset: 8\nIN 2: R{ I5 I6 } spilloffset: 24
         IN 3: R{ I7 I8 } spilloffset: 40\nIN 4: R{ } offset: 0\nIN 5: R{ } offset: 8\nIN 6: R{ } offset: 24
         OUT 0: R{ I0 I1 } spilloffset: -1\nOUT 1: R{ I2 I3 } spilloffset: -1\nOUT 2: R{ I4 } spilloffset: -1
         offsetToSpillArea: 32 spillAreaSize: 56",
    );
    // The triple that Go APIs return most, and one word too many for it.
    amd64(
        "func() (any, []byte, error)",
        "OUT 0: R{ I0 I1 } spilloffset: -1\nOUT 1: R{ I2 I3 I4 } spilloffset: -1\nOUT 2: R{ I5 I6 } spilloffset: -1
         offsetToSpillArea: 0 spillAreaSize: 0",
    );
    amd64(
        "func() (any, []byte, []byte, error, int)",
        "OUT 0: R{ I0 I1 } spilloffset: -1\nOUT 1: R{ I2 I3 I4 } spilloffset: -1\nOUT 2: R{ I5 I6 I7 } spilloffset: -1
         OUT 3: R{ } offset: 0\nOUT 4: R{ I8 } spilloffset: -1\noffsetToSpillArea: 16 spillAreaSize: 0",
    );
}

#[test]
fn the_specifications_example() {
    amd64(
        "func(a1 uint8, a2 [2]uintptr, a3 uint8) (r1 struct { x uintptr; y [2]uintptr }, r2 string)",
        "IN 0: R{ I0 } spilloffset: 0\nIN 1: R{ } offset: 0\nIN 2: R{ I1 } spilloffset: 1
         OUT 0: R{ } offset: 16\nOUT 1: R{ I0 I1 } spilloffset: -1\noffsetToSpillArea: 40 spillAreaSize: 8",
    );
}

#[test]
fn pointer_shaped_types_take_a_register_each() {
    amd64(
        "func(map[string]int, chan int, func(), *int, uintptr)",
        "IN 0: R{ I0 } spilloffset: 0\nIN 1: R{ I1 } spilloffset: 8\nIN 2: R{ I2 } spilloffset: 16
         IN 3: R{ I3 } spilloffset: 24\nIN 4: R{ I4 } spilloffset: 32\noffsetToSpillArea: 0 spillAreaSize: 40",
    );
}

#[test]
fn mixed_classes_fall_back_as_a_whole() {
    // Ten integers do not fit; the float beside them goes to the stack as well.
    amd64(
        "func(struct { F float64; A, B, C, D, E, G, H, I, J, K int }, float64, int)",
        "IN 0: R{ } offset: 0\nIN 1: R{ F0 } spilloffset: 0\nIN 2: R{ I0 } spilloffset: 8
         offsetToSpillArea: 88 spillAreaSize: 16",
    );
}
