//! Package `cgo` of a generated program: exported Go functions, and the C that
//! calls them. A package with C may hold no Go assembly and cannot be imported
//! by what it imports, so it stands by itself: it puts functions into variables
//! of the case files' packages, and knows nothing of these packages' types but
//! how they cross, see [`Carrier`].

use crate::call::{Callee, Declaration, Made, Place};
use crate::function::FunctionText;
use crate::names::{self, MODULE};
use crate::plain;
use crate::writer::Writer;
use goabi_cases::case::{Case, Want};
use goabi_cases::types::{Basic, GoType};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The folder of the package.
pub(crate) const FOLDER: &str = "cgo";

/// What stands at the beginning of the header: the types by which Go calls C.
const HEADER: &str = include_str!("rt/cgo_header.txt");
/// What stands at the beginning of the C file.
const CODE: &str = include_str!("rt/cgo_code.txt");

/// A file of the package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Go, with `import "C"`.
    Go,
    /// What Go knows of the C.
    Header,
    Code,
}

/// What a value is on its way through C. `cmd/cgo` knows no named types of other
/// packages: each type crosses as one of the same shape that it knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Carrier {
    /// The type of parameters and results of exported functions.
    go: &'static str,
    /// The header's name of it, behind `goabi_`.
    c: &'static str,
    /// Whether C has two structs for it, the header's and `cmd/cgo`'s.
    composite: bool,
}

fn carrier(ty: &GoType) -> Result<Carrier, String> {
    let scalar = |go, c| Ok(Carrier { go, c, composite: false });
    let composite = |go, c| Ok(Carrier { go, c, composite: true });
    let no = |what: &str| Err(format!("cmd/cgo exports no function that takes or returns {what} by value"));
    match ty.underlying() {
        GoType::Basic(Basic::String) => composite("string", "GoString"),
        GoType::Basic(Basic::UnsafePointer) | GoType::Pointer(_) => scalar("unsafe.Pointer", "pointer"),
        GoType::Basic(b) => scalar(b.name(), b.name()),
        GoType::Slice(_) => composite("[]byte", "GoSlice"),
        GoType::Map(..) => scalar("map[int]int", "pointer"),
        GoType::Chan(..) => scalar("chan int", "pointer"),
        GoType::Func(_) => scalar("func()", "pointer"),
        // An interface with methods has another first word than one without. Before
        // Go 1.26 cmd/cgo does not know the word `any`.
        GoType::Interface(i) => composite(if i.methods.is_empty() { "interface{}" } else { "error" }, "GoInterface"),
        GoType::Array(..) => no("an array"),
        GoType::Struct(_) => no("a struct"),
        // The type of a declaration that was not read to its end.
        GoType::Named(_) => no("a type without an underlying one"),
    }
}

/// Why a case cannot be called through C, if it cannot.
///
/// # Errors
/// The reason.
pub(crate) fn applies(case: &Case) -> Result<(), String> {
    let s = &case.signature;
    s.params.iter().chain(&s.results).try_for_each(|p| carrier(&p.ty).map(drop))?;
    let asleep = |w: &Want| matches!(w, Want::Dies { line, .. } if line.contains("all goroutines are asleep"));
    if case.vectors.iter().any(|v| asleep(&v.want)) {
        return Err("in a program with C the runtime does not notice that all goroutines are asleep".into());
    }
    Ok(())
}

/// A function of the case's signature whose call goes through C, for a call kind
/// that writes the C itself.
pub(crate) struct Through {
    /// In the case file's package: the variable into which package `cgo` puts
    /// what calls C, and what its exported function calls.
    pub into: String,
    pub from: String,
    /// What all C names of it begin with.
    pub c: String,
    params: Vec<Carrier>,
    results: Vec<Carrier>,
    declarations: Vec<Declaration>,
    callee: Callee,
}

