//! ABI0 as the writer of an assembly function needs it: what lies where in the
//! argument area, by the names and sizes that `go vet` checks.

use crate::arch::Arch;
use crate::assignment::{Abi, Slot, assign_abi};
use crate::layout::LayoutError;
use crate::parts::{Part, parts};
use crate::signature::Signature;

/// The argument area of a function that assembly defines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub inputs: Vec<FrameSlot>,
    pub results: Vec<FrameSlot>,
    /// The number behind the minus sign of `TEXT`: bytes from the first
    /// argument to the end of the last result, not rounded up.
    pub args_size: u64,
    /// Bytes between the hardware's stack pointer and the first argument when
    /// the function is entered: the return PC, or what a caller reserves.
    pub entry_offset: u64,
}

/// One argument or result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameSlot {
    /// Its own name, or `arg`, `arg1`, `ret`, `ret1`.
    pub name: String,
    /// Whether the name is its own.
    pub named: bool,
    /// The type as Go writes it.
    pub ty: String,
    /// Bytes from the pseudo-register FP.
    pub offset: u64,
    /// Bytes.
    pub size: u64,
    pub parts: Vec<Part>,
    /// Whether there are parts that the list leaves out.
    pub more: bool,
}

impl Frame {
    /// The frame of a signature under ABI0, whatever the port's own ABI is.
    ///
    /// # Errors
    /// A type without a layout, or more arguments than the address space holds.
    pub fn of(sig: &Signature, arch: &Arch) -> Result<Frame, LayoutError> {
        let a = assign_abi(sig, arch, Abi::Abi0)?;
        let slots = |list: &[Slot], unnamed: &str| {
            let one = |(i, slot): (usize, &Slot)| {
                let number = if i == 0 { String::new() } else { i.to_string() };
                let all = parts(&slot.ty, arch)?;
                Ok(FrameSlot {
                    name: slot.name.clone().unwrap_or_else(|| format!("{unnamed}{number}")),
                    named: slot.name.is_some(),
                    ty: slot.ty.to_string(),
                    offset: a.home(slot).unwrap_or(0),
                    size: slot.size,
                    parts: all.list,
                    more: all.more,
                })
            };
            list.iter().enumerate().map(one).collect::<Result<Vec<FrameSlot>, LayoutError>>()
        };
        let (inputs, results) = (slots(&a.inputs, "arg")?, slots(&a.results, "ret")?);
        let end = |list: &[FrameSlot]| list.last().map(|s| s.offset + s.size);
        let args_size = end(&results).or(end(&inputs)).unwrap_or(0);
        Ok(Frame { inputs, results, args_size, entry_offset: arch.entry_offset() })
    }

    /// The line that begins the function: `TEXT ·f(SB), NOSPLIT, $0-24`.
    #[must_use]
    pub fn text(&self, function: &str) -> String {
        format!("TEXT ·{function}(SB), NOSPLIT, $0-{}", self.args_size)
    }

    /// Arguments and results as a listing of the stack-based Go 1.10 has them at
    /// the function's entry: `a+8(SP)`, `~r2+16(SP)`. There the third of all
    /// parameters and results, if it has no name, is `~r2`.
    #[must_use]
    pub fn listing(&self) -> Vec<String> {
        let all = self.inputs.iter().chain(&self.results);
        let named = |(i, s): (usize, &FrameSlot)| {
            let name = if s.named { s.name.clone() } else { format!("~r{i}") };
            format!("{name}+{}(SP)", s.offset + self.entry_offset)
        };
        all.enumerate().map(named).collect()
    }
}

impl FrameSlot {
    /// The operands by which assembly names the parts: `s_base+8(FP)`.
    #[must_use]
    pub fn operands(&self) -> Vec<String> {
        self.parts.iter().map(|p| format!("{}{}+{}(FP)", self.name, p.suffix, self.offset + p.offset)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve;
    use crate::scope::Scope;

    fn frame(goarch: &str, sig: &str) -> Frame {
        let sig = resolve::signature(&Scope::empty().unwrap(), sig).unwrap();
        Frame::of(&sig, Arch::get(goarch).unwrap()).unwrap()
    }

    /// The listing that every text on Go's old calling convention prints.
    #[test]
    fn go_1_10_listed_it_so() {
        let f = frame("amd64", "func(a, b int32) (int32, bool)");
        assert_eq!(f.listing(), ["a+8(SP)", "b+12(SP)", "~r2+16(SP)", "~r3+20(SP)"]);
        assert_eq!(f.text("add"), "TEXT ·add(SB), NOSPLIT, $0-13");
        assert_eq!(frame("386", "func(a, b int32) (int32, bool)").listing()[0], "a+4(SP)");
        assert_eq!(frame("arm64", "func(a int32)").listing(), ["a+8(SP)"]);
        assert_eq!(frame("ppc64le", "func(a int32)").listing(), ["a+32(SP)"]);
    }

    #[test]
    fn operands_name_each_part() {
        let f = frame("amd64", "func(s string, p struct{ A int8; B float64 }) (v any, n int, err error)");
        let all: Vec<String> = f.inputs.iter().chain(&f.results).flat_map(FrameSlot::operands).collect();
        let want = [
            "s_base+0(FP)",
            "s_len+8(FP)",
            "p_A+16(FP)",
            "p_B+24(FP)",
            "v_type+32(FP)",
            "v_data+40(FP)",
            "n+48(FP)",
            "err_itable+56(FP)",
            "err_data+64(FP)",
        ];
        assert_eq!(all, want);
        assert_eq!(f.args_size, 72);
        let f = frame("386", "func(int8, int64) (bool, uint16)");
        let all: Vec<String> = f.inputs.iter().chain(&f.results).flat_map(FrameSlot::operands).collect();
        assert_eq!(all, ["arg+0(FP)", "arg1_lo+4(FP)", "arg1_hi+8(FP)", "ret+12(FP)", "ret1+14(FP)"]);
        assert_eq!(f.args_size, 16);
    }
}
