//! The declarations that a case's Go can name: the file's own, and the few of
//! the standard library that values are made of. Types are resolved on demand
//! and shared, so that identical types are one node.

use crate::bounds::MAX_TYPES;
use crate::syntax::{Fragment, GoError, Parsed, children, fields, parse};
use crate::types::{GoType, Method, NamedType, USER_PACKAGE};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::{Arc, LazyLock, Mutex, OnceLock};
use tree_sitter::Node;

/// Type parameters in force: name to argument.
pub type Env = HashMap<String, GoType>;

/// A block of declarations and what it declares.
pub struct Scope {
    /// The package's name: [`USER_PACKAGE`] for a case file.
    pub package: &'static str,
    parsed: Parsed,
    types: BTreeMap<String, TypeDecl>,
    pub(crate) consts: BTreeMap<String, ConstDecl>,
    pub(crate) vars: BTreeMap<String, VarDecl>,
    /// All package-level names, for finding clashes.
    names: Vec<(String, Range<usize>)>,
    instances: Mutex<HashMap<String, Arc<NamedType>>>,
}

struct TypeDecl {
    right: Range<usize>,
    alias: bool,
    params: Vec<String>,
    methods: Vec<MethodDecl>,
}

struct MethodDecl {
    node: Range<usize>,
    name: String,
    pointer: bool,
    /// What the receiver calls the type's parameters.
    params: Vec<String>,
}

/// A constant's declaration.
pub(crate) struct ConstDecl {
    /// Its expression; of the line above where it repeats.
    pub value: Range<usize>,
    pub ty: Option<Range<usize>>,
    pub iota: u32,
}

/// A package variable's declaration.
pub(crate) struct VarDecl {
    pub value: Option<Range<usize>>,
    pub ty: Option<Range<usize>>,
}

/// What packages of the standard library declare, as far as values need it.
const STD: [(&str, &str); 8] = [
    ("errors", "type errorString struct { s string }\nfunc (e *errorString) Error() string { return \"\" }"),
    (
        "fmt",
        "type Stringer interface { String() string }\ntype wrapError struct { msg string; err error }\n\
         func (e *wrapError) Error() string { return \"\" }\nfunc (e *wrapError) Unwrap() error { return nil }\n\
         type wrapErrors struct { msg string; errs []error }\nfunc (e *wrapErrors) Error() string { return \"\" }\n\
         func (e *wrapErrors) Unwrap() []error { return nil }",
    ),
    (
        "io",
        "type Reader interface { Read(p []byte) (n int, err error) }\n\
         type Writer interface { Write(p []byte) (n int, err error) }\ntype Closer interface { Close() error }",
    ),
    ("runtime", "type Error interface { error; RuntimeError() }"),
    (
        "time",
        "type Duration int64\nfunc (d Duration) String() string { return \"\" }\ntype Month int\ntype Weekday int",
    ),
    ("os", "type Signal interface { String() string; Signal() }"),
    ("sort", "type Interface interface { Len() int; Less(i, j int) bool; Swap(i, j int) }"),
    ("reflect", "type Kind uint"),
];

static STD_SCOPES: LazyLock<HashMap<&'static str, Scope>> =
    LazyLock::new(|| STD.iter().filter_map(|(name, text)| Some((*name, Scope::read(name, text).ok()?))).collect());

static ERROR: LazyLock<GoType> = LazyLock::new(|| {
    let method = Method {
        name: "Error".into(),
        ty: crate::types::FuncType {
            params: vec![],
            results: vec![GoType::Basic(crate::types::Basic::String)],
            variadic: false,
        },
        pointer_receiver: false,
    };
    let underlying = GoType::Interface(Arc::new(crate::types::InterfaceType { methods: vec![method] }));
    GoType::Named(Arc::new(NamedType {
        name: "error".into(),
        package: String::new(),
        type_args: vec![],
        underlying: OnceLock::from(underlying),
        methods: OnceLock::from(vec![]),
    }))
});

/// The predeclared type `error`.
#[must_use]
pub fn error_type() -> GoType {
    ERROR.clone()
}

