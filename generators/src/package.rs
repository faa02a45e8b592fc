//! One case file to a Go package, and to its part of the callers' package.

use crate::assembly::INCLUDES;
use crate::call::{Call, Callee, Declaration, Place, Port, Results};
use crate::cgo::CgoPackage;
use crate::function::{FunctionText, setup};
use crate::names::{self, MODULE};
use crate::program::{Function, Program, Selected, Site, Unit, UnitKind};
use crate::traced::{self, Traced};
use crate::writer::Writer;
use goabi_cases::case::{Action, Case, RecoveredBy, Want};
use std::collections::BTreeMap;
use std::fmt::Write;

/// What each case file's package declares for bodies.
const HELPERS: &str = "\nfunc trace(s string) { goabi.Trace(s) }\n\nfunc recovered(r any) any { return goabi.Recovered(\"callee\", r) }\n";

/// Generates a case file's package and its callers; gives the name of the latters' list.
pub(crate) fn package(
    p: &mut Program,
    cgo: &mut CgoPackage,
    selection: &[Selected],
    range: std::ops::Range<usize>,
    port: Port,
) -> String {
    let file = selection[range.start].file;
    let path = names::package_path(&file.topic, &file.stem);
    let own_folder = names::folder(file);
    let mut w = Writer::default();
    let mut imports = vec![(Some("goabi"), format!("{MODULE}/rt"))];
    imports.extend(file.imports.iter().map(|i| (None, i.clone())));
    w.header(None, "p", &imports);
    w.block(HELPERS);
    w.block(&format!("\n{}", file.types));
    let types = w.finish();
    let shared = traced::functions(&path, &format!("{MODULE}/{own_folder}/types.go"), &types);
    p.files.insert(format!("{own_folder}/types.go"), types);
    let mut entries: Vec<String> = Vec::new();
    for (i, s) in selection.iter().enumerate().take(range.end).skip(range.start) {
        let mut files = CaseFiles {
            s,
            index: i,
            port,
            path: &path,
            own: format!("{own_folder}/{}", names::go_file(s.case)),
            user: names::callers_file(file, s.case),
            folder: &own_folder,
            text: Writer::default(),
            callers: String::new(),
            further: BTreeMap::new(),
            cgo,
            declared: vec![],
            dying: vec![],
            shared: &shared,
        };
        files.generate(p, &mut entries);
        files.finish(p);
    }
    let mut w = Writer::default();
    w.header(
        None,
        "u",
        &[(Some("goabi"), format!("{MODULE}/rt")), (None, path.clone())]
            .map(|(n, q)| (if q == path { Some("p") } else { n }, q)),
    );
    let list = names::units(&file.topic, &file.stem);
    w.block(&format!(
        "\n// {list} is what can be run, in the order of its numbers.\nvar {list} = []goabi.Unit{{\n\t{},\n}}",
        entries.join(",\n\t")
    ));
    p.files.insert(names::units_file(file), w.finish());
    list
}

/// The minor number of the language version that a case needs beyond the module's.
fn since(case: &Case) -> Option<u32> {
    let since = case.only.as_ref().and_then(|o| o.since)?;
    (!since.is_tip() && since.minor > 21).then_some(since.minor)
}

fn constraint(since: Option<u32>) -> Option<String> {
    since.map(|minor| format!("go1.{minor}"))
}

/// The files of one case under construction.
struct CaseFiles<'a, 'b> {
    s: &'a Selected<'b>,
    index: usize,
    port: Port,
    /// The import path of the case file's package.
    path: &'a str,
    own: String,
    user: String,
    folder: &'a str,
    text: Writer,
    callers: String,
    /// What does not stand in the case's own file.
    further: BTreeMap<Place, String>,
    /// The program's package with C.
    cgo: &'a mut CgoPackage,
    /// The declarations so far: name, and where their functions begin.
    declared: Vec<(String, usize)>,
    /// The units in which the process is to die, by their numbers.
    dying: Vec<usize>,
    /// The functions that all cases of the file share.
    shared: &'a [Traced],
}

impl CaseFiles<'_, '_> {
    fn generate(&mut self, p: &mut Program, entries: &mut Vec<String>) {
        let case = self.s.case;
        let mut imports: Vec<String> = case.imports.iter().chain(&case.decl_imports).cloned().collect();
        imports.sort();
        imports.dedup();
        let mut header = vec![(Some("goabi"), format!("{MODULE}/rt"))];
        header.extend(imports.into_iter().map(|i| (None, i)));
        self.text.header(constraint(since(case)).as_deref(), "p", &header);
        if !case.decls.is_empty() {
            self.text.block(&format!("\n{}", case.decls));
        }
        let name = &case.id.name;
        let tail = FunctionText { case, index: 0, port: self.port, behind: None }.tail();
        self.text.block(&format!("\nfunc GoabiTypes_{name}() {{ goabi.Types((*func{tail})(nil)) }}"));
        entries.push(format!("{{F: p.GoabiTypes_{name}}}"));
        p.units.push(Unit { case: self.index, kind: UnitKind::Types, isolated: false, site: Site::default() });
        for vector in 0..case.vectors.len() {
            self.text.block(&format!("\n{}", setup(case, vector)));
        }
        for call in &self.s.calls {
            for vector in 0..case.vectors.len() {
                self.vector(p, entries, call, vector);
            }
        }
    }

