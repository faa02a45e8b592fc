//! Many cases and calls to one program.

use crate::call::CallKind;
use crate::function::{FunctionText, setup};
use crate::names::{self, MODULE};
use crate::writer::Writer;
use goabi_cases::case::{Action, Case, CaseFile, RecoveredBy, Want};
use goabi_cases::signature::Param;
use goabi_cases::value::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;

/// A case and the call kinds by which it is to be called.
pub struct Selected<'a> {
    pub file: &'a CaseFile,
    pub case: &'a Case,
    pub calls: Vec<&'static dyn CallKind>,
}

/// A generated program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Relative path to text.
    pub files: BTreeMap<String, String>,
    /// The id in the transcript's header: of these sources, and no others.
    pub id: String,
    /// What runs, in the order of its numbers.
    pub units: Vec<Unit>,
    /// The functions under test that it contains.
    pub functions: Vec<Function>,
    /// Which case (an index into the selection) each generated file belongs to.
    pub owners: BTreeMap<String, usize>,
}

/// One thing that the program runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Index into the selection.
    pub case: usize,
    pub kind: UnitKind,
    /// Whether it needs a process of its own, because it is to die.
    pub isolated: bool,
}

/// What a unit does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnitKind {
    /// Reports size, alignment and offsets of the signature's types.
    Types,
    /// Calls the function.
    Call { call: &'static str, vector: usize },
}

/// A function under test in the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Index into the selection.
    pub case: usize,
    /// The call kinds that reach it.
    pub calls: Vec<&'static str>,
    /// The vectors that it serves.
    pub vectors: Vec<usize>,
    /// The symbol's full name, as in DWARF.
    pub symbol: String,
    /// The import path of its package.
    pub package: String,
    pub file: String,
    /// The line of its `func` keyword.
    pub line: u32,
    pub receiver: Option<Param>,
    /// The value that the receiver has at each call.
    pub receiver_value: Option<Value>,
    pub inlinable: bool,
}

/// The functions that are called in turns when a unit begins while a program is
/// watched, and the variable, an `int`, that then holds the unit's number:
/// linker symbols of each program.
pub const BEGIN: [&str; 2] = ["goabi.test/rt.even", "goabi.test/rt.odd"];
/// See [`BEGIN`].
pub const RUNNING: &str = "goabi.test/rt.Running";

const RT: &str = include_str!("rt/rt.go");

/// What each case file's package declares for bodies.
const HELPERS: &str = "\nfunc trace(s string) { goabi.Trace(s) }\n\nfunc recovered(r any) any { return goabi.Recovered(\"callee\", r) }\n";

/// Generates the program of a selection. Cases of one file must stand together.
#[must_use]
pub fn generate(selection: &[Selected]) -> Program {
    let mut p = Program {
        files: BTreeMap::new(),
        id: String::new(),
        units: vec![],
        functions: vec![],
        owners: BTreeMap::new(),
    };
    let mut start = 0;
    let mut packages: Vec<String> = Vec::new();
    while start < selection.len() {
        let file = selection[start].file;
        let same = |s: &Selected| s.file.topic == file.topic && s.file.stem == file.stem;
        let end = selection[start..].iter().position(|s| !same(s)).map_or(selection.len(), |n| start + n);
        packages.push(package(&mut p, selection, start..end));
        start = end;
    }
    p.files.insert("rt/rt.go".into(), RT.into());
    p.files.insert("go.mod".into(), format!("module {MODULE}\n\ngo 1.21\n"));
    p.id = id(&p.files);
    p.files.insert("main.go".into(), main_file(&p.id, &packages));
    p
}

fn id(files: &BTreeMap<String, String>) -> String {
    let mut h = Sha256::new();
    for (path, text) in files {
        h.update((path.len() as u64).to_le_bytes());
        h.update(path);
        h.update((text.len() as u64).to_le_bytes());
        h.update(text);
    }
    h.finalize().iter().take(8).fold(String::new(), |mut s, b| {
        let _ = write!(s, "{b:02x}");
        s
    })
}

