//! What an explanation holds. Its JSON is an interface: the schema is committed
//! as `reports/schema/explanation.schema.json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The version of the explanation's JSON. It grows when a field changes its
/// meaning or goes away; a new field that may be absent does not change it.
pub const SCHEMA_VERSION: u32 = 1;

/// A signature explained for some ports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Explanation {
    /// [`SCHEMA_VERSION`] of the goabi that wrote it.
    pub schema_version: u32,
    /// The goabi that made it.
    pub goabi_version: String,
    /// The function's name: `f`, or that of a function of somebody's package.
    pub function: String,
    /// The signature in Go's words.
    pub signature: String,
    /// One for each target and Go version, in the order asked for.
    pub ports: Vec<Port>,
}

/// The signature on one port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Port {
    /// `linux-arm64`.
    pub target: String,
    /// The Go version: `1.27.3`, or `tip`.
    pub go: String,
    /// How it is built: `opt`, `noopt` or `noregabi`.
    pub build: String,
    /// By which calling convention.
    pub abi: Convention,
    /// The release from which on functions take arguments in registers there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub register_abi_since: Option<String>,
    /// Why it is ABI0, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why_abi0: Option<String>,
    /// Why the build mode changes nothing there, if it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build_ignored: Option<String>,
    /// Bytes of a pointer.
    pub word_bytes: u64,
    /// The receiver if there is one, the parameters, the results.
    pub values: Vec<Value>,
    /// The port's registers in the order in which they are assigned.
    pub registers: Vec<Register>,
    /// Bytes between the stack pointer and the argument area when the function
    /// is entered.
    pub entry_offset: u64,
    /// Bytes of the stack-assigned parameters and results.
    pub stack_bytes: u64,
    /// Bytes of the spill area, which follows them.
    pub spill_bytes: u64,
    /// The assignment in the compiler's own notation.
    pub notation: Vec<String>,
    /// The function as assembly defines it, by ABI0.
    pub frame: Frame,
    /// How it was watched, if it was: `natively` or `emulated`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<String>,
    /// Why no machine was watched, where one was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_observed: Option<String>,
    /// Its instructions, if they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assembly: Option<Assembly>,
}

/// A calling convention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Convention {
    /// On the stack.
    #[serde(rename = "ABI0")]
    Abi0,
    /// In registers as far as they suffice.
    #[serde(rename = "ABIInternal")]
    AbiInternal,
}

/// What a value is to the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// What a method is called on.
    Receiver,
    /// A parameter.
    Parameter,
    /// A result.
    Result,
}

/// A receiver, parameter or result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Value {
    /// What it is.
    pub role: Role,
    /// Its name; `~r0` and so on for results without one, `~p0` for parameters.
    pub name: String,
    /// Its type as Go writes it.
    #[serde(rename = "type")]
    pub ty: String,
    /// Bytes.
    pub size: u64,
    /// Bytes.
    pub align: u64,
    /// Bytes from the stack pointer at entry to its spill space, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spill: Option<u64>,
    /// Why it is on the stack though the port has a register ABI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why_stack: Option<String>,
    /// Its parts, by offset.
    pub words: Vec<Word>,
    /// Whether it has more parts than these.
    pub more: bool,
}

/// One part of a value: what one register takes, or would take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Word {
    /// Behind the value's name: `.len`, `.A`, `[1]`; empty where it is the whole value.
    pub part: String,
    /// Bytes from the value's start.
    pub offset: u64,
    /// Bytes that count.
    pub bytes: u64,
    /// Where it travels.
    pub place: Place,
    /// What a machine showed; absent where none was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<Confirmed>,
}

/// Where a word travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// In a register.
    Register {
        /// By the specification's sequence: `I0`, `F3`.
        slot: String,
        /// By the name that Go has for it.
        name: String,
    },
    /// On the stack.
    Stack {
        /// Bytes from the stack pointer at the function's entry.
        offset: u64,
    },
}

/// What a machine showed of a word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Confirmed {
    /// Whether the place held what it should.
    pub answer: Answer,
    /// What it held, or why nobody knows.
    pub seen: String,
}

/// Whether a place held the value that it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It held it.
    Held,
    /// It held something else.
    HeldOther,
    /// It was not seen, or nothing that could tell.
    NotObserved,
}

/// A register of the assignment's sequences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Register {
    /// `I0`, `F3`.
    pub slot: String,
    /// Go's name for it.
    pub name: String,
    /// What it holds at the call, such as `b.len`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_call: Option<String>,
    /// What it holds at the return.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_return: Option<String>,
}

/// The argument area for a function in assembly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Frame {
    /// The line that begins it.
    pub text: String,
    /// Its operands, in the order of their offsets.
    pub operands: Vec<Operand>,
    /// Bytes: what stands behind `$0-`.
    pub args_bytes: u64,
}

/// An operand by which assembly names a part of an argument or result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Operand {
    /// `b_len+16(FP)`.
    pub operand: String,
    /// Bytes.
    pub bytes: u64,
    /// The value's type.
    #[serde(rename = "type")]
    pub ty: String,
    /// Whether it is a result.
    pub result: bool,
}

/// A function's instructions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Assembly {
    /// The Go source.
    pub source: String,
    /// A line each.
    pub lines: Vec<String>,
    /// Why there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub none: Option<String>,
}

impl Convention {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Convention::Abi0 => "ABI0",
            Convention::AbiInternal => "ABIInternal",
        }
    }
}

impl Role {
    /// Whether the value goes in, not out.
    #[must_use]
    pub fn is_input(self) -> bool {
        match self {
            Role::Receiver | Role::Parameter => true,
            Role::Result => false,
        }
    }
}

impl Port {
    /// Notes what a machine showed of each word, as far as `seen` knows of it:
    /// it gets the value's index among [`Port::values`], the value and the word.
    pub fn confirm(&mut self, mut seen: impl FnMut(usize, &Value, &Word) -> Option<Confirmed>) {
        for (i, value) in self.values.iter_mut().enumerate() {
            for w in 0..value.words.len() {
                let known = value.words.get(w).and_then(|word| seen(i, value, word));
                if let (Some(word), Some(known)) = (value.words.get_mut(w), known) {
                    word.confirmed = Some(known);
                }
            }
        }
    }

    /// The GOARCH.
    #[must_use]
    pub fn goarch(&self) -> &str {
        self.target.strip_prefix("linux-").unwrap_or(&self.target)
    }

    /// `arm64`, or `arm64 go1.25.5` where versions differ.
    #[must_use]
    pub fn title(&self, versions_differ: bool) -> String {
        let build = if self.build == "noregabi" { " noregabi" } else { "" };
        if versions_differ {
            format!("{} go{}{build}", self.goarch(), self.go)
        } else {
            format!("{}{build}", self.goarch())
        }
    }
}

impl Explanation {
    /// Whether the ports are of more than one Go version.
    #[must_use]
    pub fn versions_differ(&self) -> bool {
        self.ports.windows(2).any(|w| w.first().map(|p| &p.go) != w.last().map(|p| &p.go))
    }
}

/// As JSON, for programs.
///
/// # Errors
/// None in practice: the model has no map with keys that are no strings.
pub fn json(e: &Explanation) -> Result<String, crate::render::RenderError> {
    crate::render::json::pretty(e)
}
