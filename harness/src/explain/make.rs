//! From a signature to its explanation. Nothing is run: the assignment alone.

use goabi_cases::arch::{Arch, RegClass};
use goabi_cases::assignment::{Abi, Assignment, Slot, SlotPlace, assign};
use goabi_cases::cell::{Build, Target};
use goabi_cases::frame;
use goabi_cases::layout::{LayoutError, RegisterNeed};
use goabi_cases::parts::{Part, parts};
use goabi_cases::signature::Signature;
use goabi_cases::types::GoType;
use goabi_cases::version::GoVersion;
use goabi_reports::explain::model::{
    Convention, Explanation, Frame, Operand, Place, Port, Register, Role, SCHEMA_VERSION, Value, Word,
};

/// A column of the explanation.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    pub arch: &'static Arch,
    pub version: GoVersion,
    pub build: Build,
}

/// A function to be explained.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Empty where the signature stands for itself.
    pub name: String,
    pub signature: Signature,
    /// The signature as somebody wrote it; empty where nobody did.
    pub text: String,
    /// Go declarations of the types that it names, if it names any of its own.
    pub declarations: String,
}

/// Explains a signature for some ports.
///
/// # Errors
/// A type without a layout on one of them.
pub fn explain(subject: &Subject, columns: &[Column]) -> Result<Explanation, LayoutError> {
    Ok(Explanation {
        schema_version: SCHEMA_VERSION,
        goabi_version: env!("CARGO_PKG_VERSION").to_string(),
        function: subject.name.clone(),
        signature: if subject.text.is_empty() { spelled(&subject.signature) } else { subject.text.clone() },
        ports: columns.iter().map(|c| port(subject, *c)).collect::<Result<_, _>>()?,
    })
}

/// A type as Go writes it; the names of other packages' types with their dot.
fn type_text(ty: &GoType) -> String {
    ty.to_string().replace(super::DOT, ".")
}

/// The signature as Go writes it.
#[must_use]
pub fn spelled(sig: &Signature) -> String {
    let one = |i: usize, list: &[goabi_cases::signature::Param], variadic: bool| {
        let p = &list[i];
        let ty = match &p.ty {
            GoType::Slice(e) if variadic && i + 1 == list.len() => format!("...{}", type_text(e)),
            other => type_text(other),
        };
        p.name.as_ref().map_or(ty.clone(), |n| format!("{n} {ty}"))
    };
    let list = |l: &[goabi_cases::signature::Param], variadic| {
        (0..l.len()).map(|i| one(i, l, variadic)).collect::<Vec<_>>().join(", ")
    };
    let receiver = match &sig.receiver {
        Some(_) => format!("({}) ", list(&sig.receiver.iter().cloned().collect::<Vec<_>>(), false)),
        None => String::new(),
    };
    let results = match sig.results.as_slice() {
        [] => String::new(),
        [only] if only.name.is_none() => format!(" {}", type_text(&only.ty)),
        many => format!(" ({})", list(many, false)),
    };
    format!(
        "func{}{}({}){results}",
        if receiver.is_empty() { "" } else { " " },
        receiver,
        list(&sig.params, sig.variadic)
    )
}

fn port(subject: &Subject, c: Column) -> Result<Port, LayoutError> {
    let arch = c.arch;
    let a = assign(&subject.signature, arch, c.version, c.build)?;
    let mut values = Vec::new();
    let budget = match a.abi {
        Abi::Abi0 => RegisterNeed::default(),
        Abi::AbiInternal => {
            RegisterNeed { integer: arch.integer_registers.len() as u64, float: arch.float_registers.len() as u64 }
        }
    };
    for (slots, input) in [(&a.inputs, true), (&a.results, false)] {
        let mut left = budget;
        for (i, slot) in slots.iter().enumerate() {
            let role = match (input, a.has_receiver && i == 0) {
                (true, true) => Role::Receiver,
                (true, false) => Role::Parameter,
                (false, _) => Role::Result,
            };
            let number = if input { i - usize::from(a.has_receiver) * usize::from(i > 0) } else { i };
            values.push(value(&a, slot, role, number, c, left)?);
            for piece in slot.pieces() {
                match piece.class {
                    RegClass::Integer => left.integer -= 1,
                    RegClass::Float => left.float -= 1,
                }
            }
        }
    }
    let frame = frame::Frame::of(&subject.signature, arch)?;
    Ok(Port {
        target: Target { goarch: arch.goarch.clone() }.to_string(),
        go: c.version.to_string(),
        build: c.build.to_string(),
        abi: match a.abi {
            Abi::Abi0 => Convention::Abi0,
            Abi::AbiInternal => Convention::AbiInternal,
        },
        register_abi_since: arch.register_abi_since.map(|v| format!("{}.{}", v.major, v.minor)),
        why_abi0: why_abi0(c, a.abi),
        build_ignored: c.build.applies(arch, c.version).err(),
        word_bytes: arch.word_size,
        registers: registers(&values, c, a.abi),
        values,
        entry_offset: arch.entry_offset(),
        stack_bytes: a.spill_area_offset,
        spill_bytes: a.spill_area_size,
        notation: a.to_string().lines().map(str::to_string).collect(),
        frame: assembly_frame(&frame, &subject.name),
        observed: None,
        not_observed: None,
        assembly: None,
    })
}

