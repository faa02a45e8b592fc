//! Tracebacks as Go prints them, and each thing in them that may be wrong.

use super::*;

/// As Go 1.27 prints it.
const SAID: &str = "\
panic: first [recovered]
\tpanic: second

goroutine 18 [running]:
panic({0x4f2a80?, 0x54a1d0?})
\truntime/panic.go:787 +0x132
goabi.test/c/t-f.throws(...)
\tgoabi.test/c/t-f/c_a_case.go:12
goabi.test/c/t-f.(*T).Passes(0xc000012345, {0x5, 0x6})
\tgoabi.test/c/t-f/c_a_case.go:21 +0x34
goabi.test/c/t-f.GoabiFunc_a.func1()
\tgoabi.test/c/t-f/c_a_case.go:31 +0x22
goabi.test/c/t-f.GoabiFunc_a(0x1011121314151617)
\tgoabi.test/c/t-f/c_a_case.go:32 +0x22
goabi.test/u/t-f.direct_Calls_a_0()
\tgoabi.test/u/t-f/c_a_case.go:9 +0x34
created by goabi.test/rt.run in goroutine 1
\tgoabi.test/rt/rt.go:183 +0x13f

goroutine 1 [chan receive]:
goabi.test/rt.run(0x0)
\tgoabi.test/rt/rt.go:199 +0xcc
exit status 2
";

const PACKAGE: &str = "goabi.test/c/t-f";

fn function(name: &str, first: u32, lines: &[&str]) -> Traced {
    Traced {
        name: format!("{PACKAGE}.{name}"),
        file: format!("{PACKAGE}/c_a_case.go"),
        first,
        lines: lines.iter().map(ToString::to_string).collect(),
    }
}

fn site() -> Site {
    Site {
        callee: Some(format!("{PACKAGE}.GoabiFunc_a")),
        traced: vec![
            function("throws", 10, &["func throws(n int) {", "\tn++", "\tpanic(n)", "}"]),
            function("(*T).Passes", 20, &["func (t *T) Passes(s string) {", "\tthrows(1)", "}"]),
            function(
                "GoabiFunc_a",
                30,
                &["func GoabiFunc_a(n int) {", "\tdefer func() { t.Passes(s) }()", "\tg()", "}"],
            ),
        ],
        ..Site::default()
    }
}

fn wanted(list: &[&str]) -> Vec<Frame> {
    let one = |t: &&str| match t.split_once(" at ") {
        Some((f, s)) => Frame { function: f.into(), statement: Some(s.into()) },
        None => Frame { function: (*t).into(), statement: None },
    };
    list.iter().map(one).collect()
}

fn look(said: &str, list: &[&str]) -> Found {
    frames(said, &wanted(list), &site(), PACKAGE)
}

#[track_caller]
fn one(found: Found, path: &str, expected: &str, actual: &str) {
    let wrong = Wrong { path: path.into(), expected: expected.into(), actual: actual.into() };
    assert_eq!(found, Found::Wrong(vec![wrong]));
}

const ALL: [&str; 3] = ["throws at panic(n)", "(*T).Passes", "callee"];

#[test]
fn what_is_as_wanted_is_found() {
    assert_eq!(look(SAID, &ALL), Found::All(3));
    // Frames between those that are wanted, and carriage returns.
    assert_eq!(look(&SAID.replace('\n', "\r\n"), &["throws", "callee at g()"]), Found::All(2));
    assert_eq!(chain(SAID, &["panic: first [recovered*".into(), "panic: second".into()]), None);
    // Without a word of the runtime's about what it means to the machine.
    let signal = SAID.replace("\n\ngoroutine 18", "\n[signal SIGSEGV: segmentation violation]\n\ngoroutine 18");
    assert_eq!(chain(&signal, &["panic: first [recovered]".into(), "panic: second".into()]), None);
    // Where no goroutine runs, the frames may be any one's.
    let asleep = SAID.replace("[running]", "[select (no cases), 2 minutes]");
    assert_eq!(look(&asleep, &ALL), Found::All(3));
}