impl Through {
    /// `None` where [`applies`] refuses.
    pub fn new(f: &FunctionText, inner: Option<&Callee>, kind: &str) -> Option<Through> {
        let s = &f.case.signature;
        let all = |list: &[goabi_cases::signature::Param]| -> Option<Vec<Carrier>> {
            list.iter().map(|p| carrier(&p.ty).ok()).collect()
        };
        let (params, results) = (all(&s.params)?, all(&s.results)?);
        let (declarations, target) = plain::target(f, inner);
        let id = &f.case.id;
        let stem = f.stem();
        // Capitals stand in no topic, file, case or kind.
        let c = format!("goabi_{kind}_X{}_X{}_X{stem}", id.topic, id.file);
        let case = format!("p_X{}_X{}", id.topic, id.file);
        let (name, set) = (format!("GoabiThroughC_{kind}_{stem}"), format!("GoabiIntoC_{kind}_{stem}"));
        let called = format!("GoabiFromC_{kind}_{stem}");
        let callee = Callee::new(format!("${name}"), false).with(None, inner);
        let mut out = Through {
            into: format!("{case}.{set}"),
            from: format!("{case}.{called}"),
            c,
            params,
            results,
            declarations,
            callee,
        };
        // The case file's package need not import package unsafe.
        let plainly = |text: String| text.replace("unsafe.Pointer", "goabi.Pointer");
        let tail = plainly(format!("({}){}", out.go_params(), out.go_results()));
        let text = format!("// {set} is set by package cgo.\nvar {set} func{tail}\n");
        out.add(&set, text, Place::Case);
        let cast = |prefix: &str, to: Vec<String>| -> String {
            let one = |(i, t): (usize, &String)| format!("goabi.As[{t}](&{prefix}{i})");
            to.iter().enumerate().map(one).collect::<Vec<_>>().join(", ")
        };
        let held = |prefix: &str, n: usize| match n {
            0 => String::new(),
            n => format!("\tgoabi.Hold({})\n", (0..n).map(|i| format!("&{prefix}{i}")).collect::<Vec<_>>().join(", ")),
        };
        let named = |prefix: &str, n: usize| match n {
            0 => String::new(),
            n => (0..n).map(|i| format!("{prefix}{i}")).collect::<Vec<_>>().join(", ") + " := ",
        };
        let back = |text: String| if text.is_empty() { text } else { format!("\treturn {text}\n") };
        let types = |list: &[goabi_cases::signature::Param]| list.iter().map(|p| p.ty.to_string()).collect::<Vec<_>>();
        let carried = |list: &[Carrier]| list.iter().map(|c| plainly(c.go.to_string())).collect::<Vec<_>>();
        let (np, nr) = (s.params.len(), s.results.len());
        let result_types = types(&s.results).join(", ");
        let text = format!(
            "//go:noinline\nfunc {name}({}) ({result_types}) {{\n{}\t{}{set}({})\n{}}}\n",
            f.named_params(),
            held("goabiP", np),
            named("goabiC", nr),
            cast("goabiP", carried(&out.params)),
            back(cast("goabiC", types(&s.results))),
        );
        out.add(&name, text, Place::Case);
        let mut args: Vec<String> =
            types(&s.params).iter().enumerate().map(|(i, t)| format!("goabi.As[{t}](&goabiP{i})")).collect();
        if let (true, Some(last)) = (s.variadic, args.last_mut()) {
            last.push_str("...");
        }
        let text = format!(
            "//go:noinline\nfunc {called}{tail} {{\n\t{}{}\n{}{}}}\n",
            named("goabiR", nr),
            target.call("", &args),
            held("goabiR", nr),
            back(cast("goabiR", carried(&out.results))),
        );
        out.add(&called, text, Place::Case);
        Some(out)
    }

    /// Adds a declaration; `name` is unique among all of the case file.
    fn add(&mut self, name: &str, text: String, place: Place) {
        self.declarations.push(Declaration { name: name.to_string(), text, place, functions: vec![] });
    }

    /// What the call kind gives: with its Go, header and C.
    pub fn made(mut self, go: &str, header: &str, code: &str) -> Made {
        for (part, text) in [(Part::Go, go), (Part::Header, header), (Part::Code, code)] {
            let name = format!("{} {part:?}", self.c);
            self.add(&name, text.to_string(), Place::Cgo(part));
        }
        Made::new(self.declarations, self.callee)
    }

    pub fn go_params(&self) -> String {
        list(&self.params, |i, c| format!("goabiP{i} {}", c.go))
    }

    /// The types of the results, with a blank before them.
    pub fn go_results(&self) -> String {
        match self.results.len() {
            0 => String::new(),
            _ => format!(" ({})", list(&self.results, |_, c| c.go.to_string())),
        }
    }

    /// As [`Through::go_results`], with names.
    pub fn go_named_results(&self) -> String {
        match self.results.len() {
            0 => String::new(),
            _ => format!(" ({})", list(&self.results, |i, c| format!("goabiR{i} {}", c.go))),
        }
    }

    /// The exported function that calls what the case file's package says.
    pub fn go_export(&self) -> String {
        let word = if self.results.is_empty() { "" } else { "return " };
        let args = list(&self.params, |i, _| format!("goabiP{i}"));
        let (name, from) = (self.exported(), &self.from);
        format!(
            "//export {name}\nfunc {name}({}){} {{\n\t{word}{from}({args})\n}}\n",
            self.go_params(),
            self.go_results()
        )
    }

    /// The exported function's name.
    pub fn exported(&self) -> String {
        format!("{}_exported", self.c)
    }

