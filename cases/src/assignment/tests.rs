//! The compiler's own expectations (cmd/compile/internal/test/abiutils_test.go)
//! re-stated, more worked out from the specification, and properties that hold
//! for every signature.

use super::*;
use crate::layout::RegisterNeed;
use crate::resolve;
use crate::scope::Scope;
use crate::types::{Field, StructType};
use proptest::prelude::*;
use std::sync::Arc;

const V: GoVersion = GoVersion::new(1, 27, 3);

fn arch(goarch: &str) -> &'static Arch {
    Arch::get(goarch).unwrap()
}

/// Assigns a signature in Go syntax, and prints it without the types.
fn dump(goarch: &str, sig: &str) -> String {
    let sig = resolve::signature(&Scope::empty().unwrap(), sig).unwrap_or_else(|e| panic!("{sig}: {e:?}"));
    let text = assign(&sig, arch(goarch), V, Build::Opt).unwrap().to_string();
    text.lines().map(|l| l.split(" typ: ").next().unwrap_or(l)).collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn expect(goarch: &str, sig: &str, want: &str) {
    let want: Vec<&str> = want.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    assert_eq!(dump(goarch, sig), want.join("\n"), "{goarch} {sig}");
}

mod amd64;
mod others;
mod specification;
mod table;

#[test]
fn prints_types_as_the_compiler_does() {
    let sig = resolve::signature(&Scope::empty().unwrap(), "func([]byte, any) (*[0]int32, error)").unwrap();
    assert_eq!(
        assign(&sig, arch("amd64"), V, Build::Opt).unwrap().to_string(),
        "IN 0: R{ I0 I1 I2 } spilloffset: 0 typ: []uint8
IN 1: R{ I3 I4 } spilloffset: 24 typ: interface {}
OUT 0: R{ I0 } spilloffset: -1 typ: *[0]int32
OUT 1: R{ I1 I2 } spilloffset: -1 typ: error
offsetToSpillArea: 0 spillAreaSize: 40"
    );
}

#[test]
fn receivers_come_first() {
    let mut sig = resolve::signature(&Scope::empty().unwrap(), "func(p1 float64, p2 int16) [7]*int").unwrap();
    sig.receiver = Some(Param { name: Some("r".into()), ty: GoType::Basic(Basic::String) });
    let a = assign(&sig, arch("amd64"), V, Build::Opt).unwrap();
    assert_eq!(a.receiver().unwrap().pieces().len(), 2);
    assert_eq!(a.params()[1].pieces()[0].index, 2);
    assert_eq!(a.home(&a.params()[0]), Some(56 + 16));
    assert_eq!(a.argument_area_size(), 56 + 32);
}

#[test]
fn halves_of_a_wide_integer_come_least_significant_first() {
    // No 32-bit port has argument registers; the specification says it anyway.
    for (goarch, offsets) in [("386", [0, 4]), ("mips", [4, 0])] {
        let mut a = arch(goarch).clone();
        a.integer_registers = arch("amd64").integer_registers.clone();
        let sig = resolve::signature(&Scope::empty().unwrap(), "func(int64)").unwrap();
        let got = assign_abi(&sig, &a, Abi::AbiInternal).unwrap();
        assert_eq!(got.inputs[0].pieces().iter().map(|p| p.offset).collect::<Vec<_>>(), offsets);
    }
}

fn any_type() -> impl Strategy<Value = GoType> {
    use Basic::*;
    let basics = vec![Bool, Int, Int8, Int16, Int32, Int64, Uintptr, Float32, Float64, Complex64, Complex128, String];
    let leaf = prop_oneof![
        8 => prop::sample::select(basics).prop_map(GoType::Basic),
        1 => Just(GoType::any()),
        1 => Just(GoType::Slice(Arc::new(GoType::any()))),
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        let field = |(i, ty)| Field { name: format!("F{i}"), ty, embedded: false, tag: std::string::String::new() };
        prop_oneof![
            (prop::sample::select(vec![0u64, 1, 1, 2, 3]), inner.clone())
                .prop_map(|(n, t)| GoType::Array(n, Arc::new(t))),
            prop::collection::vec(inner, 0..5).prop_map(move |ts| {
                GoType::Struct(Arc::new(StructType { fields: ts.into_iter().enumerate().map(field).collect() }))
            }),
        ]
    })
}

