//! What a record shows of the functions under test, of a real run: facts of all,
//! instructions and sources of those that a finding speaks of.
#![cfg(target_os = "linux")]

mod common;

use common::{Place, toolchain};
use goabi_reports::function::FunctionRecord;
use goabi_reports::outcome::Outcome;
use goabi_reports::record::Record;

/// One case whose last result is planted to be wrong, and one that is sound.
const CASES: &str = r#"about: A planted mistake.
cases:
  - name: wrong
    why: the second result is not what is stated
    func: "func(n int64, s string) (err error, m int64)"
    body: |
      if s == "" {
        return nil, 0
      }
      return errors.New(s), n + 1
    vectors:
      - args: ['7', '"text"']
        returns: ['errors.New("text")', '9']
  - name: right
    why: what no finding speaks of
    func: "func(n int64) (m int64)"
    vectors:
      - args: ['7']
        returns: ['8']
"#;

const KNOWN: &str = r#"about: The mistake is known.
expectations:
  - select: [planted/wrong/wrong]
    oracle: values
    path: 'vectors[0].results[1]'
    actual: '8'
    issue: unreported
    why: it is planted
  - select: [planted/wrong/wrong]
    oracle: registers
    path: 'vectors[0].return.results[1]'
    actual: '8'
    issue: unreported
    why: it is planted, and the machine holds what it returns
"#;

fn run(place: &Place, more: &[&str]) -> Record {
    place.write("suite/planted/wrong.yaml", CASES);
    let mut args = vec!["run", "--quiet", "--cases", "suite", "--target", "amd64,arm64", "--out", "out"];
    args.extend(["--build", "opt", "--call", "direct,inline"]);
    args.extend(more);
    place.goabi(&args);
    place.record()
}

fn of<'a>(record: &'a Record, target: &str, case: &str, call: &str) -> &'a FunctionRecord {
    let is = |f: &&FunctionRecord| f.target == target && f.case == case && f.calls.iter().any(|c| c == call);
    let found: Vec<_> = record.functions.iter().filter(is).collect();
    assert_eq!(found.len(), 1, "{found:#?}");
    found[0]
}

#[test]
fn a_known_finding_is_shown_on_both_architectures_with_its_marks() {
    toolchain();
    let place = Place::new();
    place.write("known.yaml", KNOWN);
    // Of another run, of several toolchains: it must not pass for this one's.
    let stale = place.write("out/compatibility.md", "old");
    let record = run(&place, &["--expectations", "known.yaml"]);
    assert!(!stale.exists());
    let known = record.cells.iter().filter(|c| matches!(c.outcome, Outcome::Known { .. })).count();
    assert_eq!((known, record.totals.fail, record.totals.pass), (4, 0, 4), "{:#?}", record.findings);
    assert_eq!(record.problems, []);
    for target in ["linux-amd64", "linux-arm64"] {
        let f = of(&record, target, "planted/wrong/wrong", "direct");
        let code = f.code.unwrap();
        assert!(code.text_bytes > 20 && code.frame_bytes.is_some_and(|n| n > 0 && n % 8 == 0), "{code:?}");
        assert_eq!(code.instructions, Some(f.instructions.len() as u64));
        assert!(code.text_bytes > f.instructions.last().unwrap().offset);
        assert_eq!(f.not_disassembled, None);
        // The finding is of a result: it is decided at each return, and nowhere else.
        let marked: Vec<_> = f.instructions.iter().filter(|i| i.mark.is_some()).collect();
        assert_eq!(marked.len(), 2, "{:#?}", f.instructions);
        assert!(marked.iter().all(|i| i.text == "RET" && i.mark.as_deref() == Some("return")));
        assert!(f.instructions.iter().any(|i| i.text.ends_with(" runtime.morestack_noctxt.abi0")));
        assert!(f.instructions.iter().all(|i| !i.text.starts_with('?')));
        // The lines are those of the source that is shown.
        let [source] = record.sources.as_slice() else { panic!("{:#?}", record.sources) };
        assert_eq!(source.case, f.case);
        let text = &source.files["c/planted-wrong/c_wrong_case.go"];
        let line = |n: u32| text.lines().nth(n as usize - 1).unwrap();
        let returns: Vec<&str> = marked.iter().filter_map(|i| i.line).map(line).map(str::trim).collect();
        assert!(returns.contains(&"return errors.New(s), n + 1"), "{returns:?}");
        // Parameters and results by name, with the model's places and DWARF's.
        let names: Vec<_> = f.variables.iter().map(|v| (v.name.as_str(), v.result, v.assigned.as_str())).collect();
        let wanted =
            [("n", false, "R{ I0 }"), ("s", false, "R{ I1 I2 }"), ("err", true, "R{ I0 I1 }"), ("m", true, "R{ I2 }")];
        assert_eq!(names, wanted);
        let first = &f.variables[1].locations[0];
        assert_eq!(first.range.unwrap().0, 0);
        assert_eq!(first.place, if target == "linux-amd64" { "RBX:8 RCX:8" } else { "R1:8 R2:8" });
        assert!(f.assignment[1].starts_with("IN 1: R{ I1 I2 } spilloffset: 8 typ: string"), "{:?}", f.assignment);

        // What no finding speaks of has its sizes, and no more.
        let f = of(&record, target, "planted/wrong/right", "direct");
        assert!(f.code.is_some() && f.instructions.is_empty() && f.not_disassembled.is_none(), "{f:#?}");
    }
}

#[test]
fn two_runs_show_the_same() {
    toolchain();
    let place = Place::new();
    let (one, mut two) = (run(&place, &[]).without_times(), run(&place, &[]).without_times());
    assert!(!one.functions.is_empty() && one.functions.iter().any(|f| !f.instructions.is_empty()));
    two.command.clone_from(&one.command);
    assert_eq!(one, two);
}
