//! Sabotage: what the machine held is compared bit for bit, at each place, and
//! what was not seen is never agreement.

use super::super::planted::{SYMBOL, Said as Heard, Scene};
use super::*;
use goabi_cases::value::{Map, Place};
use goabi_runners::observe::machine::{EntrySeen, UnitSeen};

const CASES: &str = r#"
about: Values in registers and memory.
cases:
  - name: numbers
    why: of each kind one
    func: "func(a int8, f float64, g float64, m map[string]int, n map[string]int) (b int8, x float64)"
    body: return a, f
    vectors:
      - args: ['-5', 'math.Copysign(0, -1)', 'math.Float64frombits(0x7ff8000000000001)', 'nil', 'map[string]int{}']
        returns: ['-5', 'math.Copysign(0, -1)']

  - name: open
    why: a value that the case leaves open is no agreement
    func: "func(n int64) (m int64)"
    body: return n
    vectors:
      - args: ['7']
        returns: ['_']

  - name: dies
    why: what never returns
    func: "func(n int64) (m int64)"
    body: panic("x")
    vectors:
      - args: ['7']
        wants: {dies: 'panic: x'}

  - name: recovers
    why: what it returns depends on what panics
    func: "func(n int64) (m int64)"
    recovers: true
    body: |
      if recover() != nil {
        return 0
      }
      return n
    vectors:
      - args: ['7']
        returns: ['7']
"#;

const MINUS_ZERO: u64 = 1 << 63;

fn empty() -> Value {
    Value::Map(Some(Map { place: Place::Address(0xc000), entries: vec![] }))
}

fn inputs() -> Vec<SlotSeen> {
    let nan = Value::Float64(0x7ff8_0000_0000_0001);
    [Value::Int(-5), Value::Float64(MINUS_ZERO), nan, Value::Map(None), empty()].map(Ok).into()
}

fn outputs() -> Vec<SlotSeen> {
    [Value::Int(-5), Value::Float64(MINUS_ZERO)].map(Ok).into()
}

fn call() -> CallSeen {
    CallSeen {
        function: SYMBOL.into(),
        entries: vec![EntrySeen { inputs: inputs(), bytes: vec![], variables: vec![] }],
        places: vec![],
        at_return: Some(outputs()),
        return_bytes: vec![],
        in_caller: None,
        returned: true,
        given_up: false,
    }
}

fn heard(units: Vec<(How, UnitSeen)>) -> Heard {
    let mut scene = Scene::new(CASES, "numbers", &[]);
    scene.calls = units;
    scene.judge(&Kind)
}

fn seen(change: impl FnOnce(&mut CallSeen)) -> Heard {
    let mut call = call();
    change(&mut call);
    heard(vec![(How::Native, UnitSeen { calls: vec![call], cut: None })])
}

#[test]
fn what_is_as_wanted_is_silent() {
    let said = seen(|_| {});
    said.silent();
    assert_eq!(said.agree, 7);
    // In the caller it is the same, and a second beginning shows the same.
    let said = seen(|c| {
        c.in_caller = Some(outputs());
        c.entries.push(c.entries[0].clone());
    });
    said.silent();
    assert_eq!(said.agree, 14);
}

fn entry(n: usize, v: Value) -> Heard {
    seen(|c| c.entries[0].inputs[n] = Ok(v))
}

#[test]
fn each_bit_counts() {
    entry(0, Value::Int(251)).finds("vectors[0].entry.args[0]", "-5", "251 (0xfb)");
    entry(1, Value::Float64(0)).finds(
        "vectors[0].entry.args[1]",
        "-0.0 (bits 0x8000000000000000)",
        "0.0 (bits 0x0000000000000000)",
    );
    let nan = |bits: &str| format!("NaN (bits 0x{bits})");
    let other = entry(2, Value::Float64(0x7ff8_0000_0000_0003));
    other.finds("vectors[0].entry.args[2]", &nan("7ff8000000000001"), &nan("7ff8000000000003"));
    // A map that is nil is not one that is empty.
    assert_eq!(entry(3, empty()).findings[0].path, "vectors[0].entry.args[3]");
    assert_eq!(entry(4, Value::Map(None)).findings[0].path, "vectors[0].entry.args[4]");
    let full = Value::Map(Some(Map { place: Place::Address(1), entries: vec![(Value::Unstated, Value::Unstated)] }));
    assert_eq!(entry(4, full).findings[0].path, "vectors[0].entry.args[4]");
}

#[test]
fn each_place_is_judged_by_itself() {
    let wrong = || Ok(Value::Int(6));
    seen(|c| c.at_return.as_mut().unwrap()[0] = wrong()).finds("vectors[0].return.results[0]", "-5", "6");
    let said = seen(|c| {
        let mut other = outputs();
        other[0] = wrong();
        c.in_caller = Some(other);
    });
    said.finds("vectors[0].caller.results[0]", "-5", "6");
    assert!(said.findings[0].evidence[0].contains("at the return address, in RAX (int8)"), "{said:#?}");
    let said = seen(|c| {
        let mut other = c.entries[0].clone();
        other.inputs[0] = wrong();
        c.entries.push(other);
    });
    said.finds("vectors[0].entry_again.args[0]", "-5", "6");
    let unreadable = seen(|c| c.entries[0].inputs[0] = Err("there is no memory".into()));
    unreadable.finds("vectors[0].entry.args[0]", "-5", "what cannot be such a value: there is no memory");
}