fn any_signature() -> impl Strategy<Value = Signature> {
    let list = || prop::collection::vec(any_type().prop_map(|ty| Param { name: None, ty }), 0..8);
    (prop::option::of(any_type()), list(), list()).prop_map(|(r, params, results)| Signature {
        receiver: r.map(|ty| Param { name: None, ty }),
        params,
        results,
        variadic: false,
    })
}

/// Marks the bytes of a value that are no padding.
fn solid(ty: &GoType, at: usize, arch: &Arch, out: &mut [u8]) {
    let l = ty.layout(arch).unwrap();
    match ty.underlying() {
        GoType::Struct(s) => {
            for (f, o) in s.fields.iter().zip(&l.offsets) {
                solid(&f.ty, at + *o as usize, arch, out);
            }
        }
        GoType::Array(n, e) => {
            for i in 0..*n {
                solid(e, at + (i * l.size / n.max(&1)) as usize, arch, out);
            }
        }
        _ => out[at..at + l.size as usize].iter_mut().for_each(|b| *b = 1),
    }
}

/// Whether a value may travel in registers at all, by the specification's words.
fn assignable(ty: &GoType) -> bool {
    match ty.underlying() {
        GoType::Struct(s) => s.fields.iter().all(|f| assignable(&f.ty)),
        GoType::Array(0, _) => true,
        GoType::Array(1, e) => assignable(e),
        GoType::Array(..) => false,
        _ => true,
    }
}

proptest! {
    #[test]
    fn every_byte_travels_exactly_once(sig in any_signature(), i in 0..Arch::all().len(), old in any::<bool>()) {
        let arch = &Arch::all()[i];
        let abi = if old || !arch.register_abi(V) { Abi::Abi0 } else { Abi::AbiInternal };
        let a = assign_abi(&sig, arch, abi).unwrap();
        prop_assert_eq!(a.inputs.len(), sig.params.len() + usize::from(sig.receiver.is_some()));
        let (mut homes, mut stack) = (Vec::new(), Vec::new());
        for (slots, is_input) in [(&a.inputs, true), (&a.results, false)] {
            let mut next = [0usize, 0];
            for slot in slots {
                let layout = slot.ty.layout(arch).unwrap();
                prop_assert_eq!((slot.size, slot.align), (layout.size, layout.align));
                let budget = match abi {
                    Abi::Abi0 => (0, 0),
                    Abi::AbiInternal => (arch.integer_registers.len(), arch.float_registers.len()),
                };
                let need = layout.registers.unwrap_or(RegisterNeed { integer: u64::MAX, float: u64::MAX });
                let fits = need.integer <= (budget.0 - next[0]) as u64 && need.float <= (budget.1 - next[1]) as u64;
                match &slot.place {
                    SlotPlace::Registers { pieces, spill } => {
                        prop_assert!(fits && assignable(&slot.ty) && slot.size > 0);
                        prop_assert_eq!(spill.is_some(), is_input);
                        let mut want = vec![0u8; slot.size as usize];
                        solid(&slot.ty, 0, arch, &mut want);
                        let mut got = vec![0u8; slot.size as usize];
                        for p in pieces {
                            // Indices ascend without a gap; no byte twice.
                            let n = &mut next[usize::from(p.class == RegClass::Float)];
                            prop_assert_eq!(p.index, *n);
                            *n += 1;
                            got[p.offset as usize..(p.offset + p.size) as usize].iter_mut().for_each(|b| *b += 1);
                        }
                        prop_assert_eq!(got, want);
                    }
                    SlotPlace::Stack { offset } => {
                        // Wholly on the stack because it is empty, has an
                        // array, or does not fit what is left.
                        prop_assert!(slot.size == 0 || !assignable(&slot.ty) || !fits);
                        stack.push((*offset, slot.size));
                    }
                }
                if let Some(home) = a.home(slot) {
                    prop_assert_eq!(home % slot.align, 0);
                    prop_assert!(home + slot.size <= a.argument_area_size());
                    homes.push((home, slot.size));
                }
            }
        }
        prop_assert!(stack.iter().all(|(o, s)| o + s <= a.spill_area_offset));
        homes.retain(|(_, s)| *s > 0);
        homes.sort_unstable();
        prop_assert!(homes.windows(2).all(|w| w[0].0 + w[0].1 <= w[1].0), "{:?}", homes);
        prop_assert_eq!((a.spill_area_offset % arch.word_size, a.spill_area_size % arch.word_size), (0, 0));
    }
}
