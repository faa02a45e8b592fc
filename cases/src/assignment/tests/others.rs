//! Other ports: more or fewer registers, a fixed frame, ABI0.

use super::{V, arch, expect};
use crate::assignment::{Abi, assign};
use crate::cell::Build;
use crate::resolve;
use crate::scope::Scope;

#[test]
fn arm64_has_more_registers_and_a_fixed_frame() {
    expect(
        "arm64",
        "func([]int, []int, []int, []int, string, [2]int8) ([2]int, any)",
        "IN 0: R{ I0 I1 I2 } spilloffset: 0\nIN 1: R{ I3 I4 I5 } spilloffset: 24\nIN 2: R{ I6 I7 I8 } spilloffset: 48
         IN 3: R{ I9 I10 I11 } spilloffset: 72\nIN 4: R{ I12 I13 } spilloffset: 96\nIN 5: R{ } offset: 8
         OUT 0: R{ } offset: 16\nOUT 1: R{ I0 I1 } spilloffset: -1\noffsetToSpillArea: 32 spillAreaSize: 112",
    );
    expect(
        "arm64",
        "func(complex64, float32) complex128",
        "IN 0: R{ F0 F1 } spilloffset: 0\nIN 1: R{ F2 } spilloffset: 8\nOUT 0: R{ F0 F1 } spilloffset: -1
         offsetToSpillArea: 8 spillAreaSize: 16",
    );
}

#[test]
fn s390x_has_eight_integer_registers() {
    let sig = "func([]int, []int, []int, int8) (string, float64)";
    expect(
        "s390x",
        sig,
        "IN 0: R{ I0 I1 I2 } spilloffset: 0\nIN 1: R{ I3 I4 I5 } spilloffset: 24\nIN 2: R{ } offset: 8
         IN 3: R{ I6 } spilloffset: 48\nOUT 0: R{ I0 I1 } spilloffset: -1\nOUT 1: R{ F0 } spilloffset: -1
         offsetToSpillArea: 32 spillAreaSize: 56",
    );
    // Before 1.26 it had none.
    let parsed = resolve::signature(&Scope::empty().unwrap(), sig).unwrap();
    let old = assign(&parsed, arch("s390x"), "1.25.5".parse().unwrap(), Build::Opt).unwrap();
    assert_eq!((old.abi, old.argument_area_size()), (Abi::Abi0, 104));
    let off = assign(&parsed, arch("s390x"), "1.26.6".parse().unwrap(), Build::Noregabi).unwrap();
    assert_eq!(off, old);
    assert_eq!(assign(&parsed, arch("s390x"), V, Build::Noregabi).unwrap().abi, Abi::AbiInternal);
    assert_eq!(assign(&parsed, arch("s390x"), V, Build::Opt).unwrap().abi, Abi::AbiInternal);
}

#[test]
fn ppc64_has_twelve_and_four_reserved_words() {
    expect(
        "ppc64le",
        "func(string, string, string, string, string, string, string)",
        "IN 0: R{ I0 I1 } spilloffset: 0\nIN 1: R{ I2 I3 } spilloffset: 16\nIN 2: R{ I4 I5 } spilloffset: 32
         IN 3: R{ I6 I7 } spilloffset: 48\nIN 4: R{ I8 I9 } spilloffset: 64\nIN 5: R{ I10 I11 } spilloffset: 80
         IN 6: R{ } offset: 32\noffsetToSpillArea: 48 spillAreaSize: 96",
    );
}

#[test]
fn the_stack_alone_on_32_bit() {
    expect(
        "386",
        "func(a int8, b int64, c string) (bool, error)",
        "IN 0: R{ } offset: 0\nIN 1: R{ } offset: 4\nIN 2: R{ } offset: 12
         OUT 0: R{ } offset: 20\nOUT 1: R{ } offset: 24\noffsetToSpillArea: 32 spillAreaSize: 0",
    );
    expect(
        "arm",
        "func(int8, int16, complex128, [0]int64) (int8, struct{})",
        "IN 0: R{ } offset: 4\nIN 1: R{ } offset: 6\nIN 2: R{ } offset: 8\nIN 3: R{ } offset: 24
         OUT 0: R{ } offset: 24\nOUT 1: R{ } offset: 25\noffsetToSpillArea: 28 spillAreaSize: 0",
    );
    expect(
        "386",
        "func(struct { A int8; B int64; C int8 }) (float32, uint16)",
        "IN 0: R{ } offset: 0\nOUT 0: R{ } offset: 16\nOUT 1: R{ } offset: 20\noffsetToSpillArea: 24 spillAreaSize: 0",
    );
}

#[test]
fn the_stack_alone_on_64_bit() {
    expect(
        "mips64le",
        "func(int8, float64, []byte) (bool, any)",
        "IN 0: R{ } offset: 8\nIN 1: R{ } offset: 16\nIN 2: R{ } offset: 24
         OUT 0: R{ } offset: 48\nOUT 1: R{ } offset: 56\noffsetToSpillArea: 72 spillAreaSize: 0",
    );
}
