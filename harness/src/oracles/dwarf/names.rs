//! The names that Go gives to unnamed parameters, and to types, in DWARF.

use goabi_cases::signature::{Param, Signature};
use goabi_cases::types::{ChanDir, FuncType, GoType, Method, NamedType, StructType, USER_PACKAGE};
use goabi_cases::version::GoVersion;

/// Stands for the case's own package in names that are compared.
const OWN: &str = "@";

/// What an entry of the signature is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Receiver,
    Param(usize),
    Result(usize),
}

impl Role {
    /// The path under which the entry's checks are reported.
    pub(super) fn path(self) -> String {
        match self {
            Role::Receiver => "dwarf.receiver".to_string(),
            Role::Param(i) => format!("dwarf.params[{i}]"),
            Role::Result(i) => format!("dwarf.results[{i}]"),
        }
    }
}

/// One entry that the signature calls for.
#[derive(Clone, Debug)]
pub(super) struct Entry<'a> {
    pub role: Role,
    /// The name that the compiler gives it.
    pub name: String,
    pub param: &'a Param,
    /// Whether that release leaves it out.
    pub optional: bool,
}

/// Since this release parameters without a name are declared as `~p0`, results
/// as `~r0` (`declareParams`, cmd/compile/internal/ir/func.go). Before it such
/// parameters had no entry, and blank results were `~b0`
/// (cmd/compile/internal/noder/reader.go).
const ALL_DECLARED: GoVersion = GoVersion { major: 1, minor: 22, patch: 0, pre: 0 };

/// The entries of a signature in DWARF's order.
pub(super) fn entries(sig: &Signature, version: GoVersion) -> Vec<Entry<'_>> {
    let all = version >= ALL_DECLARED;
    let mut out = Vec::new();
    let inputs = sig.receiver.iter().map(|r| (Role::Receiver, r));
    let inputs = inputs.chain(sig.params.iter().enumerate().map(|(i, p)| (Role::Param(i), p)));
    for (i, (role, param)) in inputs.enumerate() {
        let visible = param.visible_name();
        let name = visible.map_or_else(|| format!("~p{i}"), str::to_string);
        out.push(Entry { role, name, param, optional: visible.is_none() && !all });
    }
    for (i, param) in sig.results.iter().enumerate() {
        let letter = if param.name.is_some() && !all { 'b' } else { 'r' };
        let name = param.visible_name().map_or_else(|| format!("~{letter}{i}"), str::to_string);
        out.push(Entry { role: Role::Result(i), name, param, optional: false });
    }
    out
}

/// A type's name as the linker's type symbols spell it, the case's own package
/// replaced by a marker and other import paths cut to their last element.
pub(super) fn expected(ty: &GoType) -> String {
    match ty {
        GoType::Basic(b) => b.name().to_string(),
        GoType::Slice(e) => format!("[]{}", expected(e)),
        GoType::Array(n, e) => format!("[{n}]{}", expected(e)),
        GoType::Pointer(e) => format!("*{}", expected(e)),
        GoType::Map(k, v) => format!("map[{}]{}", expected(k), expected(v)),
        GoType::Chan(dir, e) => {
            let inner = expected(e);
            match dir {
                ChanDir::Send => format!("chan<- {inner}"),
                ChanDir::Recv => format!("<-chan {inner}"),
                ChanDir::Both if inner.starts_with("<-") => format!("chan ({inner})"),
                ChanDir::Both => format!("chan {inner}"),
            }
        }
        GoType::Func(f) => format!("func{}", tail(f)),
        GoType::Interface(i) => {
            let methods: Vec<String> = i.methods.iter().map(method).collect();
            braces("interface", &methods)
        }
        GoType::Struct(s) => braces("struct", &fields(s)),
        GoType::Named(n) => named(n),
    }
}

fn braces(word: &str, parts: &[String]) -> String {
    if parts.is_empty() { format!("{word} {{}}") } else { format!("{word} {{ {} }}", parts.join("; ")) }
}

/// Names that are not exported belong to their package.
fn qualified(name: &str) -> String {
    if name.chars().next().is_some_and(char::is_uppercase) { name.to_string() } else { format!("{OWN}.{name}") }
}

fn method(m: &Method) -> String {
    format!("{}{}", qualified(&m.name), tail(&m.ty))
}

fn fields(s: &StructType) -> Vec<String> {
    let field = |f: &goabi_cases::types::Field| {
        let name = if f.embedded { String::new() } else { format!("{} ", qualified(&f.name)) };
        let tag = if f.tag.is_empty() { String::new() } else { format!(" {:?}", f.tag) };
        format!("{name}{}{tag}", expected(&f.ty))
    };
    s.fields.iter().map(field).collect()
}

fn tail(f: &FuncType) -> String {
    let mut params: Vec<String> = f.params.iter().map(expected).collect();
    if f.variadic
        && let Some(GoType::Slice(e)) = f.params.last()
        && let Some(last) = params.last_mut()
    {
        *last = format!("...{}", expected(e));
    }
    let results: Vec<String> = f.results.iter().map(expected).collect();
    let results = match results.as_slice() {
        [] => String::new(),
        [one] => format!(" {one}"),
        many => format!(" ({})", many.join(", ")),
    };
    format!("({}){results}", params.join(", "))
}

fn named(n: &NamedType) -> String {
    let package = match n.package.as_str() {
        "" => String::new(),
        USER_PACKAGE => format!("{OWN}."),
        other => format!("{other}."),
    };
    let args: Vec<String> = n.type_args.iter().map(expected).collect();
    let args = if args.is_empty() { String::new() } else { format!("[{}]", args.join(",")) };
    format!("{package}{}{args}", n.name)
}

/// Brings a name out of DWARF to the form of [`expected`].
pub(super) fn actual(name: &str, package_path: &str) -> String {
    let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '/' | '-' | '~' | '%' | '@');
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while !rest.is_empty() {
        let len = rest.find(|c| !word(c)).unwrap_or(rest.len());
        let (token, after) = rest.split_at(len);
        // `...` of a variadic parameter is no part of a path.
        let dots = token.len() - token.trim_start_matches("...").len();
        let (lead, token) = token.split_at(dots);
        out.push_str(lead);
        let own = token.strip_prefix(package_path).and_then(|t| t.strip_prefix('.'));
        match own {
            Some(t) => {
                out.push_str(OWN);
                out.push('.');
                out.push_str(t);
            }
            None => out.push_str(token.rsplit('/').next().unwrap_or(token)),
        }
        let mut chars = after.chars();
        if let Some(c) = chars.next() {
            out.push(c);
        }
        rest = chars.as_str();
    }
    out
}
