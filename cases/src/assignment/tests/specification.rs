//! The specification's own pseudo-code, step by step, as a second
//! implementation: it tries, fails and gives registers back, where ours counts
//! beforehand. Both must say the same of every signature.

use super::*;

/// The state that it keeps: `I`, `FP` and the stack sequence `S`.
struct Assigner<'a> {
    arch: &'a Arch,
    /// `NI` and `NFP`.
    limit: (usize, usize),
    i: usize,
    fp: usize,
    stack: u64,
    spill: u64,
}

impl Assigner<'_> {
    /// What has zero size goes to the stack sequence; for all else registers are tried,
    /// and if that fails `I` and `FP` are reset and the stack takes it.
    fn value(&mut self, ty: &GoType, input: bool) -> SlotPlace {
        let layout = ty.layout(self.arch).unwrap();
        let before = (self.i, self.fp);
        let mut pieces = Vec::new();
        if layout.size > 0 && self.register_assign(ty, 0, &mut pieces) {
            let spill = input.then(|| {
                let at = self.spill.next_multiple_of(layout.align);
                self.spill = at + layout.size;
                at
            });
            return SlotPlace::Registers { pieces, spill };
        }
        (self.i, self.fp) = before;
        let offset = self.stack.next_multiple_of(layout.align);
        self.stack = offset + layout.size;
        SlotPlace::Stack { offset }
    }

    /// Register-assignment of a value V of underlying type T.
    fn register_assign(&mut self, ty: &GoType, at: u64, out: &mut Vec<Piece>) -> bool {
        let word = self.arch.word_size;
        let size = ty.layout(self.arch).unwrap().size;
        match ty.underlying() {
            GoType::Basic(Basic::Complex64 | Basic::Complex128) => {
                self.float(at, size / 2, out) && self.float(at + size / 2, size / 2, out)
            }
            GoType::Basic(Basic::Float32 | Basic::Float64) => self.float(at, size, out),
            GoType::Basic(Basic::String) | GoType::Interface(_) => {
                self.integer(at, word, out) && self.integer(at + word, word, out)
            }
            GoType::Slice(_) => (0..3).all(|n| self.integer(at + n * word, word, out)),
            GoType::Struct(s) => {
                let offsets = ty.layout(self.arch).unwrap().offsets;
                s.fields.iter().zip(offsets).all(|(f, o)| self.register_assign(&f.ty, at + o, out))
            }
            GoType::Array(0, _) => true,
            GoType::Array(1, e) => self.register_assign(e, at, out),
            GoType::Array(..) => false,
            _ => self.integer(at, size, out),
        }
    }

    fn integer(&mut self, offset: u64, size: u64, out: &mut Vec<Piece>) -> bool {
        out.push(Piece { class: RegClass::Integer, index: self.i, offset, size });
        self.i += 1;
        self.i <= self.limit.0
    }

    fn float(&mut self, offset: u64, size: u64, out: &mut Vec<Piece>) -> bool {
        out.push(Piece { class: RegClass::Float, index: self.fp, offset, size });
        self.fp += 1;
        self.fp <= self.limit.1
    }
}

/// The whole: receiver and parameters, a pointer-alignment field,
/// results with `I` and `FP` reset, another, then the spill area.
fn specified(sig: &Signature, arch: &Arch, abi: Abi) -> (Vec<SlotPlace>, Vec<SlotPlace>, u64, u64) {
    let limit = match abi {
        Abi::Abi0 => (0, 0),
        Abi::AbiInternal => (arch.integer_registers.len(), arch.float_registers.len()),
    };
    let mut s = Assigner { arch, limit, i: 0, fp: 0, stack: 0, spill: 0 };
    let inputs = sig.receiver.iter().chain(&sig.params).map(|p| s.value(&p.ty, true)).collect();
    s.stack = s.stack.next_multiple_of(arch.word_size);
    (s.i, s.fp) = (0, 0);
    let results = sig.results.iter().map(|p| s.value(&p.ty, false)).collect();
    s.stack = s.stack.next_multiple_of(arch.word_size);
    (inputs, results, s.stack, s.spill.next_multiple_of(arch.word_size))
}

proptest! {
    #[test]
    fn the_specification_step_by_step_says_the_same(sig in any_signature(), old in any::<bool>()) {
        for arch in Arch::all() {
            let abi = if old { Abi::Abi0 } else { Abi::of(arch, V, Build::Opt) };
            // On a 32-bit port an int64 takes two registers; none has any.
            let a = assign_abi(&sig, arch, abi).unwrap();
            let places = |l: &[Slot]| l.iter().map(|s| s.place.clone()).collect::<Vec<_>>();
            let got = (places(&a.inputs), places(&a.results), a.spill_area_offset, a.spill_area_size);
            prop_assert_eq!(got, specified(&sig, arch, abi), "{}", &arch.goarch);
        }
    }
}