/// The scope of a package of the standard library that is known here.
pub(crate) fn std_scope(package: &str) -> Option<&'static Scope> {
    STD_SCOPES.get(package)
}

/// A type that a known package declares.
///
/// # Errors
/// The package or the type is not known here.
pub(crate) fn std_type(package: &str, name: &str) -> Result<GoType, String> {
    let scope =
        std_scope(package).ok_or_else(|| format!("package {package} is not known to goabi's value language"))?;
    scope.named(name, &[]).map_err(|e| e.message)
}

impl Scope {
    /// A scope that declares nothing.
    ///
    /// # Errors
    /// None in practice: the empty text parses.
    pub fn empty() -> Result<Scope, GoError> {
        Scope::read(USER_PACKAGE, "")
    }

    /// Reads a block of declarations and resolves its types.
    ///
    /// # Errors
    /// The first declaration that is not understood.
    pub fn read(package: &'static str, text: &str) -> Result<Scope, GoError> {
        let parsed = parse(Fragment::Declarations, text)?;
        let mut s = Scope {
            package,
            types: BTreeMap::new(),
            consts: BTreeMap::new(),
            vars: BTreeMap::new(),
            names: Vec::new(),
            instances: Mutex::default(),
            parsed,
        };
        let methods = s.collect(text)?;
        if let Some((_, (name, t))) = s.types.iter().enumerate().find(|(i, _)| *i == MAX_TYPES) {
            let message = format!("a file declares at most {MAX_TYPES} types; `{name}` is one more");
            return Err(GoError::new(t.right.clone(), message).help("split it into several files"));
        }
        for (receiver, at, m) in methods {
            let Some(t) = s.types.get_mut(&receiver) else {
                return Err(GoError::new(at, format!("method on `{receiver}`, which is not declared here")));
            };
            t.methods.push(m);
        }
        // Constraints are no types of values: they matter to Go's compiler alone.
        let constraint = |t: &TypeDecl| s.node(&t.right).is_some_and(|n| is_constraint(&s.parsed, n));
        let plain: Vec<String> =
            s.types.iter().filter(|(_, t)| t.params.is_empty() && !constraint(t)).map(|(n, _)| n.clone()).collect();
        for name in plain {
            s.named(&name, &[])?;
        }
        Ok(s)
    }

    /// The block's parse tree.
    #[must_use]
    pub fn parsed(&self) -> &Parsed {
        &self.parsed
    }

    /// The package-level names that the block declares, with their places.
    #[must_use]
    pub fn names(&self) -> &[(String, Range<usize>)] {
        &self.names
    }

    /// The names of the types that it declares, for hints.
    pub fn type_names(&self) -> impl Iterator<Item = &str> {
        self.types.keys().map(String::as_str)
    }

    /// Whether it declares a type of that name.
    #[must_use]
    pub fn has_type(&self, name: &str) -> bool {
        self.types.contains_key(name)
    }

    fn declare(&mut self, n: Node) {
        let (name, at) = (self.parsed.text(n).to_string(), self.parsed.range(n));
        if name != "_" && name != "init" {
            self.names.push((name, at));
        }
    }

    fn collect(&mut self, text: &str) -> Result<Vec<(String, Range<usize>, MethodDecl)>, GoError> {
        // Parsed once more, so that names can be noted in `self` while walking.
        let p = &parse(Fragment::Declarations, text)?;
        let mut methods = Vec::new();
        for n in children(p.root()) {
            match n.kind() {
                "package_clause" | "empty_statement" => {}
                "type_declaration" => {
                    for spec in children(n) {
                        let (Some(name), Some(right)) =
                            (spec.child_by_field_name("name"), spec.child_by_field_name("type"))
                        else {
                            return Err(p.error(spec, "a type declaration without a name or a type"));
                        };
                        let params = spec.child_by_field_name("type_parameters").map_or(vec![], |l| {
                            children(l).iter().flat_map(|d| fields(*d, "name")).map(|n| p.text(n).to_string()).collect()
                        });
                        self.declare(name);
                        let decl = TypeDecl {
                            right: p.range(right),
                            alias: spec.kind() == "type_alias",
                            params,
                            methods: vec![],
                        };
                        self.types.insert(p.text(name).to_string(), decl);
                    }
                }
                "const_declaration" => self.collect_consts(p, n),
                "var_declaration" => self.collect_vars(p, n),
                "function_declaration" => {
                    if let Some(name) = n.child_by_field_name("name") {
                        self.declare(name);
                    }
                }
                "method_declaration" => methods.push(method_decl(p, n)?),
                "import_declaration" => {
                    return Err(p.error(n, "imports do not belong here").help("list the packages under `imports:`"));
                }
                _ => return Err(p.error(n, "a Go declaration is wanted here (type, func, const, var)")),
            }
        }
        Ok(methods)
    }