fn main_file(id: &str, packages: &[String]) -> String {
    let mut w = Writer::default();
    let mut imports = vec![(None, format!("{MODULE}/rt"))];
    let aliases: Vec<String> = (0..packages.len()).map(|i| format!("u{i}")).collect();
    imports.extend(aliases.iter().zip(packages).map(|(a, p)| (Some(a.as_str()), p.clone())));
    w.header(None, "main", &imports);
    let lists: Vec<String> = aliases.iter().map(|a| format!("{a}.Units")).collect();
    w.block(&format!("\nfunc main() {{\n\trt.Main({id:?}, [][]rt.Unit{{{}}})\n}}", lists.join(", ")));
    w.finish()
}

/// Generates a case file's package and its callers' package; gives the latter's path.
fn package(p: &mut Program, selection: &[Selected], range: std::ops::Range<usize>) -> String {
    let file = selection[range.start].file;
    let path = names::package_path(&file.topic, &file.stem);
    let (own_folder, user_folder) = names::folders(file);
    let mut w = Writer::default();
    let mut imports = vec![(Some("goabi"), format!("{MODULE}/rt"))];
    imports.extend(file.imports.iter().map(|i| (None, i.clone())));
    w.header(None, "p", &imports);
    w.block(HELPERS);
    w.block(&format!("\n{}", file.types));
    p.files.insert(format!("{own_folder}/types.go"), w.finish());
    let mut entries: Vec<String> = Vec::new();
    for (i, s) in selection.iter().enumerate().take(range.end).skip(range.start) {
        let own = format!("{own_folder}/{}", names::go_file(s.case));
        let user = format!("{user_folder}/{}", names::go_file(s.case));
        let (own_text, user_text) = case_files(p, s, i, &path, &own, &mut entries);
        p.owners.insert(own.clone(), i);
        p.files.insert(own, own_text);
        if let Some(text) = user_text {
            p.owners.insert(user.clone(), i);
            p.files.insert(user, text);
        }
    }
    let mut w = Writer::default();
    w.header(
        None,
        "u",
        &[(Some("goabi"), format!("{MODULE}/rt")), (None, path.clone())]
            .map(|(n, q)| (if q == path { Some("p") } else { n }, q)),
    );
    w.block(&format!(
        "\n// Units is what can be run, in the order of its numbers.\nvar Units = []goabi.Unit{{\n\t{},\n}}",
        entries.join(",\n\t")
    ));
    p.files.insert(format!("{user_folder}/units.go"), w.finish());
    format!("{MODULE}/{user_folder}")
}

/// The language version that a case needs beyond the module's, as a build constraint.
fn constraint(case: &Case) -> Option<String> {
    let since = case.only.as_ref().and_then(|o| o.since)?;
    (!since.is_tip() && since.minor > 21).then(|| format!("go1.{}", since.minor))
}

