//! The call kinds: ways in which Go calls a function. One file each; the list
//! at the end gives the command line's words, the docs and the schema.

use crate::function::FunctionText;
use goabi_cases::case::Case;
use goabi_cases::signature::Param;
use goabi_cases::types::{GoType, NamedType, USER_PACKAGE};
use goabi_cases::value::Value;
use std::sync::{Arc, OnceLock};

/// Declarations that a call kind adds to the case file's package.
pub struct Declaration {
    /// Unique in the package: two call kinds may share one declaration.
    pub name: String,
    pub text: String,
    /// Functions under test among it.
    pub functions: Vec<Declared>,
}

/// A function under test that a declaration contains.
pub struct Declared {
    /// The symbol behind the package path: `F_0`, `(*T_0).Call`.
    pub symbol: String,
    /// The `func` keyword's line within the declaration's text, from 0 on.
    pub line: u32,
    pub receiver: Option<Param>,
    /// The value that the receiver has at each call.
    pub receiver_value: Option<Value>,
    /// Whether it may be inlined everywhere, so that it need not exist on its own.
    pub inlinable: bool,
}

/// One way of calling a function.
pub trait CallKind: Sync {
    /// The word in a cell's text and on the command line; the file's name.
    fn id(&self) -> &'static str;
    /// One line for people.
    fn about(&self) -> &'static str;
    /// Why the case cannot be called so, if it cannot.
    ///
    /// # Errors
    /// The reason.
    fn applies(&self, case: &Case) -> Result<(), String>;
    /// What the case file's package needs for it.
    fn declare(&self, f: &FunctionText) -> Vec<Declaration>;
    /// What is called, as the caller writes it before the arguments; `own` is
    /// what stands before names of the case file's package: `p.` or nothing.
    fn callee(&self, f: &FunctionText, own: &str) -> String;
    /// Whether the caller stands in the case file's own package.
    fn same_package(&self) -> bool {
        false
    }
}

/// A pointer receiver of a type that goabi itself declares in the case file's package.
pub(crate) fn pointer_receiver(type_name: &str, underlying: GoType) -> Param {
    let named = NamedType {
        name: type_name.to_string(),
        package: USER_PACKAGE.to_string(),
        type_args: vec![],
        underlying: OnceLock::from(underlying),
        methods: OnceLock::from(vec![]),
    };
    Param { name: Some("goabiRecv".into()), ty: GoType::Pointer(Arc::new(GoType::Named(Arc::new(named)))) }
}

macro_rules! calls {
    ($($module:ident),* $(,)?) => {
        $(mod $module;)*
        /// All call kinds, in the order in which they are listed.
        pub static CALLS: &[&dyn CallKind] = &[$(&$module::Kind),*];
        #[cfg(test)]
        const MODULES: &[&str] = &[$(stringify!($module)),*];
    };
}

calls! { direct, inline, func_value, interface_method }

/// The call kinds' words.
#[must_use]
pub fn ids() -> Vec<&'static str> {
    CALLS.iter().map(|c| c.id()).collect()
}

/// The call kind of that word.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static dyn CallKind> {
    CALLS.iter().find(|c| c.id() == id).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_is_listed_under_its_name() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/call");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
            .filter(|n| n != "mod")
            .collect();
        files.sort();
        let mut listed = MODULES.to_vec();
        listed.sort_unstable();
        assert_eq!(files, listed);
        assert_eq!(ids(), MODULES);
    }
}
