//! Generated Go, as committed snapshots; and that generation is deterministic.

use goabi_cases::load::load_text;
use goabi_cases::mistake::Source;
use goabi_generators::call::CALLS;
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

fn program() -> Program {
    let source = Source::new(Path::new("topic/file.yaml"), FILE);
    let (file, mistakes) = load_text(&source, &["direct"]);
    assert!(mistakes.is_empty(), "{mistakes:?}");
    let file = file.unwrap();
    let all = file.cases.iter().map(|case| Selected { file: &file, case, calls: CALLS.to_vec() });
    generate(&all.collect::<Vec<_>>())
}

#[test]
fn sources_are_as_committed() {
    let p = program();
    let mut text = String::new();
    for (path, source) in p.files.iter().filter(|(p, _)| *p != "rt/rt.go") {
        text += &format!("=== {path}\n{source}\n");
    }
    // The id covers rt.go, too: it changes with every word there.
    insta::assert_snapshot!(text.replace(&p.id, "[id]"));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    assert_eq!(program(), program());
}

#[test]
fn units_and_functions_are_where_the_program_says() {
    let p = program();
    let calls = |case: usize| p.units.iter().filter(|u| u.case == case && u.kind != UnitKind::Types).count();
    let each = CALLS.len();
    assert_eq!([calls(0), calls(1), calls(2)], [3 * each, each, each]);
    // Only what is to die needs a process of its own.
    assert_eq!(p.units.iter().filter(|u| u.isolated).count(), each);
    for f in &p.functions {
        let line = p.files[&f.file].lines().nth(f.line as usize - 1).unwrap();
        let name = f.symbol.rsplit('.').next().unwrap();
        assert!(line.starts_with("func ") && line.contains(name), "{}: {line}", f.symbol);
    }
    // A body is one function for all vectors; others are one each.
    let plain = |f: &&Function| ["direct", "inline", "interface_method"].iter().any(|c| f.calls.contains(c));
    assert_eq!(p.functions.iter().filter(plain).filter(|f| f.case == 2).count(), 3);
    assert_eq!(p.functions.iter().filter(plain).filter(|f| f.case == 0).count(), 9);
}