    fn vector(&mut self, p: &mut Program, entries: &mut Vec<String>, call: &'static Call, vector: usize) {
        let case = self.s.case;
        let f = FunctionText { case, index: vector, port: self.port, behind: None };
        let made = call.make(&f);
        let under_test = made.declarations.iter().flat_map(|d| &d.functions).next();
        let traced_name = under_test.map(|d| format!("{}.{}", self.path, d.symbol));
        for d in made.declarations {
            self.declare(p, d, call, vector);
        }
        let (text, entry) = caller(call, &f, &made.callee);
        let line = text.lines().position(|l| l.contains("GoabiArg_") || l.contains(":= ")).unwrap_or(2);
        let name = text.trim_start_matches("func ").split('(').next().unwrap_or_default();
        let user = format!("{MODULE}/{}", names::CALLERS);
        let package = if call.same_package() { self.path } else { user.as_str() };
        let reached = p
            .functions
            .iter()
            .filter(|f| f.case == self.index && f.calls.contains(&call.id()) && f.vectors.contains(&vector));
        let line = u32::try_from(line).unwrap_or(2);
        let calls: Vec<_> = reached.map(|f| (format!("{package}.{name}"), f.symbol.clone(), line)).collect();
        p.calls.extend(calls);
        if call.same_package() {
            self.text.block(&format!("\n{text}"));
        } else {
            let _ = write!(self.callers, "\n{text}");
        }
        entries.push(entry);
        let site = Site {
            context: made.callee.context,
            results: call.results(),
            meanwhile: call.meanwhile(),
            deferred_itself: made.deferred,
            callee: None,
            traced: vec![],
        };
        let isolated = matches!(case.vectors[vector].want, Want::Dies { .. });
        let site = if isolated { Site { callee: traced_name, ..site } } else { site };
        if isolated {
            self.dying.push(p.units.len());
        }
        p.units.push(Unit { case: self.index, kind: UnitKind::Call { call: call.id(), vector }, isolated, site });
    }

    fn declare(&mut self, p: &mut Program, mut d: Declaration, call: &'static Call, vector: usize) {
        d.functions.retain(|f| !f.dictionary);
        if let Some((_, at)) = self.declared.iter().find(|(n, _)| *n == d.name) {
            for function in p.functions.iter_mut().skip(*at).take(d.functions.len()) {
                if !function.calls.contains(&call.id()) {
                    function.calls.push(call.id());
                }
                if !function.vectors.contains(&vector) {
                    function.vectors.push(vector);
                }
            }
            return;
        }
        self.declared.push((d.name, p.functions.len()));
        let line = match d.place {
            Place::Case => {
                self.text.block("\n");
                self.text.block(&d.text)
            }
            Place::Cgo(part) => {
                self.cgo.add(self.s.case, part, &d.text);
                0
            }
            Place::Since(_) | Place::Linked | Place::Assembly => {
                let text = self.further.entry(d.place).or_default();
                let _ = write!(text, "\n{}", d.text);
                0
            }
        };
        p.functions.extend(d.functions.into_iter().map(|f| Function {
            case: self.index,
            calls: vec![call.id()],
            vectors: vec![vector],
            symbol: format!("{}.{}", self.path, f.symbol),
            package: self.path.to_string(),
            file: self.own.clone(),
            line: line + f.line,
            receiver: f.receiver,
            receiver_value: f.receiver_value,
            inlinable: f.inlinable,
            owner: f.owner,
        }));
    }

