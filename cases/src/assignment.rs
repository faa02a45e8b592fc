//! The assignment of receiver, parameters and results to registers and stack
//! slots: the algorithm of `src/cmd/compile/abi-internal.md`, "Function call
//! argument and result passing". With no registers it gives ABI0.

use crate::arch::{Arch, ByteOrder, RegClass};
use crate::cell::Build;
use crate::layout::{Layout, LayoutError, Layouts, round_up};
use crate::signature::{Param, Signature};
use crate::types::{Basic, GoType};
use crate::version::GoVersion;
use std::fmt;

/// Which of Go's calling conventions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Abi {
    /// The stable, stack-based one.
    Abi0,
    /// The register-based one of functions written in Go.
    AbiInternal,
}

impl Abi {
    /// The ABI that functions written in Go have, built so for `arch`.
    #[must_use]
    pub fn of(arch: &Arch, version: GoVersion, build: Build) -> Abi {
        let off = match build {
            Build::Opt | Build::Noopt => false,
            Build::Noregabi => arch.register_abi_optional(version),
        };
        if arch.register_abi(version) && !off { Abi::AbiInternal } else { Abi::Abi0 }
    }
}

/// Where everything of one signature goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    pub abi: Abi,
    /// The receiver, if there is one, then the parameters.
    pub inputs: Vec<Slot>,
    /// Whether `inputs[0]` is a receiver.
    pub has_receiver: bool,
    pub results: Vec<Slot>,
    /// Bytes from the argument area's start to the spill area.
    pub spill_area_offset: u64,
    /// Bytes.
    pub spill_area_size: u64,
    /// Bytes between the stack pointer at the call and the argument area. The
    /// compiler's notation counts it in.
    pub min_frame_size: u64,
}

/// One receiver, parameter or result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    pub name: Option<String>,
    pub ty: GoType,
    /// Bytes.
    pub size: u64,
    /// Bytes.
    pub align: u64,
    pub place: SlotPlace,
}

/// Where a value travels: wholly in registers or wholly on the stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SlotPlace {
    Registers {
        /// In register order, which is the order of the value's parts.
        pieces: Vec<Piece>,
        /// Bytes from the spill area's start; results have no spill space.
        spill: Option<u64>,
    },
    /// Bytes from the argument area's start.
    Stack { offset: u64 },
}

/// One primitive part of a value, in one register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Piece {
    pub class: RegClass,
    /// Which register of the class, in assignment order.
    pub index: usize,
    /// Bytes from the value's start.
    pub offset: u64,
    /// Bytes of the register that count; the rest is undefined.
    pub size: u64,
}

impl Slot {
    /// The register pieces; empty where the slot is on the stack.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        match &self.place {
            SlotPlace::Registers { pieces, .. } => pieces,
            SlotPlace::Stack { .. } => &[],
        }
    }
}

impl Assignment {
    /// The receiver's slot.
    #[must_use]
    pub fn receiver(&self) -> Option<&Slot> {
        self.inputs.first().filter(|_| self.has_receiver)
    }

    /// The parameters' slots, without the receiver's.
    #[must_use]
    pub fn params(&self) -> &[Slot] {
        self.inputs.get(usize::from(self.has_receiver)..).unwrap_or_default()
    }

    /// Where in the argument area a slot has its memory, in bytes: its stack
    /// slot or its spill space. A register-assigned result has none.
    #[must_use]
    pub fn home(&self, slot: &Slot) -> Option<u64> {
        match &slot.place {
            SlotPlace::Registers { spill, .. } => spill.map(|s| s + self.spill_area_offset),
            SlotPlace::Stack { offset } => Some(*offset),
        }
    }

    /// Bytes of the argument area with its spill space.
    #[must_use]
    pub fn argument_area_size(&self) -> u64 {
        self.spill_area_offset + self.spill_area_size
    }
}

/// Assigns a signature by the ABI that Go functions have on `arch` in
/// `version`, built as `build` says.
///
/// # Errors
///
/// If a type has no layout, or if the whole does not fit the address space.
pub fn assign(sig: &Signature, arch: &Arch, version: GoVersion, build: Build) -> Result<Assignment, LayoutError> {
    assign_abi(sig, arch, Abi::of(arch, version, build))
}

