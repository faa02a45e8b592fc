//! Sabotage: each planted fault is found, alone; and near misses that must not be.

use super::planted::{Said, Scene, edited};
use super::*;
use goabi_runners::process::{Ended, Stop};

const CASES: &str = r#"
about: Values to plant faults in.
cases:
  - name: numbers
    why: what fits into registers
    func: "func(n uint64, f float64, _ int8, v any) (hi, lo int64, x float64, y any, ok bool)"
    vectors:
      - args: ['0x1112131415161718', 'math.Float64frombits(0x7ff8000000000001)', '3', 'any(int8(7))']
        returns: ['0x1112131415161718', '-2', 'math.Float64frombits(0x7ff8000000000001)', 'any(int8(7))', 'true']

  - name: memory
    why: what lies in memory, and what shares it
    func: "func(b []byte) (c, d, e, open []byte, p, q *int32, err error)"
    vectors:
      - let: {s: '[]byte{0x61, 0x62, 0x63, 0, 0, 0, 0, 0}', n: 'new(int32)'}
        args: ['s[:3]']
        returns: ['s[1:2]', '[]byte{}', 'nil', '[]byte("xy")', 'n', 'n', 'errors.New("boom")']

  - name: left_open
    why: a result of which the case says nothing
    func: "func() (n int, p *int)"
    body: return 7, nil
    vectors:
      - args: []
        returns: ['_', '_']

  - name: unrecorded
    why: a function that does not report its parameters
    func: "func(n int) int"
    record_args: false
    body: return n
    vectors:
      - args: ['5']
        returns: ['5']

  - name: recovering
    why: a call that is not to return plainly
    func: "func(n int) (m int)"
    vectors:
      - args: ['5']
        panics: {value: '"p"', recovered_by: callee}
        wants: {recovered: '"p"', results: ['0']}
"#;

const NUMBERS: [&str; 11] = [
    "args 4",
    r#"arg 0 ["i","1230066625199609624"]"#,
    r#"arg 1 ["d","7ff8000000000001"]"#,
    r#"arg 3 ["n","int8",["i","7"]]"#,
    "ress 5",
    r#"res 0 ["i","1230066625199609624"]"#,
    r#"res 1 ["i","-2"]"#,
    r#"res 2 ["d","7ff8000000000001"]"#,
    r#"res 3 ["n","int8",["i","7"]]"#,
    r#"res 4 ["b","1"]"#,
    "returned",
];

const MEMORY: [&str; 11] = [
    "args 1",
    r#"arg 0 ["l","c000010000",8,1,[["i","97"],["i","98"],["i","99"]]]"#,
    "ress 7",
    r#"res 0 ["l","c000010001",7,1,[["i","98"]]]"#,
    r#"res 1 ["l","5c9020",0,1,[]]"#,
    r#"res 2 ["l"]"#,
    r#"res 3 ["l","c000010040",2,1,[["i","120"],["i","121"]]]"#,
    r#"res 4 ["p","c000010080",["i","0"]]"#,
    r#"res 5 ["p","c000010080",["i","0"]]"#,
    r#"res 6 ["n","*errors.errorString",["p","c0000100c0",["t",[["s","boom"]]]]]"#,
    "returned",
];

fn numbers(edits: &[(&str, &str)]) -> Said {
    Scene::new(CASES, "numbers", &edited(&NUMBERS, edits)).judge(&Kind)
}

fn memory(edits: &[(&str, &str)]) -> Said {
    Scene::new(CASES, "memory", &edited(&MEMORY, edits)).judge(&Kind)
}

const BIG: &str = "1230066625199609624 (0x1112131415161718)";