    /// Puts the files into the program.
    fn finish(self, p: &mut Program) {
        let case = self.s.case;
        let own = constraint(since(case));
        let mut add = |path: String, text: String| {
            p.owners.insert(path.clone(), self.index);
            p.files.insert(path, text);
        };
        for (place, text) in &self.further {
            let (name, constraint) = match place {
                // The latter is the program's.
                Place::Case | Place::Cgo(_) => continue,
                Place::Since(minor) => {
                    let minor = since(case).unwrap_or(0).max(*minor);
                    (names::further_file(case, &format!("since{minor}"), "go"), constraint(Some(minor)))
                }
                Place::Linked => (names::further_file(case, "linked", "go"), own.clone()),
                Place::Assembly => {
                    let constraint = own.as_ref().map(|c| format!("//go:build {c}\n\n")).unwrap_or_default();
                    let text = format!("// Code generated by goabi. DO NOT EDIT.\n\n{constraint}{INCLUDES}{text}");
                    add(format!("{}/{}", self.folder, names::further_file(case, "assembly", "s")), text);
                    continue;
                }
            };
            let mut w = Writer::default();
            w.header(constraint.as_deref(), "p", &self.imports(text, *place == Place::Linked));
            w.block(text);
            add(format!("{}/{name}", self.folder), w.finish());
            if *place == Place::Linked {
                // Beside an assembly file functions need no body.
                let empty = "// Code generated by goabi. DO NOT EDIT.\n".to_string();
                add(format!("{}/{}", self.folder, names::further_file(case, "bodies", "s")), empty);
            }
        }
        if !self.callers.is_empty() {
            let mut w = Writer::default();
            let imports = [(Some("goabi"), format!("{MODULE}/rt")), (Some("p"), self.path.to_string())];
            w.header(own.as_deref(), "u", &imports);
            w.block(&self.callers);
            add(self.user.clone(), w.finish());
        }
        let text = self.text.finish();
        if !self.dying.is_empty() {
            let mut traced = traced::functions(self.path, &format!("{MODULE}/{}", self.own), &text);
            traced.extend_from_slice(self.shared);
            for unit in &self.dying {
                p.units[*unit].site.traced.clone_from(&traced);
            }
        }
        add(self.own.clone(), text);
    }

    /// The imports of a further file: Go rejects those that are not used.
    fn imports(&self, text: &str, linked: bool) -> Vec<(Option<&'static str>, String)> {
        // A directive names packages by their paths.
        let text: String = text.lines().filter(|l| !l.starts_with("//")).map(|l| format!("{l}\n")).collect();
        let mentions = |word: &str| {
            text.match_indices(&format!("{word}.")).any(|(at, _)| {
                let before = text[..at].chars().next_back();
                !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '.' || c == '/')
            })
        };
        let mut out = Vec::new();
        if mentions("goabi") {
            out.push((Some("goabi"), format!("{MODULE}/rt")));
        }
        let case = self.s.case;
        let mut paths: Vec<&String> =
            case.imports.iter().chain(&case.decl_imports).chain(&self.s.file.imports).collect();
        paths.sort();
        paths.dedup();
        let used = |p: &&&String| mentions(p.rsplit('/').next().unwrap_or(p)) && !(linked && p.as_str() == "unsafe");
        out.extend(paths.iter().filter(used).map(|p| (None, (*p).clone())));
        if linked {
            out.push((if mentions("unsafe") { None } else { Some("_") }, "unsafe".to_string()));
        }
        out
    }
}

/// The function that calls the one under test, and its entry in the list of units.
fn caller(call: &Call, f: &FunctionText, callee: &Callee) -> (String, String) {
    let v = f.vector();
    let vector = names::vector(f.case, f.index);
    let own = if call.same_package() { "" } else { "p." };
    // A word with the chain's mark is no identifier.
    let word = call.id().replace(crate::call::CHAIN, "_Of_");
    // The capital keeps `promoted` of `interface_x` apart from `promoted_interface` of `x`.
    let name = match call.same_package() {
        true => format!("GoabiUnit_{word}_Calls_{vector}"),
        false => names::caller(&word, f.case, f.index),
    };
    let arg = |i: usize| match f.port.takes {
        true => format!("goabi.Take(&{own}GoabiArg_{vector}_{i})"),
        false => format!("{own}GoabiArg_{vector}_{i}"),
    };
    let mut args: Vec<String> = (0..v.args.len()).map(arg).collect();
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
    let call_text = callee.call(own, &args);
    let results: Vec<String> = match call.results() {
        Results::Returned => (0..f.case.signature.results.len()).map(|i| format!("r{i}")).collect(),
        Results::Dropped => vec![],
    };
    let assign = if results.is_empty() { String::new() } else { format!("{} := ", results.join(", ")) };
    let report = match call.results() {
        Results::Returned => {
            let pointers: Vec<String> = results.iter().map(|r| format!("&{r}")).collect();
            format!("goabi.Results({})", pointers.join(", "))
        }
        Results::Dropped => "goabi.Dropped()".to_string(),
    };
    let _ = writeln!(text, "\t{assign}{call_text}\n\t{report}\n}}");
    let qualified = if call.same_package() { format!("p.{name}") } else { name };
    let end = match &v.want {
        Want::Goexit => ", Goexit: true",
        Want::Dies { line, .. } if line.contains("all goroutines are asleep") => ", Asleep: true",
        Want::Dies { .. } | Want::Returns(_) | Want::Recovered { .. } => "",
    };
    (text, format!("{{F: {qualified}{end}}}"))
}