fn case_files(
    p: &mut Program,
    s: &Selected,
    index: usize,
    path: &str,
    own_path: &str,
    entries: &mut Vec<String>,
) -> (String, Option<String>) {
    let case = s.case;
    let name = &case.id.name;
    let constraint = constraint(case);
    let mut own = Writer::default();
    let mut imports: Vec<String> = case.imports.iter().chain(&case.decl_imports).cloned().collect();
    imports.sort();
    imports.dedup();
    let mut header = vec![(Some("goabi"), format!("{MODULE}/rt"))];
    header.extend(imports.into_iter().map(|i| (None, i)));
    own.header(constraint.as_deref(), "p", &header);
    if !case.decls.is_empty() {
        own.block(&format!("\n{}", case.decls));
    }
    own.block(&format!(
        "\nfunc GoabiTypes_{name}() {{ goabi.Types((*func{})(nil)) }}",
        FunctionText { case, index: 0 }.tail()
    ));
    entries.push(format!("{{F: p.GoabiTypes_{name}}}"));
    p.units.push(Unit { case: index, kind: UnitKind::Types, isolated: false });
    let mut declared: Vec<(String, usize)> = Vec::new();
    for vector in 0..case.vectors.len() {
        own.block(&format!("\n{}", setup(case, vector)));
    }
    let mut user = String::new();
    for call in &s.calls {
        for vector in 0..case.vectors.len() {
            let f = FunctionText { case, index: vector };
            for d in call.declare(&f) {
                if let Some((_, at)) = declared.iter().find(|(n, _)| *n == d.name) {
                    for function in p.functions.iter_mut().skip(*at).take(d.functions.len()) {
                        if !function.calls.contains(&call.id()) {
                            function.calls.push(call.id());
                        }
                        if !function.vectors.contains(&vector) {
                            function.vectors.push(vector);
                        }
                    }
                    continue;
                }
                declared.push((d.name, p.functions.len()));
                own.block("\n");
                let line = own.block(&d.text);
                p.functions.extend(d.functions.into_iter().map(|f| Function {
                    case: index,
                    calls: vec![call.id()],
                    vectors: vec![vector],
                    symbol: format!("{path}.{}", f.symbol),
                    package: path.to_string(),
                    file: own_path.to_string(),
                    line: line + f.line,
                    receiver: f.receiver,
                    receiver_value: f.receiver_value,
                    inlinable: f.inlinable,
                }));
            }
            let (text, entry) = caller(*call, &f);
            if call.same_package() {
                own.block(&format!("\n{text}"));
            } else {
                let _ = write!(user, "\n{text}");
            }
            entries.push(entry);
            let isolated = matches!(case.vectors[vector].want, Want::Dies { .. });
            p.units.push(Unit { case: index, kind: UnitKind::Call { call: call.id(), vector }, isolated });
        }
    }
    let user = (!user.is_empty()).then(|| {
        let mut w = Writer::default();
        w.header(constraint.as_deref(), "u", &[(Some("goabi"), format!("{MODULE}/rt")), (Some("p"), path.to_string())]);
        w.block(&user);
        w.finish()
    });
    (own.finish(), user)
}

/// The function that calls the one under test, and its entry in the list of units.
fn caller(call: &dyn CallKind, f: &FunctionText) -> (String, String) {
    let v = f.vector();
    let vector = names::vector(f.case, f.index);
    let own = if call.same_package() { "" } else { "p." };
    let name = if call.same_package() {
        format!("GoabiUnit_{}_{vector}", call.id())
    } else {
        format!("{}_{vector}", call.id())
    };
    let mut args: Vec<String> = (0..v.args.len()).map(|i| format!("{own}GoabiArg_{vector}_{i}")).collect();
    if let (true, Some(last)) = (v.spread, args.last_mut()) {
        last.push_str("...");
    }
    let mut text = format!("func {name}() {{\n\t{own}GoabiSet_{vector}()\n");
    let by_caller = match (&v.action, &v.want) {
        (Action::Panic { by, .. }, _) => *by == RecoveredBy::Caller,
        (_, Want::Recovered { by, .. }) => *by == RecoveredBy::Caller,
        _ => false,
    };
    if by_caller {
        text.push_str("\tdefer func() { goabi.Recovered(\"caller\", recover()) }()\n");
    }
    let results: Vec<String> = (0..f.case.signature.results.len()).map(|i| format!("r{i}")).collect();
    let assign = if results.is_empty() { String::new() } else { format!("{} := ", results.join(", ")) };
    let pointers: Vec<String> = results.iter().map(|r| format!("&{r}")).collect();
    let _ = writeln!(
        text,
        "\t{assign}{}({})\n\tgoabi.Results({})\n}}",
        call.callee(f, own),
        args.join(", "),
        pointers.join(", ")
    );
    let qualified = if call.same_package() { format!("p.{name}") } else { name };
    let goexit = if matches!(v.want, Want::Goexit) { ", Goexit: true" } else { "" };
    (text, format!("{{F: {qualified}{goexit}}}"))
}