#[test]
fn a_wrong_function_is_found() {
    let other = SAID.replace("t-f.throws(", "t-f.thrown(");
    let names = "goabi.test/c/t-f.throws, goabi.test/c/t-f.(*T).Passes, goabi.test/c/t-f.GoabiFunc_a";
    let seen = "goabi.test/c/t-f.thrown, goabi.test/c/t-f.(*T).Passes, goabi.test/c/t-f.GoabiFunc_a.func1, \
                goabi.test/c/t-f.GoabiFunc_a";
    one(look(&other, &ALL), "frames", names, seen);
    // A frame that is not there, and two that are in another order.
    let without = SAID.replace("goabi.test/c/t-f.GoabiFunc_a(0x", "goabi.test/rt.GoabiFunc_a(0x");
    assert!(matches!(look(&without, &ALL), Found::Wrong(w) if w[0].path == "frames"));
    assert!(matches!(look(SAID, &["callee", "throws"]), Found::Wrong(w) if w[0].path == "frames"));
    // The frames of another goroutine than the one that ran do not count.
    let elsewhere = SAID.replacen("[running]", "[select]", 1).replace("[chan receive]", "[running]");
    one(look(&elsewhere, &["callee"]), "frames", "goabi.test/c/t-f.GoabiFunc_a", "no such frames");
    one(look("", &["callee"]), "frames", "goabi.test/c/t-f.GoabiFunc_a", "no such frames");
}

#[test]
fn a_wrong_line_is_found() {
    let place = |s: &str| format!("goabi.test/c/t-f.{s}");
    let beyond = SAID.replace("c_a_case.go:21 ", "c_a_case.go:23 ");
    let expected = place("(*T).Passes goabi.test/c/t-f/c_a_case.go:20-22");
    one(look(&beyond, &ALL), "frames.line", &expected, &place("(*T).Passes goabi.test/c/t-f/c_a_case.go:23"));
    // Of a frame that is not among those wanted, and of a closure.
    one(look(&beyond, &["callee"]), "frames.line", &expected, &place("(*T).Passes goabi.test/c/t-f/c_a_case.go:23"));
    let closure = SAID.replace("c_a_case.go:31 ", "c_a_case.go:12 ");
    let expected = place("GoabiFunc_a.func1 goabi.test/c/t-f/c_a_case.go:30-33");
    let actual = place("GoabiFunc_a.func1 goabi.test/c/t-f/c_a_case.go:12");
    one(look(&closure, &ALL), "frames.line", &expected, &actual);
    // A line of the function, but not the one that panics.
    let early = SAID.replace("c_a_case.go:12\n", "c_a_case.go:11\n");
    let actual = place("throws goabi.test/c/t-f/c_a_case.go:11: n++");
    one(look(&early, &ALL), "frames[0].statement", &place("throws: panic(n)"), &actual);
    // The right line of another file.
    let file = SAID.replace("goabi.test/c/t-f/c_a_case.go:32 ", "goabi.test/u/t-f/c_a_case.go:32 ");
    let expected = place("GoabiFunc_a goabi.test/c/t-f/c_a_case.go:30-33");
    one(look(&file, &ALL), "frames.line", &expected, "goabi.test/c/t-f.GoabiFunc_a goabi.test/u/t-f/c_a_case.go:32");
}

#[test]
fn a_wrong_chain_is_found() {
    let want = ["panic: first [recovered]".to_string(), "panic: second".to_string()];
    let expected = "panic: first [recovered] / \\tpanic: second";
    for (edit, to, actual) in [
        (" [recovered]", "", "panic: first / \\tpanic: second"),
        ("\tpanic: second\n", "", "panic: first [recovered]"),
        ("\tpanic: second", "panic: second", "panic: first [recovered] / panic: second"),
        ("second", "first", "panic: first [recovered] / \\tpanic: first"),
        ("second\n", "second\n\tpanic: third\n", "panic: first [recovered] / \\tpanic: second / \\tpanic: third"),
    ] {
        let wrong = chain(&SAID.replacen(edit, to, 1), &want).unwrap();
        assert_eq!((wrong.path.as_str(), wrong.expected.as_str(), wrong.actual.as_str()), ("chain", expected, actual));
    }
    assert_eq!(chain("exit status 2\n", &want).unwrap().actual, "nothing");
}

#[test]
fn what_cannot_be_told_is_no_agreement() {
    let unknown = |found: Found| matches!(found, Found::Unknown(_));
    assert!(unknown(look(SAID, &["nobody"])));
    let site = Site { callee: None, ..site() };
    assert!(unknown(frames(SAID, &wanted(&["callee"]), &site, PACKAGE)));
    let cut = SAID.replace("goabi.test/c/t-f.throws(...)\n", "[... 70000 bytes left out ...]\n");
    assert!(unknown(look(&cut, &ALL)));
}