    /// A call of C with the parameters by value, and what takes the results out
    /// of the struct that it returns.
    pub fn go_call(&self) -> String {
        let args = list(&self.params, |i, c| format!("*(*C.goabi_{})(unsafe.Pointer(&goabiP{i}))", c.c));
        let mut out = String::new();
        let assign = if self.results.is_empty() { "" } else { "goabiAll := " };
        let _ = writeln!(out, "\t\t{assign}C.{}({args})", self.c);
        for (i, c) in self.results.iter().enumerate() {
            let _ = writeln!(out, "\t\tgoabiR{i} = *(*{})(unsafe.Pointer(&goabiAll.r{i}))", c.go);
        }
        out
    }

    /// The C function that [`Through::go_call`] calls, as its header declares it:
    /// with a struct of the results where there are any.
    pub fn c_declaration(&self) -> String {
        let fields: String = self.results.iter().enumerate().map(|(i, r)| format!("\tgoabi_{} r{i};\n", r.c)).collect();
        match fields.as_str() {
            "" => format!("{};\n", self.c_head()),
            fields => format!("struct {}_results {{\n{fields}}};\n{};\n", self.c, self.c_head()),
        }
    }

    pub fn c_head(&self) -> String {
        let params = list(&self.params, |i, c| format!("goabi_{} p{i}", c.c));
        let params = if params.is_empty() { "void".to_string() } else { params };
        match self.results.len() {
            0 => format!("void {}({params})", self.c),
            _ => format!("struct {}_results {}({params})", self.c, self.c),
        }
    }

    /// A call of an exported function in C, whose results, if any, are then `r`.
    fn c_call(results: &[Carrier], name: &str, args: &str, r: &str) -> String {
        match results {
            [] => format!("\t{name}({args});\n"),
            // One result is returned as it is.
            [one] => format!("\t{} {r} = {name}({args});\n", one.c_cgo()),
            _ => format!("\tstruct {name}_return {r} = {name}({args});\n"),
        }
    }

    /// What C calls a member of what an exported function returned.
    fn c_member(results: &[Carrier], r: &str, i: usize) -> String {
        if results.len() == 1 { r.to_string() } else { format!("{r}.r{i}") }
    }

    /// The C that calls the exported function and hands its struct on, member by member.
    pub fn c_calls_back(&self) -> String {
        let args = list(&self.params, |i, c| c.into_cgo(&format!("p{i}")));
        let call = Through::c_call(&self.results, &self.exported(), &args, "r");
        let back = match self.results.len() {
            0 => String::new(),
            _ => {
                let members = list(&self.results, |i, c| c.out_of_cgo(&Through::c_member(&self.results, "r", i)));
                format!("\tstruct {}_results all = {{ {members} }};\n\treturn all;\n", self.c)
            }
        };
        format!("{} {{\n{call}{back}}}\n", self.c_head())
    }

    /// The same for a C function that nobody gives anything: it asks exported
    /// functions for the arguments, and gives the results to another.
    pub fn c_calls(&self) -> String {
        let give = Through::c_call(&self.params, &self.gives(), "", "a");
        let args = list(&self.params, |i, _| Through::c_member(&self.params, "a", i));
        let call = Through::c_call(&self.results, &self.exported(), &args, "r");
        let members = list(&self.results, |i, _| Through::c_member(&self.results, "r", i));
        format!(
            "static void {0}_calls(void) {{\n{give}{call}\t{1}({members});\n}}\n\
             int {0}(void) {{ return goabi_thread({0}_calls); }}\n",
            self.c,
            self.takes()
        )
    }

    /// The exported functions that give C the arguments, and take the results.
    pub fn go_gives_and_takes(&self) -> String {
        let fields = |list: &[Carrier], prefix: &str| -> String {
            list.iter().enumerate().map(|(i, c)| format!("; {prefix}{i} {}", c.go)).collect()
        };
        let held = format!("{}_held", self.c);
        let (gives, takes) = (self.gives(), self.takes());
        let given = list(&self.params, |i, _| format!("{held}.p{i}"));
        let given = if given.is_empty() { given } else { format!("\treturn {given}\n") };
        let given_types = list(&self.params, |_, c| c.go.to_string());
        let taken: String = (0..self.results.len()).map(|i| format!("\t{held}.r{i} = goabiR{i}\n")).collect();
        let results = list(&self.results, |i, c| format!("goabiR{i} {}", c.go));
        format!(
            "var {held} struct {{ done bool{}{} }}\n\n\
             //export {gives}\nfunc {gives}() ({given_types}) {{\n{given}}}\n\n\
             //export {takes}\nfunc {takes}({results}) {{\n{taken}\t{held}.done = true\n}}\n",
            fields(&self.params, "p"),
            fields(&self.results, "r"),
        )
    }

