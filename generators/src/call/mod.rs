//! The call kinds: ways in which Go calls a function. One file each; the list
//! at the end gives the command line's words, the docs and the schema. Two of
//! them make a chain: the outer one calls what the inner one made of the
//! function under test.

pub use crate::cgo::Part;
use crate::function::FunctionText;
use goabi_cases::arch::Arch;
use goabi_cases::case::Case;
use goabi_cases::signature::Param;
use goabi_cases::value::Value;
use goabi_cases::version::GoVersion;
use std::sync::OnceLock;

/// What a program is generated for, as far as its text depends on it.
#[derive(Clone, Copy, Debug)]
pub struct Port {
    pub arch: &'static Arch,
    pub version: GoVersion,
    /// Whether a call's arguments are to be all that holds what they point at.
    pub takes: bool,
    /// Whether a profile is generated that says that each call is hot.
    pub profiled: bool,
}

/// Declarations that a call kind adds to the case file's package.
#[derive(Clone, Debug)]
pub struct Declaration {
    /// Unique in the package: two call kinds may share one declaration.
    pub name: String,
    pub text: String,
    pub place: Place,
    /// Functions under test among it.
    pub functions: Vec<Declared>,
}

/// The file that a declaration stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The case's own file.
    Case,
    /// A file of the case that only toolchains of that version and newer
    /// compile, with that version of the language: the minor number.
    Since(u32),
    /// A file of the case that imports package unsafe, beside an assembly file,
    /// so that functions without a body are allowed: what `go:linkname` asks for.
    Linked,
    /// The case's assembly file.
    Assembly,
    /// A file of the program's package with C.
    Cgo(Part),
}

/// A function under test that a declaration contains.
#[derive(Clone, Debug)]
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
    /// Whether it is instantiated with a dictionary, so that its code has another
    /// signature than the case says: only tracebacks know it then.
    pub dictionary: bool,
    /// The call kind in whose cells DWARF is judged: several kinds may share a function.
    pub owner: &'static str,
}

/// Something that can be called with the function's own signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callee {
    /// The expression before the arguments; `$` stands where a name of the case
    /// file's package begins.
    expression: String,
    /// What stands before the arguments proper: the receiver of a method expression.
    first: Option<String>,
    /// A func value of the function's own signature.
    value: String,
    /// Whether a `defer` of it defers the function under test itself, so that
    /// its `recover` is one "called directly by a deferred function". Wrappers
    /// that the compiler makes do not count, functions of a program do; `None`
    /// where the specification does not say.
    pub deferrable: Option<bool>,
    /// The values that come with the call beside its arguments (a receiver,
    /// captured variables), outermost first, as the function reports them.
    pub context: Vec<Value>,
}

/// What a call kind makes.
#[derive(Clone, Debug)]
pub struct Made {
    pub declarations: Vec<Declaration>,
    pub callee: Callee,
    /// Whether the function under test itself was deferred, where the outer kind
    /// defers what it was given: see [`Callee::deferrable`].
    pub deferred: Option<bool>,
}

/// What becomes of the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Results {
    /// The caller gets them.
    Returned,
    /// Nobody gets them: those of a deferred call.
    Dropped,
}

/// Whether an outer kind's panic is under way while it calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meanwhile {
    Nothing,
    /// A panic of the caller's own, which only a `recover` "called directly by a
    /// deferred function" ends (Go specification, Handling panics).
    Panicking,
}

