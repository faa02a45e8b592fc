//! Functions under test that are methods: the receivers that goabi declares in
//! the case file's package.

use crate::call::{Callee, Declaration, Declared, Made, Place};
use crate::function::{FunctionText, Head};
use goabi_cases::signature::Param;
use goabi_cases::types::{Basic, Field, GoType, NamedType, StructType, USER_PACKAGE};
use goabi_cases::value::{Place as Memory, Pointer, Value};
use std::sync::{Arc, OnceLock};

/// What the receiver's number holds: each byte tells itself.
const NUMBER: u64 = 0xa1a2_a3a4_a5a6_a7a8;
const SECOND: u64 = 0xc1c2_c3c4_c5c6_c7c8;
const TEXT: &str = "goabi's wide receiver";
const REAL: f64 = 23.294_375;

/// A method's receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Receiver {
    /// A pointer to a struct.
    Pointer,
    /// A struct of five words: number, string, float, number.
    Wide,
    /// A struct with a pointer only, which an interface holds as it is.
    Shaped,
}

fn field(name: &str, ty: GoType) -> Field {
    Field { name: name.into(), ty, embedded: false, tag: String::new() }
}

fn structure(fields: Vec<Field>) -> GoType {
    GoType::Struct(Arc::new(StructType { fields }))
}

fn named(name: &str, underlying: GoType) -> GoType {
    GoType::Named(Arc::new(NamedType {
        name: name.to_string(),
        package: USER_PACKAGE.to_string(),
        type_args: vec![],
        underlying: OnceLock::from(underlying),
        methods: OnceLock::from(vec![]),
    }))
}

fn holder() -> GoType {
    structure(vec![field("Goabi", GoType::Basic(Basic::Uint64))])
}

fn pointer(place: u64, target: Value) -> Value {
    Value::Pointer(Some(Pointer { place: Memory::Address(place), target: Some(Box::new(target)) }))
}

