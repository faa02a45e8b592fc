//! A call of a method through an interface; the receiver is a pointer and
//! takes the first integer register.

use super::{CallKind, Declaration, Declared, pointer_receiver};
use crate::function::FunctionText;
use goabi_cases::case::Case;
use goabi_cases::types::{Basic, Field, GoType, StructType};
use goabi_cases::value::{Place, Pointer, Value};
use std::sync::Arc;

/// What the receiver's only field holds: each byte tells itself.
const RECEIVER: u64 = 0xa1a2_a3a4_a5a6_a7a8;

pub(super) struct Kind;

impl CallKind for Kind {
    fn id(&self) -> &'static str {
        "interface_method"
    }
    fn about(&self) -> &'static str {
        "a pointer-receiver method through an interface"
    }
    fn applies(&self, _: &Case) -> Result<(), String> {
        Ok(())
    }
    fn declare(&self, f: &FunctionText) -> Vec<Declaration> {
        let stem = f.stem();
        let ty = format!("GoabiRecv_{stem}");
        let method = f.declare(Some(&format!("goabiRecv *{ty}")), "Call", true);
        let text = format!(
            "type {ty} struct{{ Goabi uint64 }}\n\
             var GoabiIface_{stem} interface {{ Call{} }} = &{ty}{{{RECEIVER:#x}}}\n\
             {method}",
            f.tail()
        );
        let field = Field { name: "Goabi".into(), ty: GoType::Basic(Basic::Uint64), embedded: false, tag: String::new() };
        let underlying = GoType::Struct(Arc::new(StructType { fields: vec![field] }));
        let declared = Declared {
            symbol: format!("(*{ty}).Call"),
            line: 3,
            receiver: Some(pointer_receiver(&ty, underlying)),
            receiver_value: Some(Value::Pointer(Some(Pointer {
                place: Place::Address(1),
                target: Some(Box::new(Value::Struct(vec![Value::Int(RECEIVER.into())]))),
            }))),
            inlinable: false,
        };
        vec![Declaration { name: ty, text, functions: vec![declared] }]
    }
    fn callee(&self, f: &FunctionText, own: &str) -> String {
        format!("{own}GoabiIface_{}.Call", f.stem())
    }
}
