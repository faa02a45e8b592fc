//! Sabotage: each planted fault is found, alone; and near misses that must not be.

use super::super::values::planted::{Said, Scene, decode, edited};
use super::*;
use goabi_generators::traced::Traced;
use goabi_runners::process::Stop;

const CASES: &str = r#"
about: Ends to plant faults in.
types: |
  type Code int32
  func (c Code) Error() string { return "code" }
cases:
  - name: plain
    why: a function that returns
    func: "func(n int) (m int)"
    vectors:
      - args: ['5']
        returns: ['6']

  - name: callee
    why: the callee recovers and its caller sees results
    func: "func(n int) (a int64, b []byte, err error)"
    vectors:
      - args: ['5']
        panics: {value: 'Code(7)', after: 1, recovered_by: callee}
        wants:
          recovered: 'Code(7)'
          recovered_type: p.Code
          recovered_text: code
          results: ['0x1112131415161718', 'nil', 'nil']

  - name: caller
    why: the caller recovers and sees no results
    func: "func(n int) (a int64)"
    vectors:
      - args: ['5']
        panics: {value: '"boom"', recovered_by: caller}
        wants: {recovered: '"boom"'}

  - name: ordered
    why: deferred calls have an order
    func: "func(n int) (m int)"
    body: |
      defer func() { trace("second"); recovered(recover()) }()
      defer trace("first")
      panic("boom")
    vectors:
      - args: ['5']
        wants: {recovered: '"boom"', results: ['0'], trace: [first, second]}

  - name: quiet
    why: a body that says nothing of events, and recovers nothing that it wants told
    func: "func(n int) (m int)"
    body: |
      defer func() { recovered(recover()) }()
      return n + 1
    vectors:
      - args: ['5']
        returns: ['6']

  - name: dead
    why: nobody recovers
    func: "func(n int) (m int)"
    vectors:
      - args: ['5']
        panics: {value: 'errors.New("boom")', recovered_by: nobody}
        wants: {dies: 'panic: *boom*', exit: 2}

  - name: traced
    why: nobody recovers, and the traceback is told
    func: "func(n int) (m int)"
    body: |
      defer func() { panic("second") }()
      panic("boom")
    vectors:
      - args: ['5']
        wants: {dies: 'panic: boom', chain: ['panic: boom', 'panic: second'], frames: ['callee at panic("boom")']}

  - name: leaky
    why: a goroutine waits for ever
    func: "func(n int) (m int)"
    body: |
      go func() { select {} }()
      return n + 1
    vectors:
      - args: ['5']
        returns: ['6']
        wants: {goroutines: 1}

  - name: left
    why: the goroutine ends
    func: "func(n int) (m int)"
    body: |
      defer trace("leaving")
      runtime.Goexit()
      return
    vectors:
      - args: ['5']
        wants: {goexit: true, trace: [leaving]}
"#;

