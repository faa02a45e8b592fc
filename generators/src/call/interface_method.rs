//! A call of a method through an interface; the receiver is a pointer and
//! takes the first integer register.

use super::{CallKind, Declaration, Declared, pointer_receiver};
use crate::function::FunctionText;
use goabi_cases::case::Case;
use goabi_cases::types::{Basic, Field, GoType, StructType};
use std::sync::Arc;

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
             var GoabiIface_{stem} interface {{ Call{} }} = &{ty}{{0xa1a2a3a4a5a6a7a8}}\n\
             {method}",
            f.tail()
        );
        let field = Field { name: "Goabi".into(), ty: GoType::Basic(Basic::Uint64), embedded: false, tag: String::new() };
        let underlying = GoType::Struct(Arc::new(StructType { fields: vec![field] }));
        let declared = Declared {
            symbol: format!("(*{ty}).Call"),
            line: 3,
            receiver: Some(pointer_receiver(&ty, underlying)),
            inlinable: false,
        };
        vec![Declaration { name: ty, text, functions: vec![declared] }]
    }
    fn callee(&self, f: &FunctionText, own: &str) -> String {
        format!("{own}GoabiIface_{}.Call", f.stem())
    }
}