    fn collect_consts(&mut self, p: &Parsed, n: Node) {
        let (mut iota, mut last) = (0, None);
        for spec in children(n) {
            let names = fields(spec, "name");
            let values: Vec<_> = spec.child_by_field_name("value").map_or(vec![], children);
            let ty = spec.child_by_field_name("type").map(|t| p.range(t));
            if !values.is_empty() {
                last = Some((values.iter().map(|v| p.range(*v)).collect::<Vec<_>>(), ty));
            }
            let names: Vec<_> = names.into_iter().filter(|n| n.kind() == "identifier").collect();
            if let Some((values, ty)) = &last {
                for (name, value) in names.iter().zip(values) {
                    self.declare(*name);
                    let decl = ConstDecl { value: value.clone(), ty: ty.clone(), iota };
                    self.consts.insert(p.text(*name).to_string(), decl);
                }
            }
            iota += 1;
        }
    }

    fn collect_vars(&mut self, p: &Parsed, n: Node) {
        let specs =
            children(n).into_iter().flat_map(|c| if c.kind() == "var_spec_list" { children(c) } else { vec![c] });
        for spec in specs {
            let values: Vec<_> = spec.child_by_field_name("value").map_or(vec![], children);
            for (i, name) in fields(spec, "name").into_iter().enumerate() {
                self.declare(name);
                let ty = spec.child_by_field_name("type").map(|t| p.range(t));
                let decl = VarDecl { value: values.get(i).map(|v| p.range(*v)), ty };
                self.vars.insert(p.text(name).to_string(), decl);
            }
        }
    }

    /// The node that stands on that range of the block.
    pub(crate) fn node(&self, at: &Range<usize>) -> Option<Node<'_>> {
        self.parsed.node(at)
    }

    /// The declared type of that name with the given type arguments.
    ///
    /// # Errors
    /// No such type, a wrong number of type arguments, or a declaration that is not understood.
    pub fn named(&self, name: &str, args: &[GoType]) -> Result<GoType, GoError> {
        let nowhere = || GoError::new(0..0, format!("type `{name}` is not declared"));
        let decl = self.types.get(name).ok_or_else(nowhere)?;
        if decl.params.len() != args.len() {
            let message = format!("`{name}` takes {} type arguments, not {}", decl.params.len(), args.len());
            return Err(GoError::new(0..0, message));
        }
        let env: Env = decl.params.iter().cloned().zip(args.iter().cloned()).collect();
        let right = self.node(&decl.right).ok_or_else(nowhere)?;
        if decl.alias {
            return crate::resolve::resolve(self, &self.parsed, right, &env);
        }
        let key = format!("{name}{args:?}");
        let lock = |s: &Self| s.instances.lock().map(|m| m.get(&key).cloned()).unwrap_or_default();
        if let Some(known) = lock(self) {
            return Ok(GoType::Named(known));
        }
        let named = Arc::new(NamedType {
            name: name.to_string(),
            package: self.package.to_string(),
            type_args: args.to_vec(),
            underlying: OnceLock::new(),
            methods: OnceLock::new(),
        });
        if let Ok(mut m) = self.instances.lock() {
            // `Box[Box[...]]` declared in terms of ever larger instances never ends.
            if m.len() > 10_000 {
                return Err(GoError::new(decl.right.clone(), "too many instances of generic types"));
            }
            m.insert(key, Arc::clone(&named));
        }
        let underlying = crate::resolve::resolve(self, &self.parsed, right, &env)?;
        if matches!(&underlying, GoType::Named(n) if n.underlying.get().is_none()) {
            return Err(GoError::new(decl.right.clone(), format!("type `{name}` is declared in terms of itself")));
        }
        // Nobody else holds this node's cell: it was inserted above under the key.
        let _ = named.underlying.set(underlying.underlying().clone());
        let mut methods = Vec::new();
        for m in &decl.methods {
            let env: Env = m.params.iter().cloned().zip(args.iter().cloned()).collect();
            let Some(node) = self.node(&m.node) else { continue };
            let ty = crate::resolve::func_type(self, &self.parsed, node, &env)?;
            methods.push(Method { name: m.name.clone(), ty, pointer_receiver: m.pointer });
        }
        let _ = named.methods.set(methods);
        Ok(GoType::Named(named))
    }
}