    /// What leaves the arguments to them, lets C's thread run, and gives the results.
    pub fn go_start(&self) -> String {
        let held = format!("{}_held", self.c);
        let mut out = format!("\t\t{held}.done = false\n");
        for i in 0..self.params.len() {
            let _ = writeln!(out, "\t\t{held}.p{i} = goabiP{i}");
        }
        let _ = writeln!(
            out,
            "\t\tif C.{}() != 0 || !{held}.done {{\n\t\t\tpanic(\"goabi: the thread did not come to its end\")\n\t\t}}",
            self.c
        );
        for i in 0..self.results.len() {
            let _ = writeln!(out, "\t\tgoabiR{i} = {held}.r{i}");
        }
        out
    }

    fn gives(&self) -> String {
        format!("{}_gives", self.c)
    }

    fn takes(&self) -> String {
        format!("{}_takes", self.c)
    }

    /// What puts a function into the case file's variable.
    pub fn go_set(&self, body: &str) -> String {
        let results = self.go_named_results();
        format!(
            "func init() {{\n\t{} = func({}){results} {{\n{body}\t\treturn\n\t}}\n}}\n",
            self.into,
            self.go_params()
        )
    }
}

impl Carrier {
    /// What `cmd/cgo` calls it in C.
    fn c_cgo(self) -> String {
        if self.composite { self.c.to_string() } else { format!("goabi_{}", self.c) }
    }

    fn into_cgo(self, value: &str) -> String {
        if self.composite { format!("goabi_to_{}({value})", self.c) } else { value.to_string() }
    }

    fn out_of_cgo(self, value: &str) -> String {
        if self.composite { format!("goabi_of_{}({value})", self.c) } else { value.to_string() }
    }
}

fn list(carriers: &[Carrier], one: impl Fn(usize, Carrier) -> String) -> String {
    carriers.iter().enumerate().map(|(i, c)| one(i, *c)).collect::<Vec<_>>().join(", ")
}

/// The package under construction.
#[derive(Default)]
pub(crate) struct CgoPackage {
    /// The case files' packages: name to path.
    imports: BTreeMap<String, String>,
    go: String,
    header: String,
    code: String,
}

impl CgoPackage {
    /// Adds a declaration of that case's.
    pub fn add(&mut self, case: &Case, part: Part, text: &str) {
        let id = &case.id;
        self.imports.insert(format!("p_X{}_X{}", id.topic, id.file), names::package_path(&id.topic, &id.file));
        let to = match part {
            Part::Go => &mut self.go,
            Part::Header => &mut self.header,
            Part::Code => &mut self.code,
        };
        let _ = write!(to, "\n{text}");
    }

    /// A package that needs nothing, to see whether such programs can be built:
    /// Go calls C, a thread of C's calls Go and gets a struct.
    pub fn trial() -> CgoPackage {
        CgoPackage {
            imports: BTreeMap::new(),
            go: "\n//export goabi_trial_exported\nfunc goabi_trial_exported(n int64) (string, int64, error) {\n\
                 \treturn \"\", n, nil\n}\n\nfunc init() {\n\tif C.goabi_trial() != 0 {\n\t\tpanic(\"goabi: no thread\")\n\t}\n}\n"
                .into(),
            header: "\nint goabi_trial(void);\n".into(),
            code: "\nstatic void goabi_trial_calls(void) {\n\
                   \tstruct goabi_trial_exported_return r = goabi_trial_exported(0x1112131415161718);\n\
                   \tif (r.r1 != 0x1112131415161718) abort();\n}\n\
                   int goabi_trial(void) { return goabi_thread(goabi_trial_calls); }\n"
                .into(),
        }
    }

    /// Its files, none if it holds nothing.
    pub fn files(self) -> Vec<(String, String)> {
        if self.go.is_empty() {
            return vec![];
        }
        let mut w = Writer::default();
        w.block("// Code generated by goabi. DO NOT EDIT.\n");
        w.block(
            "\n// Package cgo calls C, and is called by it.\npackage cgo\n\n// #include \"goabi.h\"\nimport \"C\"\n",
        );
        if self.go.contains("unsafe.") {
            w.block("\nimport \"unsafe\"\n");
        }
        for (name, path) in &self.imports {
            w.block(&format!("import {name} {path:?}"));
        }
        w.block(&self.go);
        let header = format!("{HEADER}{}\n#endif\n", self.header);
        let code = format!("{CODE}{}", self.code);
        [("goabi.go", w.finish()), ("goabi.h", header), ("goabi.c", code)]
            .map(|(name, text)| (format!("{FOLDER}/{name}"), text))
            .to_vec()
    }
}

/// The path of the package.
pub(crate) fn path() -> String {
    format!("{MODULE}/{FOLDER}")
}