#[test]
fn what_is_as_wanted_is_silent() {
    // Three arguments with a name, five results.
    let said = numbers(&[]);
    said.silent();
    assert_eq!(said.agree, 8);
    let said = memory(&[]);
    said.silent();
    assert_eq!(said.agree, 8);
    Scene::new(CASES, "unrecorded", &["ress 1", r#"res 0 ["i","5"]"#, "returned"]).judge(&Kind).silent();
}

#[test]
fn wrong_results_and_arguments_are_found() {
    numbers(&[("res 1", r#"res 1 ["i","2"]"#)]).finds("vectors[0].results[1]", "-2", "2");
    numbers(&[("res 4", r#"res 4 ["b","0"]"#)]).finds("vectors[0].results[4]", "true", "false");
    // A bool that is neither 0 nor 1 is none.
    numbers(&[("res 4", r#"res 4 ["b","3"]"#)]).finds("vectors[0].results[4]", "true", "3");
    let wrong = r#"arg 0 ["i","1230066625199609625"]"#;
    numbers(&[("arg 0", wrong)]).finds("vectors[0].args[0]", BIG, "1230066625199609625 (0x1112131415161719)");
}

#[test]
fn results_that_changed_places_are_found_both() {
    let said = numbers(&[("res 0", r#"res 0 ["i","-2"]"#), ("res 1", r#"res 1 ["i","1230066625199609624"]"#)]);
    let found: Vec<_> = said.findings.iter().map(|f| (f.path.as_str(), f.actual.as_str())).collect();
    assert_eq!(found, [("vectors[0].results[0]", "-2"), ("vectors[0].results[1]", BIG)]);
}

#[test]
fn lost_bits_are_found() {
    // The upper half of a register.
    numbers(&[("res 0", r#"res 0 ["i","336992024"]"#)]).finds("vectors[0].results[0]", BIG, "336992024 (0x14161718)");
    let nan = |bits: &str| format!("NaN (bits 0x{bits})");
    for bits in ["7ff8000000000000", "7ff8000000000003", "fff8000000000001"] {
        let line = format!(r#"res 2 ["d","{bits}"]"#);
        numbers(&[("res 2", &line)]).finds("vectors[0].results[2]", &nan("7ff8000000000001"), &nan(bits));
        let line = format!(r#"arg 1 ["d","{bits}"]"#);
        numbers(&[("arg 1", &line)]).finds("vectors[0].args[1]", &nan("7ff8000000000001"), &nan(bits));
    }
    // A float64 that came as a float32 of the same value is another thing.
    let narrow = r#"res 2 ["f","7fc00000"]"#;
    numbers(&[("res 2", narrow)]).finds("vectors[0].results[2]", &nan("7ff8000000000001"), "NaN (bits 0x7fc00000)");
}

#[test]
fn another_dynamic_type_is_found_though_the_value_is_equal() {
    let other = r#"res 3 ["n","int16",["i","7"]]"#;
    numbers(&[("res 3", other)]).finds("vectors[0].results[3].dynamic.type", "int8(7)", "int16(7)");
    numbers(&[("res 3", r#"res 3 ["n","int8",["i","8"]]"#)]).finds("vectors[0].results[3].dynamic", "7", "8");
    numbers(&[("res 3", r#"res 3 ["n"]"#)]).finds("vectors[0].results[3]", "int8(7)", "nil");
    let other = r#"arg 3 ["n","p.Int8",["i","7"]]"#;
    numbers(&[("arg 3", other)]).finds("vectors[0].args[3].dynamic.type", "int8(7)", "p.Int8(7)");
}

#[test]
fn nil_and_empty_are_told_apart() {
    memory(&[("res 1", r#"res 1 ["l"]"#)]).finds("vectors[0].results[1]", "[]", "nil");
    memory(&[("res 2", r#"res 2 ["l","5c9020",0,1,[]]"#)]).finds("vectors[0].results[2]", "nil", "[]");
}

#[test]
fn capacities_and_sharing_are_held_to() {
    let cut = r#"res 0 ["l","c000010001",1,1,[["i","98"]]]"#;
    memory(&[("res 0", cut)]).finds("vectors[0].results[0].cap", "7", "1");
    // A copy, and a view that begins one byte further on.
    let copy = r#"res 0 ["l","c000020001",7,1,[["i","98"]]]"#;
    let shared = "memory #1+1";
    memory(&[("res 0", copy)]).finds("vectors[0].results[0].identity", shared, "memory #2");
    let shifted = r#"res 0 ["l","c000010002",7,1,[["i","98"]]]"#;
    memory(&[("res 0", shifted)]).finds("vectors[0].results[0].identity", shared, "memory #1+2");
    let apart = memory(&[("res 5", r#"res 5 ["p","c000010088",["i","0"]]"#)]);
    assert_eq!(apart.findings[0].path, "vectors[0].results[5].identity");
    // What was not to share does.
    let joined = memory(&[("res 3", r#"res 3 ["l","c000010001",2,1,[["i","120"],["i","121"]]]"#)]);
    assert_eq!(joined.findings[0].path, "vectors[0].results[3].identity");
}

#[test]
fn what_is_missing_is_never_agreement() {
    numbers(&[("arg 0", "")]).misses("vectors[0].args[0]: the callee did not report it");
    numbers(&[("args", "args 4"), ("arg 3", "")]).misses("vectors[0].args[3]: the callee did not report it");
    let no_entry = [("args", ""), ("arg 0", ""), ("arg 1", ""), ("arg 3", "")];
    numbers(&no_entry).misses("vectors[0].args: the callee did not report that it was entered");
    let mut scene = Scene::new(CASES, "numbers", &NUMBERS);
    scene.seen().results.as_mut().unwrap().pop();
    scene.judge(&Kind).finds("vectors[0].results", "5 results", "4 results");
    scene.records = Fact::NotRequested;
    scene.judge(&Kind).misses("vectors[0]: the call was not asked for");
    scene.records = Fact::Unavailable("cut short".into());
    let said = scene.judge(&Kind);
    said.misses("vectors[0]: cut short");
    assert_eq!(said.agree, 0);
}

#[test]
fn a_dead_process_proves_no_result() {
    // Only what it reported before counts; that it died is for `panics` to say.
    let scene = Scene::new(CASES, "numbers", &NUMBERS[..4]).dies(Ended::Signalled(9), Some(Stop::Time), "");
    let said = scene.judge(&Kind);
    assert_eq!((said.agree, said.findings.len(), said.unobserved.len()), (3, 0, 0));
    let mut scene = Scene::new(CASES, "numbers", &[]).dies(Ended::Exited(2), None, "");
    scene.judge(&Kind).misses("vectors[0].args: the callee did not report that it was entered");
    scene.records = Fact::Unavailable("the records are broken".into());
    scene.judge(&Kind).misses("vectors[0]: the records are broken");
}

#[test]
fn arguments_of_calls_that_panic_are_judged_too() {
    let lines = ["args 1", r#"arg 0 ["i","6"]"#, r#"recovered callee "p" ["n","string",["s","p"]]"#, "returned"];
    Scene::new(CASES, "recovering", &lines).judge(&Kind).finds("vectors[0].args[0]", "5", "6");
}

#[test]
fn near_misses_are_not_flagged() {
    // A capacity that Go leaves open.
    memory(&[("res 3", r#"res 3 ["l","c000010040",32,1,[["i","120"],["i","121"]]]"#)]).silent();
    // All at other addresses, shared alike.
    let moved = edited(
        &MEMORY,
        &[
            ("arg 0", r#"arg 0 ["l","7f0000",8,1,[["i","97"],["i","98"],["i","99"]]]"#),
            ("res 0", r#"res 0 ["l","7f0001",7,1,[["i","98"]]]"#),
            ("res 3", r#"res 3 ["l","10",2,1,[["i","120"],["i","121"]]]"#),
            ("res 4", r#"res 4 ["p","a0",["i","0"]]"#),
            ("res 5", r#"res 5 ["p","a0",["i","0"]]"#),
        ],
    );
    Scene::new(CASES, "memory", &moved).judge(&Kind).silent();
    // Where an empty slice without capacity lies says nothing.
    memory(&[("res 1", r#"res 1 ["l","c000010003",0,1,[]]"#)]).silent();
    // The result that the case leaves open.
    for n in ["5", "-1"] {
        let line = format!(r#"res 0 ["i","{n}"]"#);
        Scene::new(CASES, "left_open", &["args 0", "ress 2", &line, r#"res 1 ["p"]"#, "returned"])
            .judge(&Kind)
            .silent();
    }
}

#[test]
fn what_is_left_open_is_shown_to_peers_without_addresses() {
    let open = |n: &str, address: &str| {
        let (n, p) = (format!(r#"res 0 ["i","{n}"]"#), format!(r#"res 1 ["p","{address}",["i","4"]]"#));
        Scene::new(CASES, "left_open", &["args 0", "ress 2", &n, &p, "returned"]).open(&Kind)
    };
    assert_eq!(open("7", "c000010000"), open("7", "c000020000"));
    assert_ne!(open("7", "c000010000"), open("8", "c000010000"));
    assert_eq!(open("7", "c000010000").len(), 2);
    // What the case states is no matter for peers.
    assert!(Scene::new(CASES, "numbers", &NUMBERS).open(&Kind).is_empty());
}