/// Whether an interface has type elements, and so can constrain only.
fn is_constraint(p: &Parsed, n: Node) -> bool {
    n.kind() == "interface_type"
        && children(n).iter().filter(|e| e.kind() == "type_elem").any(|e| {
            let parts = children(*e);
            parts.len() != 1 || parts.iter().any(|t| t.kind() == "negated_type" || p.text(*t) == "comparable")
        })
}

fn method_decl(p: &Parsed, n: Node) -> Result<(String, Range<usize>, MethodDecl), GoError> {
    let name = n.child_by_field_name("name").ok_or_else(|| p.error(n, "a method without a name"))?;
    let receiver = n.child_by_field_name("receiver").and_then(|l| children(l).first().copied());
    let mut ty = receiver
        .and_then(|r| r.child_by_field_name("type"))
        .ok_or_else(|| p.error(n, "a method without a receiver"))?;
    let pointer = ty.kind() == "pointer_type";
    if pointer {
        ty = ty.named_child(0).ok_or_else(|| p.error(n, "a method without a receiver"))?;
    }
    let mut params = Vec::new();
    if ty.kind() == "generic_type" {
        let args = ty.child_by_field_name("type_arguments").map_or(vec![], children);
        params = args.iter().map(|a| p.text(*a).to_string()).collect();
        ty = ty.child_by_field_name("type").unwrap_or(ty);
    }
    let m = MethodDecl { node: p.range(n), name: p.text(name).to_string(), pointer, params };
    Ok((p.text(ty).to_string(), p.range(name), m))
}

/// The names of the methods that a value of the type has, promoted ones included.
#[must_use]
pub fn method_names(t: &GoType) -> Vec<String> {
    fn collect(t: &GoType, addressable: bool, depth: u8, out: &mut Vec<String>) {
        if depth > 8 {
            return;
        }
        let (base, pointer) = match t {
            GoType::Pointer(e) => (e.as_ref(), true),
            other => (other, addressable),
        };
        if let GoType::Named(n) = base {
            out.extend(
                n.methods
                    .get()
                    .into_iter()
                    .flatten()
                    .filter(|m| pointer || !m.pointer_receiver)
                    .map(|m| m.name.clone()),
            );
        }
        match base.underlying() {
            GoType::Interface(i) if !matches!(t, GoType::Pointer(_)) => {
                out.extend(i.methods.iter().map(|m| m.name.clone()))
            }
            GoType::Struct(s) => {
                for f in s.fields.iter().filter(|f| f.embedded) {
                    collect(&f.ty, pointer, depth + 1, out);
                }
            }
            _ => {}
        }
    }
    let mut out = Vec::new();
    collect(t, false, 0, &mut out);
    out.sort();
    out.dedup();
    out
}

/// The first method that the interface wants and the type has not.
#[must_use]
pub fn missing_method(t: &GoType, interface: &GoType) -> Option<String> {
    let GoType::Interface(i) = interface.underlying() else { return None };
    let have = method_names(t);
    i.methods.iter().map(|m| &m.name).find(|n| !have.contains(n)).cloned()
}
