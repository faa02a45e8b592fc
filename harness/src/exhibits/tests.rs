//! Which functions are shown how, and why others are not.

use super::collect::collect;
use super::places::{assigned, located};
use super::sources::Variant;
use super::spoken::{Mark, Spoken};
use super::*;
use crate::c_compilers::CCompilers;
use crate::job::Shared;
use goabi_cases::assignment::assign;
use goabi_cases::cell::Build;
use goabi_cases::signature::{Param, Signature};
use goabi_cases::types::{Basic, GoType};
use goabi_cases::version::GoVersion;
use goabi_reports::outcome::Outcome;
use goabi_reports::record::{FindingRecord, ProblemKind};
use goabi_reports::verdict::{Basis, Finding};
use goabi_runners::cache::CacheDirs;
use goabi_runners::cancel::Cancel;
use goabi_runners::observe::dwarf::{LocationFact, Piece, Place, Range};
use goabi_runners::process::Limits;

const CASE: &str = "t/f/c";

fn finding(cell: &str, path: &str, outcome: Outcome) -> FindingRecord {
    let finding = Finding {
        oracle: "values".into(),
        cells: vec![cell.into()],
        path: path.into(),
        expected: String::new(),
        basis: Basis::Case,
        actual: String::new(),
        evidence: vec![],
        rerun: String::new(),
    };
    FindingRecord { finding, outcome, expectation: None }
}

/// What a finding at that path, of a direct call on amd64, has marked in the
/// function for vector 1.
fn marks(path: &str, outcome: Outcome) -> Vec<Mark> {
    let found = finding("t/f/c@go1.27.3/linux-amd64/opt/direct", path, outcome);
    let spoken = Spoken::of(&[found]);
    spoken.marks((CASE, "go1.27.3", "opt"), &["direct".into()], &[1]).into_iter().collect()
}

#[test]
fn a_findings_path_says_where_it_is_decided() {
    for (path, want) in [
        ("vectors[1].results[0]", Mark::Return),
        ("vectors[1].results[0].args", Mark::Return),
        ("vectors[1].results", Mark::Return),
        ("dwarf.results[2].location", Mark::Return),
        ("vectors[1].dwarf.results[0].variable_parameter", Mark::Return),
        ("vectors[1].args[2]", Mark::Entry),
        ("vectors[1].args[2].results[0]", Mark::Entry),
        ("dwarf.params[0].location", Mark::Entry),
        ("vectors[1].dwarf.receiver.type", Mark::Entry),
        ("dwarf.function.frame_base", Mark::Entry),
        ("dwarf.order", Mark::Entry),
        ("vectors[1].outcome", Mark::Entry),
        ("vectors[1].recovered.type", Mark::Entry),
        ("vectors[1].trace", Mark::Entry),
        ("layout[p.results].size", Mark::Entry),
        ("layout[struct { results int }].results.offset", Mark::Entry),
        ("build", Mark::Entry),
        ("", Mark::Entry),
    ] {
        assert_eq!(marks(path, Outcome::Fail), [want], "{path}");
    }
}

#[test]
fn only_what_a_finding_speaks_of_is_marked() {
    let known = || Outcome::Known { issue: "golang/go#1".into() };
    assert_eq!(marks("vectors[1].results[0]", known()), [Mark::Return]);
    assert_eq!(marks("vectors[1].results[0]", Outcome::Flaky), [Mark::Return]);
    // An expectation that is not met any more was not seen in the code.
    assert_eq!(marks("vectors[1].results[0]", Outcome::Fixed { issue: "golang/go#1".into() }), []);
    // Another vector has a function of its own.
    assert_eq!(marks("vectors[0].results[0]", Outcome::Fail), []);
    let spoken = Spoken::of(&[
        finding("t/f/c@go1.27.3/linux-amd64/opt/direct", "vectors[0].results[0]", Outcome::Fail),
        finding("t/f/c@go1.27.3/linux-arm64/opt/inline", "dwarf.params[0].type", Outcome::Fail),
    ]);
    let of = |key, calls: &[&str]| {
        let calls: Vec<String> = calls.iter().map(|c| (*c).to_string()).collect();
        spoken.marks(key, &calls, &[0, 1]).into_iter().collect::<Vec<_>>()
    };
    assert_eq!(of((CASE, "go1.27.3", "opt"), &["direct"]), [Mark::Return]);
    assert_eq!(of((CASE, "go1.27.3", "opt"), &["direct", "inline"]), [Mark::Entry, Mark::Return]);
    assert_eq!(of((CASE, "go1.27.3", "opt"), &["func_value"]), []);
    assert_eq!(of((CASE, "go1.27.3", "noopt"), &["direct"]), []);
    assert_eq!(of((CASE, "go1.26.6", "opt"), &["direct"]), []);
    assert_eq!(of(("t/f/d", "go1.27.3", "opt"), &["direct"]), []);
}

