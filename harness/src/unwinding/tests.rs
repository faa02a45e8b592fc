use super::{Choice, choose};
use crate::exhibits::Picks;
use goabi_cases::arch::Arch;
use goabi_cases::load::load_text;
use goabi_cases::mistake::Source;
use goabi_cases::version::GoVersion;
use goabi_generators::call::{Call, Port, by_id};
use goabi_generators::program::{Selected, UnitKind, generate};
use std::collections::BTreeSet;
use std::path::Path;

const CASES: &str = r#"
about: Functions of which some can be stepped through.
cases:
  - name: returns
    why: three vectors that return
    func: "func(n int) (m int)"
    vectors:
      - {args: ['1'], returns: ['2']}
      - {args: ['2'], returns: ['3']}
      - {args: ['3'], returns: ['4']}
  - name: recovers
    why: it recovers before it returns
    func: "func(n int) (m int)"
    body: |
      defer func() { recovered(recover()) }()
      if n < 0 {
        panic("low")
      }
      return n
    recovers: true
    vectors:
      - {args: ['-1'], wants: {recovered: '"low"', results: ['0']}}
      - {args: ['4'], returns: ['4']}
  - name: dies
    why: it ends the process
    func: "func(n int) (m int)"
    vectors:
      - {args: ['1'], panics: {value: '"boom"', after: 0, recovered_by: nobody}, wants: {dies: 'panic: boom', exit: 2}}
"#;

/// What is chosen where all cases are called so, and these of the calls are judged.
fn chosen(calls: &[&'static str], wanted: &[&'static str]) -> Vec<(Choice, Vec<(&'static str, usize)>)> {
    let calls: Vec<&'static Call> = calls.iter().map(|id| by_id(id).unwrap()).collect();
    let source = Source::new(Path::new("planted/chosen.yaml"), CASES);
    let (file, mistakes) = load_text(&source, &["direct", "inline", "closure_by_value"]);
    let file = file.unwrap_or_else(|| panic!("{:#?}", mistakes.iter().map(|m| m.one_line()).collect::<Vec<_>>()));
    let select = |case| Selected { file: &file, case, calls: calls.clone() };
    let selection: Vec<Selected<'_>> = file.cases.iter().map(select).collect();
    let arch = Arch::get("amd64").unwrap();
    let port = Port { arch, version: GoVersion::new(1, 27, 3), takes: false, profiled: false };
    let program = generate(&selection, port);
    let picks: Vec<Picks<'_>> = file
        .cases
        .iter()
        .enumerate()
        .map(|(n, case)| Picks {
            case,
            at: (0, n),
            calls: calls.iter().map(|c| c.id()).collect(),
            wanted: wanted.iter().copied().collect::<BTreeSet<_>>(),
        })
        .collect();
    let call = |unit: u32| match program.units[unit as usize].kind {
        UnitKind::Call { call, vector } => (call, vector),
        UnitKind::Types => panic!("not a call"),
    };
    let all = choose(&program, &picks).into_iter();
    all.map(|c| {
        let units: Vec<_> = c.units.iter().map(|(unit, _)| call(*unit)).collect();
        assert!(units.iter().zip(&c.units).all(|((_, vector), (_, told))| vector == told));
        (c, units)
    })
    .collect()
}

#[test]
fn one_function_a_case_where_it_returns_and_where_it_recovers() {
    let all = chosen(&["direct", "closure_by_value"], &["direct", "closure_by_value"]);
    let [(returns, a), (recovers, b), (dies, c)] = &all[..] else { panic!("{all:#?}") };
    assert!(all.iter().all(|(choice, _)| choice.home == "direct"));
    assert_eq!(a[..], [("direct", 0)], "the others return likewise");
    assert!(returns.function.as_ref().is_ok_and(|f| f.contains("GoabiFunc_returns")), "{returns:#?}");
    assert_eq!(b[..], [("direct", 0), ("direct", 1)], "by its panic, and without");
    assert!(recovers.function.is_ok());
    assert!(c.is_empty() && dies.function.as_ref().is_err_and(|why| why.contains("ends the process")));
}

#[test]
fn another_kind_where_that_alone_is_judged() {
    let all = chosen(&["direct", "closure_by_value"], &["closure_by_value"]);
    assert!(all.iter().all(|(choice, _)| choice.home == "closure_by_value"));
    assert_eq!(all[0].1[..], [("closure_by_value", 0)]);
    assert!(chosen(&["direct"], &[]).is_empty());
}

#[test]
fn what_may_be_inlined_is_not_waited_for() {
    let all = chosen(&["inline"], &["inline"]);
    assert!(all.iter().all(|(choice, units)| choice.function.is_err() && units.is_empty()), "{all:#?}");
}