/// One way of calling a function.
pub trait CallKind: Sync {
    /// The word in a cell's text and on the command line; the file's name.
    fn id(&self) -> &'static str;
    /// One line for people.
    fn about(&self) -> &'static str;
    /// Why the case cannot be called so there, if it cannot.
    ///
    /// # Errors
    /// The reason.
    fn applies(&self, _case: &Case, _port: &Port) -> Result<(), String> {
        Ok(())
    }
    /// Makes what is called: of the function under test itself, or of what
    /// another kind made of it.
    fn make(&self, f: &FunctionText, inner: Option<&Callee>) -> Made;
    /// Whether the caller stands in the case file's own package.
    fn same_package(&self) -> bool {
        false
    }
    fn results(&self) -> Results {
        Results::Returned
    }
    fn meanwhile(&self) -> Meanwhile {
        Meanwhile::Nothing
    }
    /// Why registers and DWARF of the function that it calls are not judged, if
    /// they are not.
    fn unexamined(&self) -> Option<&'static str> {
        None
    }
    /// Whether the program needs a C compiler: such calls are in programs of
    /// their own.
    fn needs_c(&self) -> bool {
        false
    }
    /// Whether it may stand before another in a chain. A call by name of a
    /// function that calls another adds nothing.
    fn wraps(&self) -> bool {
        true
    }
    /// Whether it may stand behind another in a chain.
    fn wrapped(&self) -> bool {
        true
    }
}

/// A call kind, or a chain of two.
pub struct Call {
    id: String,
    outer: &'static dyn CallKind,
    inner: Option<&'static dyn CallKind>,
}

impl Made {
    /// What deferring nothing makes.
    pub(crate) fn new(declarations: Vec<Declaration>, callee: Callee) -> Made {
        Made { declarations, callee, deferred: Some(false) }
    }
}

impl Callee {
    /// A callee. `expression`: with `$` where a name of the case file's package begins.
    pub(crate) fn new(expression: impl Into<String>, deferrable: bool) -> Callee {
        let expression = expression.into();
        Callee { value: expression.clone(), expression, first: None, deferrable: Some(deferrable), context: vec![] }
    }

    /// With a value that comes with the call, and what the inner callee brings.
    pub(crate) fn with(mut self, own: Option<Value>, inner: Option<&Callee>) -> Callee {
        self.context = own.into_iter().chain(inner.iter().flat_map(|i| i.context.clone())).collect();
        if inner.is_some() {
            self.deferrable = Some(false);
        }
        self
    }

    /// Calls the same by another expression; `deferrable`: what that expression
    /// makes of it.
    pub(crate) fn says(&mut self, expression: &str, deferrable: Option<bool>) {
        self.expression = expression.to_string();
        self.value = expression.to_string();
        self.first = None;
        if self.deferrable != Some(false) {
            self.deferrable = deferrable;
        }
    }

    /// Calls the same by a function whose first parameter is another one.
    pub(crate) fn takes_first(&mut self, expression: &str, first: &str) {
        self.expression = expression.to_string();
        self.first = Some(first.to_string());
    }

    /// Names a func value for where one is needed.
    pub(crate) fn stands_for(&mut self, value: &str) {
        self.value = value.to_string();
    }

    /// The call with these arguments; `own` is what stands before names of the
    /// case file's package: `p.` or nothing.
    #[must_use]
    pub fn call(&self, own: &str, args: &[String]) -> String {
        let args: Vec<&str> = self.first.iter().chain(args).map(String::as_str).collect();
        format!("{}({})", self.expression, args.join(", ")).replace('$', own)
    }

    /// The func value.
    pub(crate) fn value(&self, own: &str) -> String {
        self.value.replace('$', own)
    }
}

