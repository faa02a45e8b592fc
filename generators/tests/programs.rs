//! Generated Go, as committed snapshots; and that generation is deterministic.

use goabi_cases::arch::Arch;
use goabi_cases::case::Case;
use goabi_cases::load::load_text;
use goabi_cases::mistake::Source;
use goabi_cases::version::GoVersion;
use goabi_generators::call::{Call, Port, by_id, singles};
use goabi_generators::program::{Function, Program, Selected, UnitKind, generate};
use std::path::Path;

const FILE: &str = r#"
about: A file with everything that a program is made of.
types: |
  type Pair struct { A int8; B float64; C string }
cases:
  - name: mixed
    why: results of three kinds, and a panic
    func: "func swap(n int, p Pair, _ bool) (v any, b []byte, err error)"
    vectors:
      - args: ['7', 'Pair{A: -1}', 'true']
        returns: ['any(7)', '[]byte("hello")', 'errors.New("boom")']
      - args: ['0', 'Pair{}', 'false']
        panics: { value: '"triple"', after: 1, recovered_by: callee }
        wants: { recovered: '"triple"', results: ['any(7)', 'nil', 'nil'] }
      - args: ['0', 'Pair{}', 'false']
        panics: { value: '"alone"', recovered_by: nobody }
        wants: { dies: 'panic: alone' }
  - name: shared
    why: what shares memory is set up beforehand
    func: "func(xs ...int64) []int64"
    vectors:
      - let: {s: 'make([]int64, 3, 8)'}
        args: ['s...']
        returns: ['s[1:2]']
  - name: body
    why: a body of its own
    only: {since: "1.23", why: range over func}
    func: "func(n int)"
    decls: |
      func twice(f func()) { f(); f() }
    body: |
      twice(func() { trace("x") })
      runtime.Goexit()
    vectors:
      - args: ['1']
        wants: { goexit: true, trace: [x, x] }
"#;

fn port() -> Port {
    Port { arch: Arch::get("amd64").unwrap(), version: GoVersion::new(1, 27, 3), takes: false, profiled: false }
}

fn applying(case: &Case, calls: &[&'static Call]) -> Vec<&'static Call> {
    calls.iter().copied().filter(|c| c.applies(case, &port()).is_ok()).collect()
}

fn program(calls: &[&'static Call]) -> Program {
    program_of(calls, |_| true)
}

fn program_of(calls: &[&'static Call], wanted: impl Fn(&str) -> bool) -> Program {
    let source = Source::new(Path::new("topic/file.yaml"), FILE);
    let (file, mistakes) = load_text(&source, &["direct"]);
    assert!(mistakes.is_empty(), "{mistakes:?}");
    let file = file.unwrap();
    let all = file.cases.iter().filter(|c| wanted(&c.id.name)).map(|case| Selected {
        file: &file,
        case,
        calls: applying(case, calls),
    });
    generate(&all.collect::<Vec<_>>(), port())
}

fn all() -> Vec<&'static Call> {
    let mut calls: Vec<_> = singles().iter().collect();
    calls.extend(
        ["defer_late+method_value", "reflect_call+closure_by_value", "interface_method+reflect_make_func"]
            .map(|c| by_id(c).unwrap()),
    );
    calls
}

fn text(p: &Program, wanted: impl Fn(&str) -> bool) -> String {
    let mut text = String::new();
    for (path, source) in p.files.iter().filter(|(p, _)| !p.starts_with("rt/") && wanted(p)) {
        text += &format!("=== {path}\n{source}\n");
    }
    // The id covers package rt, too: it changes with every word there.
    text.replace(&p.id, "[id]")
}

#[test]
fn sources_are_as_committed() {
    let few = ["direct", "inline", "func_value", "interface_method"].map(|c| by_id(c).unwrap());
    insta::assert_snapshot!(text(&program(&few), |_| true));
}

#[test]
fn each_call_kind_and_some_chains_are_as_committed() {
    for call in all() {
        // The cases' own files; the others hold nothing of calls.
        let p = program_of(&[call], |name| name == "shared");
        insta::assert_snapshot!(call.id(), text(&p, |path| p.owners.contains_key(path) || path.starts_with("cgo/")));
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    assert_eq!(program(&all()), program(&all()));
}

#[test]
fn units_and_functions_are_where_the_program_says() {
    let p = program(&all());
    let calls = |case: usize| p.units.iter().filter(|u| u.case == case && u.kind != UnitKind::Types).count();
    // `mixed` dies, which neither a panicking caller nor an assembly function
    // can make of it, and has a struct, which does not cross C; `body` ends its
    // goroutine, which neither of the former two nor a thread of C's can.
    let each = all().len();
    assert_eq!([calls(0), calls(1), calls(2)], [3 * (each - 4), each, each - 3]);
    // Only what is to die needs a process of its own.
    assert_eq!(p.units.iter().filter(|u| u.isolated).count(), each - 4);
    for f in &p.functions {
        let line = p.files[&f.file].lines().nth(f.line as usize - 1).unwrap();
        let name = f.symbol.rsplit('.').next().unwrap();
        // A closure is called after the function that makes it.
        let found =
            if name == "func1" { line.contains("func(") } else { line.starts_with("func ") && line.contains(name) };
        assert!(found, "{}: {line}", f.symbol);
    }
    // A body is one function for all vectors; others are one each.
    let plain = |f: &&Function| ["direct", "inline", "interface_method"].iter().any(|c| f.calls.contains(c));
    assert_eq!(p.functions.iter().filter(plain).filter(|f| f.case == 2).count(), 3);
    assert_eq!(p.functions.iter().filter(plain).filter(|f| f.case == 0).count(), 9);
}

/// Names that come apart in two ways: `promoted` of `interface_x` and
/// `promoted_interface` of `x`, vector 1 of `x` and a case `x_1` with a body.
const ALIKE: &str = r#"
about: Cases whose names go on as those of call kinds and of other cases' vectors do.
cases:
  - name: x
    why: two vectors
    func: "func(n int) int"
    vectors:
      - {args: ['1'], returns: ['2']}
      - {args: ['3'], returns: ['4']}
  - name: interface_x
    why: as the end of a call kind's word
    func: "func(n int) int"
    vectors:
      - {args: ['1'], returns: ['2']}
  - name: x_1
    why: as a vector of the first
    func: "func(n int) int"
    body: return n + 1
    vectors:
      - {args: ['1'], returns: ['2']}
"#;

#[test]
fn no_two_declarations_have_one_name() {
    let (file, mistakes) = load_text(&Source::new(Path::new("topic/file.yaml"), ALIKE), &["direct"]);
    assert!(mistakes.is_empty(), "{mistakes:?}");
    let file = file.unwrap();
    let calls: Vec<&'static Call> = singles().iter().collect();
    let selection: Vec<_> =
        file.cases.iter().map(|case| Selected { file: &file, case, calls: calls.clone() }).collect();
    let program = generate(&selection, port());
    let mut seen = std::collections::BTreeSet::new();
    for (path, text) in program.files.iter().filter(|(path, _)| path.ends_with(".go")) {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for line in text.lines() {
            let declared = ["func ", "var ", "type "].iter().find_map(|word| line.strip_prefix(word));
            let name = declared.and_then(|d| d.split(|c: char| !c.is_alphanumeric() && c != '_').next());
            // A method's name is its type's own.
            if let Some(name) = name.filter(|n| !n.is_empty()) {
                assert!(
                    name == "init" || seen.insert((folder.to_string(), name.to_string())),
                    "{path}: {name} is declared twice"
                );
            }
        }
    }
    assert!(seen.len() > 100, "only {} declarations", seen.len());
}
