//! Many cases and calls to one program.

use crate::call::{Call, Meanwhile, Port, Results};
use crate::cgo::{self, CgoPackage};
use crate::names::{CALLERS, MODULE};
use crate::package::package;
use crate::traced::Traced;
use crate::writer::Writer;
use goabi_cases::case::{Case, CaseFile};
use goabi_cases::signature::Param;
use goabi_cases::stress::PROFILE;
use goabi_cases::value::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;

/// A case and the call kinds by which it is to be called.
pub struct Selected<'a> {
    pub file: &'a CaseFile,
    pub case: &'a Case,
    pub calls: Vec<&'static Call>,
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
    /// The calls of functions under test: caller, callee, and the call's line
    /// behind the caller's first.
    pub calls: Vec<(String, String, u32)>,
    /// Whether it holds C.
    pub needs_c: bool,
}

/// One thing that the program runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Index into the selection.
    pub case: usize,
    pub kind: UnitKind,
    /// Whether it needs a process of its own, because it is to die.
    pub isolated: bool,
    pub site: Site,
}

/// What a unit does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnitKind {
    /// Reports size, alignment and offsets of the signature's types.
    Types,
    /// Calls the function.
    Call { call: &'static str, vector: usize },
}

/// What the way of calling adds to what the case says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The values that come with the call beside its arguments, outermost first,
    /// as functions that record their arguments report them.
    pub context: Vec<Value>,
    pub results: Results,
    pub meanwhile: Meanwhile,
    /// Whether the function under test itself is what is deferred, where it is
    /// called while the caller panics; `None` where the specification does not say.
    pub deferred_itself: Option<bool>,
    /// Where the process is to die: how a traceback names the function under
    /// test, and the functions of the case's own file.
    pub callee: Option<String>,
    pub traced: Vec<Traced>,
}

impl Default for Site {
    fn default() -> Site {
        Site {
            context: vec![],
            results: Results::Returned,
            meanwhile: Meanwhile::Nothing,
            deferred_itself: Some(false),
            callee: None,
            traced: vec![],
        }
    }
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
    /// The call kind in whose cells its DWARF is judged.
    pub owner: &'static str,
}

/// The functions that are called in turns when a unit begins while a program is
/// watched, and the variable, an `int`, that then holds the unit's number:
/// linker symbols of each program.
pub const BEGIN: [&str; 2] = ["goabi.test/rt.even", "goabi.test/rt.odd"];
/// See [`BEGIN`].
pub const RUNNING: &str = "goabi.test/rt.Running";

/// The package that is the same in all programs.
const RT: [(&str, &str); 7] = [
    ("rt/rt.go", include_str!("rt/rt.go")),
    ("rt/assembly.go", include_str!("rt/assembly.go")),
    ("rt/calls.go", include_str!("rt/calls.go")),
    ("rt/foreign.go", include_str!("rt/foreign.go")),
    ("rt/left.go", include_str!("rt/left.go")),
    ("rt/stress.go", include_str!("rt/stress.go")),
    ("rt/walk.go", include_str!("rt/walk.go")),
];

/// Generates the program of a selection. Cases of one file must stand together.
#[must_use]
pub fn generate(selection: &[Selected], port: Port) -> Program {
    with_c(selection, port, CgoPackage::default())
}

/// A program without any case, and with C: whether it can be built is whether
/// calls through C can be had.
#[must_use]
pub fn trial_of_c(port: Port) -> Program {
    with_c(&[], port, CgoPackage::trial())
}

fn with_c(selection: &[Selected], port: Port, mut cgo: CgoPackage) -> Program {
    let mut p = Program {
        files: BTreeMap::new(),
        id: String::new(),
        units: vec![],
        functions: vec![],
        owners: BTreeMap::new(),
        calls: vec![],
        needs_c: false,
    };
    let mut start = 0;
    let mut lists: Vec<String> = Vec::new();
    while start < selection.len() {
        let file = selection[start].file;
        let same = |s: &Selected| s.file.topic == file.topic && s.file.stem == file.stem;
        let end = selection[start..].iter().position(|s| !same(s)).map_or(selection.len(), |n| start + n);
        lists.push(package(&mut p, &mut cgo, selection, start..end, port));
        start = end;
    }
    let cgo = cgo.files();
    p.needs_c = !cgo.is_empty();
    p.files.extend(cgo);
    p.files.extend(RT.map(|(path, text)| (path.to_string(), text.to_string())));
    p.files.insert("go.mod".into(), format!("module {MODULE}\n\ngo 1.21\n"));
    if port.profiled {
        p.files.insert(PROFILE.into(), profile(&p.calls));
    }
    p.id = id(&p.files);
    p.files.insert("main.go".into(), main_file(&p.id, &lists, p.needs_c));
    p
}

/// A profile in which each call is hot, in the form of `cmd/internal/pgo`.
fn profile(calls: &[(String, String, u32)]) -> String {
    let mut out = String::from("GO PREPROFILE V1\n");
    for (caller, callee, line) in calls {
        let _ = writeln!(out, "{caller}\n{callee}\n{line} 1000");
    }
    out
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

fn main_file(id: &str, lists: &[String], needs_c: bool) -> String {
    let mut w = Writer::default();
    let mut imports = vec![(None, format!("{MODULE}/rt"))];
    if !lists.is_empty() {
        imports.push((None, format!("{MODULE}/{CALLERS}")));
    }
    if needs_c {
        imports.push((Some("_"), cgo::path()));
    }
    w.header(None, "main", &imports);
    let lists: Vec<String> = lists.iter().map(|list| format!("{CALLERS}.{list}")).collect();
    w.block(&format!("\nfunc main() {{\n\trt.Main({id:?}, [][]rt.Unit{{{}}})\n}}", lists.join(", ")));
    w.finish()
}
