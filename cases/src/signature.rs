//! A function's signature with its parameters' and results' names.

use crate::types::{FuncType, GoType};

/// One parameter or result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    /// `None` where it is unnamed; `Some("_")` where it is blank.
    pub name: Option<String>,
    /// For a variadic parameter the slice type.
    pub ty: GoType,
}

/// The signature of a function under test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// A method's receiver.
    pub receiver: Option<Param>,
    pub params: Vec<Param>,
    pub results: Vec<Param>,
    /// Whether the last parameter is variadic.
    pub variadic: bool,
}

impl Param {
    /// The name by which the function's body can refer to it, if it can.
    #[must_use]
    pub fn visible_name(&self) -> Option<&str> {
        self.name.as_deref().filter(|n| *n != "_")
    }
}

impl Signature {
    /// The function type: names and receiver dropped.
    #[must_use]
    pub fn func_type(&self) -> FuncType {
        FuncType {
            params: self.params.iter().map(|p| p.ty.clone()).collect(),
            results: self.results.iter().map(|p| p.ty.clone()).collect(),
            variadic: self.variadic,
        }
    }

    /// The types of all parameters and results, receiver first.
    pub fn types(&self) -> impl Iterator<Item = &GoType> {
        self.receiver.iter().chain(&self.params).chain(&self.results).map(|p| &p.ty)
    }
}