/// Assigns a signature by the given ABI.
///
/// # Errors
///
/// As [`assign`].
pub fn assign_abi(sig: &Signature, arch: &Arch, abi: Abi) -> Result<Assignment, LayoutError> {
    let budget = match abi {
        Abi::Abi0 => Used::default(),
        Abi::AbiInternal => Used { integer: arch.integer_registers.len(), float: arch.float_registers.len() },
    };
    let mut state =
        State { arch, layouts: Layouts::new(arch), budget, used: Used::default(), stack_offset: 0, spill_offset: 0 };
    let mut inputs = Vec::with_capacity(sig.params.len() + 1);
    for p in sig.receiver.iter().chain(&sig.params) {
        inputs.push(state.slot(p, true)?);
    }
    state.align_stack()?;
    state.used = Used::default();
    let mut results = Vec::with_capacity(sig.results.len());
    for p in &sig.results {
        results.push(state.slot(p, false)?);
    }
    state.align_stack()?;
    let spill_area_size = state.whole(round_up(state.spill_offset, arch.word_size))?;
    Ok(Assignment {
        abi,
        inputs,
        has_receiver: sig.receiver.is_some(),
        results,
        spill_area_offset: state.stack_offset,
        spill_area_size,
        min_frame_size: arch.min_frame_size,
    })
}

/// Registers taken, or to be had.
#[derive(Clone, Copy, Default)]
struct Used {
    integer: usize,
    float: usize,
}

/// `assignState` of `cmd/compile/internal/abi/abiutils.go`.
struct State<'a> {
    arch: &'a Arch,
    layouts: Layouts<'a>,
    budget: Used,
    used: Used,
    stack_offset: u64,
    spill_offset: u64,
}