impl Call {
    /// The word in a cell's text: `method_value`, or `defer_late+method_value`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The kinds, outermost first.
    pub fn kinds(&self) -> impl Iterator<Item = &'static dyn CallKind> {
        std::iter::once(self.outer).chain(self.inner)
    }

    /// Whether it is a chain.
    #[must_use]
    pub fn chain(&self) -> bool {
        self.inner.is_some()
    }

    /// Why the case cannot be called so there, if it cannot.
    ///
    /// # Errors
    /// The reason.
    pub fn applies(&self, case: &Case, port: &Port) -> Result<(), String> {
        self.kinds().try_for_each(|k| k.applies(case, port))
    }

    /// Makes what is called, the inner part of a chain first.
    #[must_use]
    pub fn make(&self, f: &FunctionText) -> Made {
        let Some(inner) = self.inner else { return self.outer.make(f, None) };
        let made = inner.make(f, None);
        let outer = self.outer.make(&f.behind(inner.id()), Some(&made.callee));
        let declarations = made.declarations.into_iter().chain(outer.declarations).collect();
        Made { declarations, deferred: outer.deferred, callee: outer.callee }
    }

    /// Whether the caller stands in the case file's own package.
    #[must_use]
    pub fn same_package(&self) -> bool {
        self.outer.same_package()
    }

    /// Why registers and DWARF of the function under test are not judged, if
    /// they are not.
    #[must_use]
    pub fn unexamined(&self) -> Option<&'static str> {
        self.inner.unwrap_or(self.outer).unexamined()
    }

    /// Whether the program needs a C compiler.
    #[must_use]
    pub fn needs_c(&self) -> bool {
        self.kinds().any(CallKind::needs_c)
    }

    #[must_use]
    pub fn results(&self) -> Results {
        self.outer.results()
    }

    #[must_use]
    pub fn meanwhile(&self) -> Meanwhile {
        self.outer.meanwhile()
    }
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.id)
    }
}

macro_rules! calls {
    ($($module:ident),* $(,)?) => {
        $(mod $module;)*
        /// All call kinds, in the order in which they are listed.
        pub static KINDS: &[&dyn CallKind] = &[$(&$module::Kind),*];
        #[cfg(test)]
        const MODULES: &[&str] = &[$(stringify!($module)),*];
    };
}

calls! {
    direct, inline, func_value, closure_by_value, closure_by_reference, pointer_method, value_method, method_value,
    method_expression, promoted, promoted_pointer, promoted_interface, interface_method, interface_wide,
    interface_direct, generic, generic_shape, generic_method, constraint_method, defer_args, defer_loop, defer_late, defer_panicking,
    go_statement, reflect_call, reflect_method, reflect_interface, reflect_make_func, range_func, linkname,
    assembly_caller, assembly_callee, c_caller, c_callback,
}

/// What stands between the kinds of a chain.
pub const CHAIN: char = '+';

/// All call kinds, then all chains of two.
fn all() -> &'static [Call] {
    static ALL: OnceLock<Vec<Call>> = OnceLock::new();
    ALL.get_or_init(|| {
        let one = |k: &&'static dyn CallKind| Call { id: k.id().to_string(), outer: *k, inner: None };
        let mut out: Vec<Call> = KINDS.iter().map(one).collect();
        for outer in KINDS.iter().filter(|k| k.wraps()) {
            for inner in KINDS.iter().filter(|k| k.wrapped()) {
                let id = format!("{}{CHAIN}{}", outer.id(), inner.id());
                out.push(Call { id, outer: *outer, inner: Some(*inner) });
            }
        }
        out
    })
}

/// The calls by one kind.
#[must_use]
pub fn singles() -> &'static [Call] {
    &all()[..KINDS.len()]
}

/// The chains of two kinds.
#[must_use]
pub fn chains() -> &'static [Call] {
    &all()[KINDS.len()..]
}

/// The call kinds' words.
#[must_use]
pub fn ids() -> Vec<&'static str> {
    KINDS.iter().map(|c| c.id()).collect()
}

/// The call of that word: a kind, or a chain.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static Call> {
    all().iter().find(|c| c.id == id)
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

    #[test]
    fn chains_are_found_by_their_words() {
        assert_eq!(by_id("defer_late+method_value").unwrap().kinds().count(), 2);
        assert!(by_id("direct").is_some_and(|c| !c.chain()));
        for none in ["direct+direct", "defer_late+", "+direct", "defer_late+method_value+direct", "nothing"] {
            assert!(by_id(none).is_none(), "{none}");
        }
        let mut ids: Vec<_> = all().iter().map(Call::id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), singles().len() + chains().len());
    }
}