fn why_abi0(c: Column, abi: Abi) -> Option<String> {
    let goarch = &c.arch.goarch;
    match (abi, c.arch.register_abi_since) {
        (Abi::AbiInternal, _) => None,
        (Abi::Abi0, None) => Some(format!("linux/{goarch} has no register ABI: everything travels by ABI0")),
        (Abi::Abi0, Some(since)) if !c.arch.register_abi(c.version) => {
            Some(format!("linux/{goarch} has its register ABI from Go {}.{} on", since.major, since.minor))
        }
        (Abi::Abi0, Some(_)) => Some("GOEXPERIMENT=noregabi switches the register ABI off".to_string()),
    }
}

fn value(
    a: &Assignment,
    slot: &Slot,
    role: Role,
    number: usize,
    c: Column,
    left: RegisterNeed,
) -> Result<Value, LayoutError> {
    let all = parts(&slot.ty, c.arch)?;
    let entry = c.arch.entry_offset();
    let place = |part: &Part| match &slot.place {
        SlotPlace::Stack { offset } => Some(Place::Stack { offset: entry + offset + part.offset }),
        SlotPlace::Registers { pieces, .. } => {
            let piece = pieces.iter().find(|p| p.offset == part.offset && p.size == part.size)?;
            let register = c.arch.registers(piece.class).get(piece.index)?;
            Some(Place::Register { slot: slot_name(piece.class, piece.index), name: register.name.clone() })
        }
    };
    let word = |part: &Part| {
        Some(Word {
            part: part.label.clone(),
            offset: part.offset,
            bytes: part.size,
            place: place(part)?,
            confirmed: None,
        })
    };
    let on_stack = matches!(slot.place, SlotPlace::Stack { .. });
    let unnamed = if role.is_input() { format!("~p{number}") } else { format!("~r{number}") };
    Ok(Value {
        role,
        name: slot.name.clone().unwrap_or(unnamed),
        ty: type_text(&slot.ty),
        size: slot.size,
        align: slot.align,
        spill: if on_stack { None } else { a.home(slot).map(|h| h + entry) },
        why_stack: if on_stack { why_stack(a.abi, slot, c.arch, left)? } else { None },
        words: all.list.iter().filter_map(word).collect(),
        more: all.more,
    })
}

fn slot_name(class: RegClass, index: usize) -> String {
    match class {
        RegClass::Integer => format!("I{index}"),
        RegClass::Float => format!("F{index}"),
    }
}

/// Why a value of a register ABI is on the stack all the same.
fn why_stack(abi: Abi, slot: &Slot, arch: &Arch, left: RegisterNeed) -> Result<Option<String>, LayoutError> {
    // Of ABI0 the port tells why, once.
    if abi == Abi::Abi0 {
        return Ok(None);
    }
    if slot.size == 0 {
        return Ok(Some("what takes no bytes is stack-assigned".to_string()));
    }
    let Some(need) = slot.ty.layout(arch)?.registers else {
        return Ok(Some("an array of two or more elements is never taken apart".to_string()));
    };
    let class = |name: &str, need: u64, left: u64| {
        (need > left).then(|| {
            let more = if left == 0 {
                "none is".to_string()
            } else {
                format!("{left} {}", if left == 1 { "is" } else { "are" })
            };
            format!("needs {need} {name} register{}, {more} left", if need == 1 { "" } else { "s" })
        })
    };
    let lacking = [class("integer", need.integer, left.integer), class("floating-point", need.float, left.float)];
    Ok(Some(lacking.into_iter().flatten().collect::<Vec<_>>().join(" and ")))
}

/// The registers of the port, with what each holds.
fn registers(values: &[Value], c: Column, abi: Abi) -> Vec<Register> {
    if abi == Abi::Abi0 {
        return vec![];
    }
    let holds = |slot: &str, input: bool| {
        let mut words =
            values.iter().filter(|v| v.role.is_input() == input).flat_map(|v| v.words.iter().map(move |w| (v, w)));
        let found = words.find(|(_, w)| matches!(&w.place, Place::Register { slot: s, .. } if s == slot));
        found.map(|(v, w)| format!("{}{}", v.name, w.part))
    };
    [RegClass::Integer, RegClass::Float]
        .into_iter()
        .flat_map(|class| c.arch.registers(class).iter().enumerate().map(move |(i, r)| (slot_name(class, i), r)))
        .map(|(slot, r)| Register {
            at_call: holds(&slot, true),
            at_return: holds(&slot, false),
            name: r.name.clone(),
            slot,
        })
        .collect()
}

fn assembly_frame(f: &frame::Frame, name: &str) -> Frame {
    let mut operands = Vec::new();
    for (slots, result) in [(&f.inputs, false), (&f.results, true)] {
        for slot in slots {
            for (text, part) in slot.operands().into_iter().zip(&slot.parts) {
                operands.push(Operand {
                    operand: text,
                    bytes: part.size,
                    ty: slot.ty.replace(super::DOT, "."),
                    result,
                });
            }
        }
    }
    let name = name.rsplit('.').next().filter(|n| !n.is_empty()).unwrap_or("f");
    Frame { text: f.text(name), operands, args_bytes: f.args_size }
}