impl State<'_> {
    /// A sum that overflowed is an argument area larger than the address space.
    fn whole(&self, n: Option<u64>) -> Result<u64, LayoutError> {
        n.filter(|n| *n < self.arch.max_type_size).ok_or_else(|| LayoutError::TooLarge {
            ty: "the argument area".to_string(),
            goarch: self.arch.goarch.clone(),
        })
    }

    fn align_stack(&mut self) -> Result<(), LayoutError> {
        self.stack_offset = self.whole(round_up(self.stack_offset, self.arch.word_size))?;
        Ok(())
    }

    fn slot(&mut self, p: &Param, input: bool) -> Result<Slot, LayoutError> {
        let layout = self.layouts.of(&p.ty)?;
        let place = if self.fits(&layout) {
            let mut pieces = Vec::new();
            self.take(&p.ty, 0, &mut pieces)?;
            let spill = if input {
                let at = self.whole(round_up(self.spill_offset, layout.align))?;
                self.spill_offset = self.whole(at.checked_add(layout.size))?;
                Some(at)
            } else {
                None
            };
            SlotPlace::Registers { pieces, spill }
        } else {
            let offset = self.whole(round_up(self.stack_offset, layout.align))?;
            self.stack_offset = self.whole(offset.checked_add(layout.size))?;
            SlotPlace::Stack { offset }
        };
        Ok(Slot { name: p.name.clone(), ty: p.ty.clone(), size: layout.size, align: layout.align, place })
    }

    /// Whether the registers left suffice. A value of size zero is
    /// stack-assigned by definition.
    fn fits(&self, layout: &Layout) -> bool {
        let room = |budget: usize, used: usize| (budget - used) as u64;
        layout.size > 0
            && layout.registers.is_some_and(|need| {
                need.integer <= room(self.budget.integer, self.used.integer)
                    && need.float <= room(self.budget.float, self.used.float)
            })
    }

    /// Gives each primitive part of a value at `at` its register. Only called
    /// for what [`State::fits`], which bounds the work.
    fn take(&mut self, ty: &GoType, at: u64, out: &mut Vec<Piece>) -> Result<(), LayoutError> {
        let word = self.arch.word_size;
        match ty.underlying() {
            GoType::Basic(b) => self.take_basic(*b, at, out),
            GoType::Pointer(_) | GoType::Map(..) | GoType::Chan(..) | GoType::Func(_) => self.integer(at, word, out),
            GoType::Interface(_) => self.words(at, 2, out),
            GoType::Slice(_) => self.words(at, 3, out),
            GoType::Array(n, elem) => {
                if *n > 0 {
                    self.take(elem, at, out)?;
                }
            }
            GoType::Struct(s) => {
                let layout = self.layouts.of(ty)?;
                // A part of size zero takes no register and may be a large tree.
                if layout.size > 0 {
                    for (field, offset) in s.fields.iter().zip(&layout.offsets) {
                        self.take(&field.ty, at + offset, out)?;
                    }
                }
            }
            // `underlying` stops at a named type only where it was never
            // declared, and then there was no layout.
            GoType::Named(_) => {}
        }
        Ok(())
    }

    fn take_basic(&mut self, b: Basic, at: u64, out: &mut Vec<Piece>) {
        match b {
            Basic::Float32 => self.float(at, 4, out),
            Basic::Float64 => self.float(at, 8, out),
            Basic::Complex64 => {
                self.float(at, 4, out);
                self.float(at + 4, 4, out);
            }
            Basic::Complex128 => {
                self.float(at, 8, out);
                self.float(at + 8, 8, out);
            }
            Basic::String => self.words(at, 2, out),
            Basic::Bool | Basic::Int8 | Basic::Uint8 => self.integer(at, 1, out),
            Basic::Int16 | Basic::Uint16 => self.integer(at, 2, out),
            Basic::Int32 | Basic::Uint32 => self.integer(at, 4, out),
            Basic::Int64 | Basic::Uint64 if self.arch.is_32_bit() => {
                // The specification: the least significant half comes first.
                let (low, high) = match self.arch.byte_order {
                    ByteOrder::Little => (at, at + 4),
                    ByteOrder::Big => (at + 4, at),
                };
                self.integer(low, 4, out);
                self.integer(high, 4, out);
            }
            Basic::Int64 | Basic::Uint64 => self.integer(at, 8, out),
            Basic::Int | Basic::Uint | Basic::Uintptr | Basic::UnsafePointer => {
                self.integer(at, self.arch.word_size, out);
            }
        }
    }

    fn integer(&mut self, offset: u64, size: u64, out: &mut Vec<Piece>) {
        out.push(Piece { class: RegClass::Integer, index: self.used.integer, offset, size });
        self.used.integer += 1;
    }

    fn float(&mut self, offset: u64, size: u64, out: &mut Vec<Piece>) {
        out.push(Piece { class: RegClass::Float, index: self.used.float, offset, size });
        self.used.float += 1;
    }

    fn words(&mut self, at: u64, n: u64, out: &mut Vec<Piece>) {
        let word = self.arch.word_size;
        for i in 0..n {
            self.integer(at + i * word, word, out);
        }
    }
}

/// Writes a slot as `ABIParamAssignment.ToString` does.
fn write_slot(f: &mut fmt::Formatter<'_>, slot: &Slot, min_frame_size: u64) -> fmt::Result {
    f.write_str("R{")?;
    for p in slot.pieces() {
        let letter = match p.class {
            RegClass::Integer => 'I',
            RegClass::Float => 'F',
        };
        write!(f, " {letter}{}", p.index)?;
    }
    f.write_str(" } ")?;
    match slot.place {
        SlotPlace::Registers { spill: Some(n), .. } => write!(f, "spilloffset: {n}")?,
        SlotPlace::Registers { spill: None, .. } => f.write_str("spilloffset: -1")?,
        SlotPlace::Stack { offset } => write!(f, "offset: {}", offset + min_frame_size)?,
    }
    writeln!(f, " typ: {}", slot.ty.reflect_name())
}

impl fmt::Display for Assignment {
    /// The compiler's own notation, `ABIParamResultInfo.String`. Its stack
    /// offsets count the fixed frame in, so 8 is the first on arm64.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, slot) in self.inputs.iter().enumerate() {
            write!(f, "IN {i}: ")?;
            write_slot(f, slot, self.min_frame_size)?;
        }
        for (i, slot) in self.results.iter().enumerate() {
            write!(f, "OUT {i}: ")?;
            write_slot(f, slot, self.min_frame_size)?;
        }
        let offset = self.spill_area_offset + self.min_frame_size;
        write!(f, "offsetToSpillArea: {offset} spillAreaSize: {}", self.spill_area_size)
    }
}

#[cfg(test)]
mod tests;