fn exhibit(goarch: &str, call: &str, span: Result<(u64, u64), String>) -> Exhibit {
    Exhibit {
        record: FunctionRecord {
            case: CASE.into(),
            toolchain: "go1.27.3".into(),
            target: format!("linux-{goarch}"),
            build: "opt".into(),
            symbol: call.into(),
            calls: vec![call.into()],
            assignment: vec![],
            code: None,
            variables: vec![],
            instructions: vec![],
            not_disassembled: None,
        },
        artifact: Arc::from(Path::new("/nowhere/program")),
        arch: Arch::get(goarch).unwrap(),
        package: "p".into(),
        file: "c/t-f/c_c_case.go".into(),
        vectors: vec![0],
        variant: Variant {
            case: (0, 0),
            calls: vec!["direct"],
            goarch: "amd64",
            version: goabi_cases::version::GoVersion::TIP,
            takes: false,
        },
        span,
    }
}

/// Why each function has no instructions, and the problems.
fn collected(exhibits: Vec<Exhibit>, cancelled: bool) -> (Vec<Option<String>>, Vec<ProblemKind>) {
    let dir = tempfile::tempdir().unwrap();
    let cache = CacheDirs::open(dir.path()).unwrap();
    let cancel = Cancel::new();
    if cancelled {
        cancel.cancel();
    }
    let shared = Shared {
        files: &[],
        toolchains: &[],
        cache: &cache,
        cancel: &cancel,
        build_limits: Limits::BUILD,
        run_limits: Limits::RUN,
        watch_limits: Limits::WATCH,
        cases_per_program: crate::chunks::CASES_PER_PROGRAM,
        fresh: false,
        repeat: crate::job::REPEAT,
        c: &CCompilers::default(),
        observers: &Default::default(),
        wanted: None,
        progress: &|_, _| {},
    };
    let found = finding("t/f/c@go1.27.3/linux-amd64/opt/direct", "vectors[0].args[0]", Outcome::Fail);
    let got = collect(&[], exhibits, &[found], &shared, 2);
    assert!(got.functions.iter().all(|f| f.instructions.is_empty()));
    (got.functions.into_iter().map(|f| f.not_disassembled).collect(), got.problems.iter().map(|p| p.kind).collect())
}

#[test]
fn missing_instructions_have_a_reason() {
    let exhibits = vec![
        exhibit("amd64", "direct", Ok((1, 2))),
        exhibit("mips64", "direct", Ok((1, 2))),
        exhibit("arm64", "direct", Err("inlined".into())),
        exhibit("amd64", "inline", Ok((1, 2))),
    ];
    let (why, problems) = collected(exhibits, false);
    let why: Vec<_> = why.iter().map(Option::as_deref).collect();
    assert!(why[0].is_some_and(|w| w.starts_with("/nowhere/program: ")), "{why:?}");
    assert_eq!(why[1..], [Some("no decoder for mips64"), Some("inlined"), None]);
    assert_eq!(problems, [ProblemKind::Unreadable]);
    let (why, problems) = collected(vec![exhibit("amd64", "direct", Ok((1, 2)))], true);
    assert_eq!((why[0].as_deref(), problems.len()), (Some("the run was interrupted"), 0));
}

#[test]
fn places_are_told_in_words() {
    let param = |b| Param { name: None, ty: GoType::Basic(b) };
    let signature = Signature {
        receiver: None,
        params: vec![param(Basic::Int), param(Basic::String), param(Basic::Float64)],
        results: vec![param(Basic::Int8)],
        variadic: false,
    };
    let words = |goarch| {
        let a = assign(&signature, Arch::get(goarch).unwrap(), GoVersion::new(1, 27, 3), Build::Opt).unwrap();
        a.inputs.iter().chain(&a.results).map(assigned).collect::<Vec<_>>()
    };
    assert_eq!(words("amd64"), ["R{ I0 }", "R{ I1 I2 }", "R{ F0 }", "R{ I0 }"]);
    assert_eq!(words("386"), ["stack+0", "stack+4", "stack+12", "stack+20"]);

    let amd64 = Arch::get("amd64").unwrap();
    let piece = |size, place| Piece { size, place };
    let at = |fact: &LocationFact| -> Vec<_> {
        located(fact, 0x100, amd64).into_iter().map(|l| (l.range, l.place)).collect()
    };
    assert_eq!(at(&LocationFact::Empty), []);
    assert_eq!(at(&LocationFact::Unreadable("x".into())), [(None, "unreadable: x".to_string())]);
    let all = [
        Place::Register(0),
        Place::Register(99),
        Place::FrameBase(-24),
        Place::CallFrameCfa(8),
        Place::Address(16),
        Place::Constant(7),
        Place::Implicit(vec![1, 255]),
        Place::EmptyPiece,
        Place::Other { text: "what".into(), code: vec![] },
    ];
    let pieces: Vec<Piece> = all.into_iter().map(|p| piece(Some(8), p)).collect();
    let text = "RAX:8 reg99:8 fbreg(-24):8 cfa(8):8 addr(0x10):8 constant(0x7):8 bytes(01ff):8 nowhere:8 what:8";
    assert_eq!(at(&LocationFact::Expr(pieces)), [(None, text.to_string())]);
    let range = |low, high, pieces| Range { low, high, pieces, at: None };
    let list = LocationFact::List(vec![
        range(0x100, 0x110, vec![piece(None, Place::Register(0))]),
        range(0x110, 0x120, vec![]),
    ]);
    assert_eq!(at(&list), [(Some((0, 16)), "RAX".to_string()), (Some((16, 32)), "nowhere".to_string())]);
}
