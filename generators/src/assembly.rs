//! Functions in Go's assembler, under ABI0: everything lies in memory, where
//! [`Frame`] says. Values are copied part by part, so that each operand is one
//! that `go vet` knows the name, the offset and the size of.

use crate::call::{Declaration, Place, Port};
use crate::function::FunctionText;
use goabi_cases::arch::Arch;
use goabi_cases::assignment::Abi;
use goabi_cases::case::Case;
use goabi_cases::cell::Build;
use goabi_cases::frame::{Frame, FrameSlot};
use goabi_cases::layout::LayoutError;
use goabi_cases::parts::MAX_PARTS;
use goabi_cases::signature::{Param, Signature};
use std::fmt::Write;

/// What stands at the beginning of an assembly file.
pub(crate) const INCLUDES: &str = "#include \"funcdata.h\"\n#include \"textflag.h\"\n";

/// An assembly function with the signature of the function under test.
pub(crate) struct Routine {
    arch: &'static Arch,
    pub frame: Frame,
    body: String,
}

/// The frame of a case's signature. The names are goabi's: a case's own may be
/// a register's, or blank.
fn frame(case: &Case, arch: &Arch) -> Result<Frame, LayoutError> {
    let named = |list: &[Param], prefix: &str| {
        let one = |(i, p): (usize, &Param)| Param { name: Some(format!("{prefix}{i}")), ty: p.ty.clone() };
        list.iter().enumerate().map(one).collect()
    };
    let s = &case.signature;
    let signature = Signature {
        receiver: None,
        params: named(&s.params, "goabiP"),
        results: named(&s.results, "goabiR"),
        variadic: s.variadic,
    };
    Frame::of(&signature, arch)
}

/// Bytes of stack that functions may have between them and the next check of
/// the stack's end: StackNosplitBase, internal/abi/stack.go.
const NOSPLIT: u64 = 800;

/// Bytes of those for what an ABI wrapper has besides the values, and for what
/// it calls until the stack's end is checked. Measured over the suite, Go 1.21
/// to 1.27, all ports: no wrapper has more than 56 besides.
const BESIDES: u64 = 112;

/// The largest frame that the compiler may give the ABI wrapper of a function,
/// with what it calls: room for a call by ABI0, and without optimisation each
/// result three times more. (Parameters in registers have their spill space in
/// the caller's frame.)
fn wrapper(frame: &Frame) -> u64 {
    let results: u64 = frame.results.iter().map(|r| r.size.next_multiple_of(8)).sum();
    frame.args_size.saturating_add(results.saturating_mul(3)).saturating_add(BESIDES)
}

/// Why no assembly is written for a case's signature, if none is.
///
/// # Errors
/// The reason.
pub(crate) fn applies(case: &Case, port: &Port) -> Result<(), String> {
    let frame = frame(case, port.arch).map_err(|e| e.to_string())?;
    if let Some(slot) = frame.inputs.iter().chain(&frame.results).find(|s| s.more) {
        return Err(format!("assembly copies part by part, and {} has more than {MAX_PARTS} parts", slot.ty));
    }
    let wrapped = match Abi::of(port.arch, port.version, Build::Opt) {
        Abi::AbiInternal => wrapper(&frame),
        Abi::Abi0 => 0,
    };
    if wrapped > NOSPLIT {
        // cmd/compile/internal/ssagen/abi.go marks all ABI wrappers so.
        return Err(format!(
            "ABI wrappers do not grow the stack, and this one may need more than the {NOSPLIT} bytes that the linker allows"
        ));
    }
    Ok(())
}

impl Routine {
    /// An assembly function of which nothing is written yet; `None` where
    /// [`applies`] refuses.
    pub fn new(f: &FunctionText) -> Option<Routine> {
        let frame = frame(f.case, f.port.arch).ok()?;
        Some(Routine { arch: f.port.arch, frame, body: String::new() })
    }

    /// The function, and what Go declares of it: its arguments' pointers are
    /// known to the garbage collector by that (`GO_ARGS` is implied), and its
    /// frame of `locals` bytes has none that a function which it calls does not
    /// know to be an argument of its own.
    pub fn declarations(self, f: &FunctionText, name: &str, locals: u64) -> [Declaration; 2] {
        let results: Vec<String> =
            (0..).zip(&f.case.signature.results).map(|(i, r): (u32, _)| format!("goabiR{i} {}", r.ty)).collect();
        let results = if results.is_empty() { String::new() } else { format!(" ({})", results.join(", ")) };
        let go = format!("func {name}({}){results}\n", f.named_params());
        let text = format!(
            "TEXT ·{name}(SB), 0, ${locals}-{}\n\tNO_LOCAL_POINTERS\n{}\tRET\n",
            self.frame.args_size, self.body
        );
        let of = |name: String, text, place| Declaration { name, text, place, functions: vec![] };
        [of(name.to_string(), go, Place::Case), of(format!("{name}.s"), text, Place::Assembly)]
    }

    /// A call of a Go function of the package, by its ABI wrapper.
    pub fn call(&mut self, function: &str) {
        let _ = writeln!(self.body, "\tCALL ·{function}(SB)");
    }

    /// Arguments into the package's variable, each at its offset in the frame.
    pub fn arguments_to(&mut self, variable: &str) {
        self.address_of(variable);
        for slot in self.frame.inputs.clone() {
            self.copy(&slot, |r, offset| format!("{}({})", slot.offset + offset, r.arch.assembly.address), false);
        }
    }

    /// The package's variable into a result.
    pub fn result_from(&mut self, result: usize, variable: &str) {
        let Some(slot) = self.frame.results.get(result).cloned().filter(|s| !s.parts.is_empty()) else { return };
        self.address_of(variable);
        self.copy(&slot, |r, offset| format!("{offset}({})", r.arch.assembly.address), true);
    }

    /// Arguments into the outgoing arguments of a call.
    pub fn arguments_out(&mut self) {
        for slot in self.frame.inputs.clone() {
            self.copy(&slot, |r, offset| r.outgoing(slot.offset + offset), false);
        }
    }

    /// The results of that call into the function's own.
    pub fn results_back(&mut self) {
        for slot in self.frame.results.clone() {
            self.copy(&slot, |r, offset| r.outgoing(slot.offset + offset), true);
        }
    }

    /// Bytes of a frame with room for a call of the same signature.
    pub fn room(&self) -> u64 {
        // The assembler adds what the platform reserves, but `go vet` knows only
        // of two words of that. As much as any port's stack is aligned to.
        (self.arch.min_frame_size + self.frame.args_size).next_multiple_of(16)
    }

    /// An operand within the outgoing arguments.
    fn outgoing(&self, offset: u64) -> String {
        format!("{}({})", self.arch.min_frame_size + offset, self.arch.assembly.stack_pointer)
    }

    fn address_of(&mut self, variable: &str) {
        let a = &self.arch.assembly;
        let Some((word, _)) = a.mover(self.arch.word_size) else { return };
        let _ = writeln!(self.body, "\t{word} $·{variable}(SB), {}", a.address);
    }

    /// Copies a slot's parts to or from other memory.
    fn copy(&mut self, slot: &FrameSlot, other: impl Fn(&Routine, u64) -> String, into_slot: bool) {
        for (operand, part) in slot.operands().into_iter().zip(&slot.parts) {
            let Some((mnemonic, register)) = self.arch.assembly.mover(part.size) else { continue };
            let other = other(self, part.offset);
            let (from, to) = if into_slot { (other, operand) } else { (operand, other) };
            let _ = writeln!(self.body, "\t{mnemonic} {from}, {register}\n\t{mnemonic} {register}, {to}");
        }
    }
}