const PLAIN: [&str; 6] = ["args 1", r#"arg 0 ["i","5"]"#, "ress 1", r#"res 0 ["i","6"]"#, "returned", "goroutines 0"];

const CALLEE: [&str; 9] = [
    "args 1",
    r#"arg 0 ["i","5"]"#,
    r#"recovered callee "code" ["n","p.Code",["i","7"]]"#,
    "ress 3",
    r#"res 0 ["i","1230066625199609624"]"#,
    r#"res 1 ["l"]"#,
    r#"res 2 ["n"]"#,
    "returned",
    "goroutines 0",
];

const CALLER: [&str; 5] = [
    "args 1",
    r#"arg 0 ["i","5"]"#,
    r#"recovered caller "boom" ["n","string",["s","boom"]]"#,
    "returned",
    "goroutines 0",
];

const ORDERED: [&str; 9] = [
    "args 1",
    r#"arg 0 ["i","5"]"#,
    r#"trace "first""#,
    r#"trace "second""#,
    r#"recovered callee "boom" ["n","string",["s","boom"]]"#,
    "ress 1",
    r#"res 0 ["i","0"]"#,
    "returned",
    "goroutines 0",
];

const ENTERED: [&str; 2] = ["args 1", r#"arg 0 ["i","5"]"#];
const LEFT: [&str; 5] = ["args 1", r#"arg 0 ["i","5"]"#, r#"trace "leaving""#, "goexit", "goroutines 0"];
const SAID: &str = "panic: &errors.errorString{s:\"boom\"}\n\ngoroutine 7 [running]:\n";

/// Judges these lines; the goroutines are counted, if they do not say so already.
fn judge(case: &str, lines: &[&str], edits: &[(&str, &str)]) -> Said {
    let mut lines = edited(lines, edits);
    if !lines.iter().any(|l| l.starts_with("goroutines ")) {
        lines.push("goroutines 0");
    }
    Scene::new(CASES, case, &lines).judge(&Kind)
}

fn death(status: Ended, stopped: Option<Stop>, stderr: &str) -> Said {
    Scene::new(CASES, "dead", &ENTERED).dies(status, stopped, stderr).judge(&Kind)
}

const OUTCOME: &str = "vectors[0].outcome";

#[test]
fn what_is_as_wanted_is_silent() {
    judge("plain", &PLAIN, &[]).silent();
    let said = judge("callee", &CALLEE, &[]);
    said.silent();
    // Value, type, text, three results and the goroutines.
    assert_eq!(said.agree, 7);
    judge("caller", &CALLER, &[]).silent();
    judge("ordered", &ORDERED, &[]).silent();
    judge("left", &LEFT, &[]).silent();
    death(Ended::Exited(2), None, SAID).silent();
}

#[test]
fn a_wrong_recovered_value_type_or_text_is_found() {
    let wrong = |line: &str| judge("callee", &CALLEE, &[("recovered", line)]);
    let value = wrong(r#"recovered callee "code" ["n","p.Code",["i","8"]]"#);
    value.finds("vectors[0].recovered.dynamic", "7", "8");
    let text = wrong(r#"recovered callee "other" ["n","p.Code",["i","7"]]"#);
    text.finds("vectors[0].recovered.text", "code", "other");
    let none = wrong(r#"recovered callee null ["n","p.Code",["i","7"]]"#);
    none.finds("vectors[0].recovered.text", "code", "(it has no text)");
    // The type is part of the value, and asked for on its own as well.
    let ty = wrong(r#"recovered callee "code" ["n","int32",["i","7"]]"#);
    let found: Vec<_> = ty.findings.iter().map(|f| (f.path.as_str(), f.actual.as_str())).collect();
    assert_eq!(found, [("vectors[0].recovered.dynamic.type", "int32(7)"), ("vectors[0].recovered.type", "int32")]);
}

#[test]
fn recovered_by_the_wrong_one_is_found() {
    let by_caller = r#"recovered caller "code" ["n","p.Code",["i","7"]]"#;
    let want = "callee recovered p.Code(7)";
    judge("callee", &CALLEE, &[("recovered", by_caller)]).finds(OUTCOME, want, "caller recovered p.Code(7)");
    let by_callee = r#"recovered callee "boom" ["n","string",["s","boom"]]"#;
    let want = "caller recovered string(\"boom\")";
    judge("caller", &CALLER, &[("recovered", by_callee)]).finds(OUTCOME, want, "callee recovered string(\"boom\")");
    // A caller that recovers has no results.
    let results = [CALLER[0], CALLER[1], CALLER[2], "ress 1", r#"res 0 ["i","0"]"#, "returned"];
    assert_eq!(judge("caller", &results, &[]).findings[0].path, OUTCOME);
}

#[test]
fn nothing_recovered_is_found() {
    let want = "callee recovered p.Code(7)";
    judge("callee", &CALLEE, &[("recovered", "")]).finds(OUTCOME, want, "returned");
    judge("callee", &CALLEE, &[("recovered", r#"recovered callee null ["n"]"#)]).finds(OUTCOME, want, "returned");
    judge("callee", &CALLEE, &[("returned", "")]).finds(OUTCOME, want, want);
    // The callee recovered, and its caller was not reached.
    let lost = [CALLEE[0], CALLEE[1], CALLEE[2], "returned"];
    assert_eq!(judge("callee", &lost, &[]).findings[0].path, OUTCOME);
}

#[test]
fn wrong_results_after_a_recovery_are_found() {
    let lost = r#"res 0 ["i","0"]"#;
    let want = "1230066625199609624 (0x1112131415161718)";
    judge("callee", &CALLEE, &[("res 0", lost)]).finds("vectors[0].results[0]", want, "0");
    let set = r#"res 1 ["l","5c9020",0,1,[]]"#;
    judge("callee", &CALLEE, &[("res 1", set)]).finds("vectors[0].results[1]", "nil", "[]");
    let mut scene = Scene::new(CASES, "callee", &CALLEE);
    scene.seen().results.as_mut().unwrap().pop();
    scene.judge(&Kind).misses("vectors[0].results: 2 of 3 were reported");
}

#[test]
fn a_wrong_order_of_events_is_found() {
    let mut scene = Scene::new(CASES, "ordered", &ORDERED);
    scene.seen().trace.swap(0, 1);
    scene.judge(&Kind).finds("vectors[0].trace", "first, second", "second, first");
    judge("ordered", &ORDERED, &[("trace \"second", "")]).finds("vectors[0].trace", "first, second", "first");
    let mut twice = ORDERED.to_vec();
    twice.insert(4, r#"trace "second""#);
    judge("ordered", &twice, &[]).finds("vectors[0].trace", "first, second", "first, second, second");
}

#[test]
fn returning_though_it_should_not_is_found() {
    let want = "died: exited with status 2, panic: *boom*";
    judge("dead", &PLAIN, &[]).finds(OUTCOME, want, "returned");
    judge("left", &[PLAIN[0], PLAIN[1], LEFT[2], PLAIN[2], PLAIN[3], "returned"], &[]).finds(
        OUTCOME,
        "runtime.Goexit",
        "returned",
    );
    // It returned, and the process died as wanted of something else.
    let scene = Scene::new(CASES, "dead", &PLAIN).dies(Ended::Exited(2), None, SAID);
    assert_eq!(scene.judge(&Kind).findings[0].path, OUTCOME);
}

#[test]
fn not_returning_though_it_should_is_found() {
    judge("plain", &PLAIN[..4], &[]).finds(OUTCOME, "returned", "ended without saying how");
    judge("plain", &[PLAIN[0], PLAIN[1], "goexit"], &[]).finds(OUTCOME, "returned", "runtime.Goexit");
    let recovered = [PLAIN[0], PLAIN[1], CALLEE[2], PLAIN[2], PLAIN[3], "returned"];
    judge("plain", &recovered, &[]).finds(OUTCOME, "returned", "callee recovered p.Code(7)");
    // It returned, and took the process with it before its end was noted.
    let scene = Scene::new(CASES, "plain", &PLAIN).dies(Ended::Signalled(11), None, "");
    scene.judge(&Kind).finds(OUTCOME, "returned", "died: was ended by signal 11, nothing on stderr");
}

#[test]
fn a_wrong_exit_status_or_first_line_is_found() {
    let want = "died: exited with status 2, panic: *boom*";
    let line = "panic: &errors.errorString{s:\"boom\"}";
    death(Ended::Exited(1), None, SAID).finds(OUTCOME, want, &format!("died: exited with status 1, {line}"));
    death(Ended::Signalled(6), None, SAID).finds(OUTCOME, want, &format!("died: was ended by signal 6, {line}"));
    let other = death(Ended::Exited(2), None, "fatal error: fault\npanic: boom\n");
    other.finds(OUTCOME, want, "died: exited with status 2, fatal error: fault");
    death(Ended::Exited(2), None, "").finds(OUTCOME, want, "died: exited with status 2, nothing on stderr");
    // What a program prints on the way is not what it dies of.
    death(Ended::Exited(2), None, "boom\n").finds(OUTCOME, want, "died: exited with status 2, boom");
}

#[test]
fn a_process_that_we_stopped_did_not_die_of_itself() {
    for stop in [Stop::Time, Stop::Output, Stop::Memory] {
        let said = death(Ended::Exited(2), Some(stop), SAID);
        said.finds(OUTCOME, "died: exited with status 2, panic: *boom*", &format!("stopped: {stop}"));
        let scene = Scene::new(CASES, "plain", &ENTERED).dies(Ended::Signalled(9), Some(stop), "");
        scene.judge(&Kind).finds(OUTCOME, "returned", &format!("stopped: {stop}"));
    }
}

#[test]
fn a_goexit_that_lacks_or_is_another_end_is_found() {
    judge("left", &LEFT[..3], &[]).finds(OUTCOME, "runtime.Goexit", "ended without saying how");
    let panicked = [LEFT[0], LEFT[1], LEFT[2], r#"recovered unit "x" ["n","string",["s","x"]]"#];
    judge("left", &panicked, &[]).finds(OUTCOME, "runtime.Goexit", "unit recovered string(\"x\")");
    judge("left", &LEFT, &[("trace", "")]).finds("vectors[0].trace", "leaving", "");
    // The only goroutine ended, so the runtime found a deadlock: that is a death.
    let scene = Scene::new(CASES, "left", &LEFT[..3]).dies(Ended::Exited(2), None, "fatal error: all asleep\n");
    scene.judge(&Kind).finds(OUTCOME, "runtime.Goexit", "died: exited with status 2, fatal error: all asleep");
}

const GOROUTINES: &str = "vectors[0].goroutines";

#[test]
fn goroutines_left_behind_are_found() {
    for (case, lines) in [("plain", &PLAIN[..]), ("callee", &CALLEE), ("caller", &CALLER), ("left", &LEFT)] {
        judge(case, lines, &[("goroutines", "goroutines 1")]).finds(GOROUTINES, "0 left behind", "1 left behind");
        let silent = Scene::new(CASES, case, &edited(lines, &[("goroutines", "")]));
        silent.judge(&Kind).misses("vectors[0].goroutines: nobody counted them");
    }
    // A case may want some; that they are gone is as wrong as too many.
    judge("leaky", &PLAIN, &[("goroutines", "goroutines 1")]).silent();
    judge("leaky", &PLAIN, &[]).finds(GOROUTINES, "1 left behind", "0 left behind");
    // Nobody counts those of a process that died.
    death(Ended::Exited(2), None, SAID).silent();
}

#[test]
fn what_is_told_of_a_death_is_compared() {
    const TOLD: &str = "panic: boom\n\tpanic: second\n\ngoroutine 7 [running]:\n\
        goabi.test/c/planted-faults.F.func1()\n\tgoabi.test/c/planted-faults/c.go:4 +0x1\n\
        goabi.test/c/planted-faults.F(0x5)\n\tgoabi.test/c/planted-faults/c.go:5 +0x1\n";
    let told = |said: &str| {
        let mut scene = Scene::new(CASES, "traced", &ENTERED).dies(Ended::Exited(2), None, said);
        let lines = ["func F(n int) (m int) {", "\tdefer func() { panic(\"second\") }()", "\tpanic(\"boom\")", "}"];
        scene.site.callee = Some("goabi.test/c/planted-faults.F".into());
        scene.site.traced = vec![Traced {
            name: "goabi.test/c/planted-faults.F".into(),
            file: "goabi.test/c/planted-faults/c.go".into(),
            first: 3,
            lines: lines.map(String::from).to_vec(),
        }];
        scene.judge(&Kind)
    };
    let sound = told(TOLD);
    sound.silent();
    // First line and status, chain, one frame.
    assert_eq!(sound.agree, 3);
    let chain = "panic: boom / \\tpanic: second";
    told(&TOLD.replace("\n\tpanic: second", "")).finds("vectors[0].chain", chain, "panic: boom");
    let (name, file) = ("goabi.test/c/planted-faults.F", "goabi.test/c/planted-faults/c.go");
    told(&TOLD.replace("F(0x5)", "G(0x5)")).finds(
        "vectors[0].frames",
        name,
        &format!("{name}.func1, {}", name.replace(".F", ".G")),
    );
    told(&TOLD.replace("c.go:5 ", "c.go:7 ")).finds(
        "vectors[0].frames.line",
        &format!("{name} {file}:3-6"),
        &format!("{name} {file}:7"),
    );
    told(&TOLD.replace("c.go:5 ", "c.go:3 ")).finds(
        "vectors[0].frames[0].statement",
        &format!("{name}: panic(\"boom\")"),
        &format!("{name} {file}:3: func F(n int) (m int) {{"),
    );
}

#[test]
fn what_is_missing_is_never_agreement() {
    for case in ["plain", "callee", "caller", "ordered", "dead", "left"] {
        let mut scene = Scene::new(CASES, case, &[]);
        let said = scene.judge(&Kind);
        assert!(!said.findings.is_empty(), "{case}: {said:#?}");
        scene.records = Fact::NotRequested;
        scene.judge(&Kind).misses("vectors[0]: the call was not asked for");
        scene.records = Fact::Unavailable("cut short".into());
        scene.judge(&Kind).misses("vectors[0]: cut short");
        for (end, why) in [
            (UnitEnd::Untrusted("it lies".into()), "vectors[0]: it lies"),
            (UnitEnd::NotRun("never begun".into()), "vectors[0]: never begun"),
        ] {
            // Sound records do not help a transcript that cannot be trusted.
            let mut scene = Scene::new(CASES, "plain", &PLAIN);
            scene.end = end;
            scene.judge(&Kind).misses(why);
        }
    }
}

#[test]
fn near_misses_are_not_flagged() {
    // An earlier recovery of something else, and a recover that found nothing after it.
    let mut scene = Scene::new(CASES, "callee", &CALLEE);
    let others = decode(&[r#"recovered callee "x" ["n","string",["s","x"]]"#, r#"recovered callee null ["n"]"#]);
    let [first, nothing] = <[Recovered; 2]>::try_from(others.recovered).unwrap();
    scene.seen().recovered.insert(0, first);
    scene.seen().recovered.push(nothing);
    scene.judge(&Kind).silent();
    // A body that recovers for itself, or finds nothing to recover, did return.
    for line in [CALLEE[2], r#"recovered callee null ["n"]"#] {
        judge("quiet", &[PLAIN[0], PLAIN[1], line, PLAIN[2], PLAIN[3], "returned"], &[]).silent();
    }
    // A process that is to die, whose records could not be read.
    let mut scene = Scene::new(CASES, "dead", &ENTERED).dies(Ended::Exited(2), None, SAID);
    scene.records = Fact::Unavailable("cut short".into());
    scene.judge(&Kind).silent();
    // Lines before the runtime's own, and carriage returns.
    death(Ended::Exited(2), None, &format!("a warning\n{}", SAID.replace('\n', "\r\n"))).silent();
    // The case says nothing of events.
    let mut noisy = PLAIN.to_vec();
    noisy.insert(2, r#"trace "unasked""#);
    judge("plain", &noisy, &[]).silent();
}

#[test]
fn events_that_a_case_leaves_open_are_for_peers() {
    let mut noisy = PLAIN.to_vec();
    noisy.insert(2, r#"trace "unasked""#);
    let open = Scene::new(CASES, "plain", &noisy).open(&Kind);
    let at = |path: &str| open.iter().filter(|o| o.path.ends_with(path)).map(|o| o.text.as_str()).collect::<Vec<_>>();
    assert_eq!(at(".trace"), ["unasked"]);
    // Nothing was recovered, and peers must agree on that, too.
    assert_eq!(at(".recovered"), [""]);
    // Where the case states the events, they are no matter between peers.
    let ordered = Scene::new(CASES, "ordered", &ORDERED).open(&Kind);
    assert!(ordered.iter().all(|o| o.path.ends_with(".recovered")), "{ordered:?}");
}