#[test]
fn what_is_too_large_to_be_read_is_no_finding_if_it_is_to_be_so_large() {
    let too_much = || Err(Unread::TooMuch("a slice of length 16777216".into()));
    let first = |args: &str| {
        let text = format!(
            "about: A large value.\ncases:\n  - name: large\n    why: by its length\n    \
             func: \"func(s []int8) (n int64)\"\n    body: return 1\n    vectors:\n      \
             - args: ['{args}']\n        returns: ['1']\n"
        );
        let mut scene = Scene::new(&text, "large", &[]);
        let mut call = call();
        call.entries[0].inputs = vec![too_much()];
        call.at_return = Some(vec![Ok(Value::Int(1))]);
        scene.calls = vec![(How::Native, UnitSeen { calls: vec![call], cut: None })];
        scene.judge(&Kind)
    };
    let large = first("make([]int8, 1<<20)");
    assert!(large.findings.is_empty() && large.unobserved.is_empty() && large.agree == 1, "{large:#?}");
    // A length that is broken is a finding all the same.
    let actual = "what cannot be such a value: a slice of length 16777216";
    first("[]int8{}").finds("vectors[0].entry.args[0]", "[]", actual);
}

#[test]
fn what_the_case_leaves_open_is_no_agreement() {
    let mut scene = Scene::new(CASES, "open", &[]);
    let entries = vec![EntrySeen { inputs: vec![Ok(Value::Int(7))], bytes: vec![], variables: vec![] }];
    let call = CallSeen { entries, at_return: Some(vec![Ok(Value::Int(9))]), ..call() };
    scene.calls = vec![(How::Native, UnitSeen { calls: vec![call], cut: None })];
    let said = scene.judge(&Kind);
    said.silent();
    assert_eq!(said.agree, 1);
}

#[test]
fn what_two_ways_see_alike_is_said_once() {
    let unit = |n: i128| {
        let mut call = call();
        call.at_return.as_mut().unwrap()[0] = Ok(Value::Int(n));
        UnitSeen { calls: vec![call], cut: None }
    };
    let evidence = |said: &Heard| said.findings.iter().map(|f| f.evidence.last().unwrap().clone()).collect::<Vec<_>>();
    let both = heard(vec![(How::Native, unit(6)), (How::Emulated, unit(6))]);
    assert_eq!(evidence(&both), ["seen natively and under the emulator"]);
    let one = heard(vec![(How::Native, unit(-5)), (How::Emulated, unit(6))]);
    assert_eq!(evidence(&one), ["seen under the emulator; natively it is right"]);
    let apart = heard(vec![(How::Native, unit(6)), (How::Emulated, unit(9))]);
    assert_eq!(evidence(&apart), ["seen natively; under the emulator 9", "seen under the emulator; natively 6"]);
}

#[test]
fn what_was_not_seen_is_never_agreement() {
    let unit = |calls: Vec<CallSeen>, cut| heard(vec![(How::Native, UnitSeen { calls, cut })]);
    unit(vec![], None).misses("vectors[0].entry: the function was never entered (natively)");
    let lost = |why: &str| Some(Cut::Lost(why.into()));
    unit(vec![], lost("the debug stub went away")).misses("vectors[0].entry: the debug stub went away (natively)");
    let died = Some(Cut::Died("the process exited with status 3".into()));
    let before = "vectors[0].entry: the process exited with status 3 before the function was entered (natively)";
    unit(vec![], died.clone()).misses(before);
    let mut no_return = call();
    (no_return.at_return, no_return.returned) = (None, false);
    unit(vec![no_return.clone()], died).misses("vectors[0].return: the process exited with status 3 (natively)");
    unit(vec![no_return], None).misses("vectors[0].return: the function's return was not seen (natively)");
    seen(|c| c.returned = false).misses("vectors[0].caller: the caller's return address was not reached (natively)");
    // Only the caller's side: the return instruction was passed unseen.
    let passed = seen(|c| c.in_caller = c.at_return.take());
    passed.misses("vectors[0].return: the return instruction was not seen (natively)");
    let deep = seen(|c| (c.in_caller, c.given_up) = (c.at_return.take(), true));
    deep.silent();
    assert_eq!(deep.agree, 7);
    let none = seen(|c| c.entries.clear());
    none.misses("vectors[0].entry: the entry was not seen (natively)");
    // Somebody else's call is not this function's.
    seen(|c| c.function = "other".into()).misses("vectors[0].entry: the function was never entered (natively)");
    // What is not to return need not.
    let mut scene = Scene::new(CASES, "dies", &[]);
    let inputs = vec![Ok(Value::Int(7))];
    let entries = vec![EntrySeen { inputs, bytes: vec![], variables: vec![] }];
    let call = CallSeen { entries, at_return: None, returned: false, ..call() };
    let cut = Some(Cut::Died("the process exited with status 2".into()));
    scene.calls = vec![(How::Native, UnitSeen { calls: vec![call], cut })];
    scene.judge(&Kind).silent();
}

#[test]
fn what_a_panic_under_way_may_change_is_not_judged() {
    let judge = |meanwhile: Meanwhile, itself: Option<bool>| {
        let mut scene = Scene::new(CASES, "recovers", &[]);
        (scene.site.meanwhile, scene.site.deferred_itself) = (meanwhile, itself);
        let entries = vec![EntrySeen { inputs: vec![Ok(Value::Int(7))], bytes: vec![], variables: vec![] }];
        let call = CallSeen { entries, at_return: Some(vec![Ok(Value::Int(0))]), ..call() };
        scene.calls = vec![(How::Native, UnitSeen { calls: vec![call], cut: None })];
        scene.judge(&Kind)
    };
    judge(Meanwhile::Panicking, Some(true)).silent();
    judge(Meanwhile::Panicking, None).silent();
    // Where it is not the function that is deferred it recovers nothing.
    for sound in [judge(Meanwhile::Panicking, Some(false)), judge(Meanwhile::Nothing, Some(true))] {
        sound.finds("vectors[0].return.results[0]", "7", "0");
    }
}