impl Receiver {
    /// The kind in whose cells the method's DWARF is judged.
    fn owner(self) -> &'static str {
        match self {
            Receiver::Pointer => "interface_method",
            Receiver::Wide => "value_method",
            Receiver::Shaped => "interface_direct",
        }
    }

    pub fn type_name(self, f: &FunctionText) -> String {
        let word = match self {
            Receiver::Pointer => "GoabiRecv",
            Receiver::Wide => "GoabiWide",
            Receiver::Shaped => "GoabiShaped",
        };
        format!("{word}_{}", f.stem())
    }

    /// The variable that holds it.
    pub fn variable(self, f: &FunctionText) -> String {
        let word = match self {
            Receiver::Pointer => "GoabiPointer",
            Receiver::Wide => "GoabiWideValue",
            Receiver::Shaped => "GoabiShapedValue",
        };
        format!("{word}_{}", f.stem())
    }

    fn param(self, name: &str) -> Param {
        let ty = match self {
            Receiver::Pointer => GoType::Pointer(Arc::new(named(name, holder()))),
            Receiver::Wide => {
                let of = GoType::Basic;
                let fields = [("A", Basic::Uint64), ("B", Basic::String), ("C", Basic::Float64), ("D", Basic::Uint64)];
                named(name, structure(fields.into_iter().map(|(n, b)| field(n, of(b))).collect()))
            }
            Receiver::Shaped => named(name, structure(vec![field("P", GoType::Pointer(Arc::new(holder())))])),
        };
        Param { name: Some("goabiRecv".into()), ty }
    }

    fn value(self) -> Value {
        let number = || Value::Struct(vec![Value::Int(NUMBER.into())]);
        match self {
            Receiver::Pointer => pointer(1, number()),
            Receiver::Wide => Value::Struct(vec![
                Value::Int(NUMBER.into()),
                Value::String(TEXT.into()),
                Value::Float64(REAL.to_bits()),
                Value::Int(SECOND.into()),
            ]),
            Receiver::Shaped => Value::Struct(vec![pointer(1, number())]),
        }
    }

    /// What the method reports of its receiver: the pointer's target for one.
    fn context(self) -> (&'static str, Value) {
        match self {
            Receiver::Pointer => ("*goabiRecv", Value::Struct(vec![Value::Int(NUMBER.into())])),
            Receiver::Wide => ("goabiRecv", self.value()),
            Receiver::Shaped => ("*goabiRecv.P", Value::Struct(vec![Value::Int(NUMBER.into())])),
        }
    }

    /// Type, variable and method `Call`.
    fn declaration(self, f: &FunctionText, inner: Option<&Callee>) -> Declaration {
        let (name, variable) = (self.type_name(f), self.variable(f));
        let (of, ty, value) = match self {
            Receiver::Pointer => {
                (format!("*{name}"), "struct{ Goabi uint64 }".to_string(), format!("&{name}{{{NUMBER:#x}}}"))
            }
            Receiver::Wide => (
                name.clone(),
                "struct{ A uint64; B string; C float64; D uint64 }".to_string(),
                format!("{name}{{{NUMBER:#x}, {TEXT:?}, {REAL:?}, {SECOND:#x}}}"),
            ),
            Receiver::Shaped => (
                name.clone(),
                "struct{ P *struct{ Goabi uint64 } }".to_string(),
                format!("{name}{{&struct{{ Goabi uint64 }}{{{NUMBER:#x}}}}}"),
            ),
        };
        let head = Head {
            receiver: Some(&format!("goabiRecv {of}")),
            name: "Call",
            noinline: true,
            context: Some(self.context().0),
            ..Head::default()
        };
        let method = f.function(&head, inner);
        let declared = Declared {
            symbol: if self == Receiver::Pointer { format!("(*{name}).Call") } else { format!("{name}.Call") },
            line: 3,
            receiver: Some(self.param(&name)),
            receiver_value: Some(self.value()),
            inlinable: false,
            dictionary: false,
            owner: self.owner(),
        };
        Declaration {
            text: format!("type {name} {ty}\nvar {variable} = {value}\n{method}"),
            place: Place::Case,
            functions: if inner.is_none() { vec![declared] } else { vec![] },
            name,
        }
    }

    /// The method, called on what `receiver` says of the variable's name.
    pub fn called(self, f: &FunctionText, inner: Option<&Callee>, receiver: impl Fn(&str) -> String) -> Made {
        let callee = Callee::new(format!("{}.Call", receiver(&self.variable(f))), true);
        let context = f.case.record_args.then(|| self.context().1);
        Made::new(vec![self.declaration(f, inner)], callee.with(context, inner))
    }

    /// The method through an interface variable, whose name begins with `prefix`.
    pub fn through_interface(self, f: &FunctionText, inner: Option<&Callee>, prefix: &str) -> Made {
        let name = format!("{prefix}_{}", f.stem());
        let mut made = self.called(f, inner, |_| format!("${name}"));
        made.declare(&name, format!("var {name} interface{{ Call{} }} = {}\n", f.tail(), self.variable(f)));
        made
    }

    /// The method promoted by a struct that embeds `embedded` (a type, to which
    /// the stem is added) with the receiver's variable as `value` says it,
    /// through an interface, so that the wrapper is really called.
    pub fn promoted(self, f: &FunctionText, inner: Option<&Callee>, what: &str, embedded: &str, value: &str) -> Made {
        let stem = f.stem();
        let (outer, name) = (format!("Goabi{what}_{stem}"), format!("GoabiIface{what}_{stem}"));
        let mut made = self.called(f, inner, |_| format!("${name}"));
        let value = value.replace("{}", &self.variable(f));
        let tail = f.tail();
        let text = format!(
            "type {outer}Any interface{{ Call{tail} }}\n\
             type {outer} struct{{ Before [3]uint16; {embedded} }}\n\
             var {name} {outer}Any = &{outer}{{[3]uint16{{1, 2, 3}}, {value}}}\n",
            embedded =
                embedded.replace("GoabiAny", &format!("{outer}Any")).replace("GoabiRecv", &format!("GoabiRecv_{stem}")),
        );
        made.declare(&name, text);
        made
    }
}
