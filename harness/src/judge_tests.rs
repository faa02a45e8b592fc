//! Of a wrong value the finding says which side erred, where the machine
//! showed it.

use super::*;
use crate::oracles::planted::{SYMBOL, Scene, edited};
use crate::witness::How;
use goabi_cases::value::Value;
use goabi_runners::observe::machine::{CallSeen, Cut, EntrySeen, SlotSeen, UnitSeen};

const CASES: &str = r#"
about: A value handed from side to side.
cases:
  - name: handed
    why: one argument, one result
    func: "func(n int64) (m int64)"
    body: return n + 1
    vectors:
      - args: ['7']
        returns: ['8']
"#;

const LINES: [&str; 5] = ["args 1", r#"arg 0 ["i","7"]"#, "ress 1", r#"res 0 ["i","8"]"#, "returned"];

fn unit(argument: SlotSeen, result: Option<SlotSeen>) -> UnitSeen {
    let call = CallSeen {
        function: SYMBOL.into(),
        entries: vec![EntrySeen { inputs: vec![argument], bytes: vec![], variables: vec![] }],
        places: vec![],
        returned: result.is_some(),
        given_up: false,
        at_return: result.map(|r| vec![r]),
        return_bytes: vec![],
        in_caller: None,
    };
    UnitSeen { calls: vec![call], cut: None }
}

fn int(n: i128) -> SlotSeen {
    Ok(Value::Int(n))
}

/// What is said of the side, of each finding of `values`.
fn sides(edits: &[(&str, &str)], calls: &[(How, UnitSeen)]) -> Vec<Option<String>> {
    let mut scene = Scene::new(CASES, "handed", &edited(&LINES, edits));
    scene.calls = calls.to_vec();
    let found = scene.with(judge).findings;
    let of_values = found.into_iter().filter(|f| f.oracle == "values");
    of_values.map(|f| f.evidence.into_iter().find(|e| e.ends_with("errs"))).collect()
}

const WRONG_ARGUMENT: (&str, &str) = ("arg 0", r#"arg 0 ["i","6"]"#);
const WRONG_RESULT: (&str, &str) = ("res 0", r#"res 0 ["i","9"]"#);

#[test]
fn each_side_is_named() {
    let one = |edit, unit: UnitSeen| sides(&[edit], &[(How::Native, unit)]).swap_remove(0).unwrap();
    assert_eq!(
        one(WRONG_ARGUMENT, unit(int(7), Some(int(8)))),
        "at the entry the argument is right in registers and memory: the callee errs"
    );
    assert_eq!(
        one(WRONG_ARGUMENT, unit(int(6), Some(int(8)))),
        "at the entry the argument is wrong already in registers and memory: the caller errs"
    );
    assert_eq!(
        one(WRONG_RESULT, unit(int(7), Some(int(8)))),
        "at the return the result is right in registers and memory: the caller errs"
    );
    assert_eq!(
        one(WRONG_RESULT, unit(int(7), Some(int(9)))),
        "at the return the result is wrong already in registers and memory: the callee errs"
    );
    // What cannot be read as such a value is wrong, too.
    let unreadable = unit(int(7), Some(Err("there is no memory".into())));
    assert!(one(WRONG_RESULT, unreadable).ends_with("the callee errs"));
}

#[test]
fn nobody_is_named_where_the_machine_did_not_show_it() {
    let right = unit(int(7), Some(int(8)));
    // Nothing is wrong, nobody watched, the return was not seen, or not the call.
    assert_eq!(sides(&[], &[(How::Native, right.clone())]), []);
    assert_eq!(sides(&[WRONG_RESULT], &[]), [None]);
    assert_eq!(sides(&[WRONG_RESULT], &[(How::Native, unit(int(7), None))]), [None]);
    let cut = UnitSeen { calls: vec![], cut: Some(Cut::Lost("gone".into())) };
    assert_eq!(sides(&[WRONG_RESULT], &[(How::Native, cut.clone())]), [None]);
    // Two ways that contradict each other name nobody; one that saw nothing is no contradiction.
    let wrong = unit(int(7), Some(int(9)));
    assert_eq!(sides(&[WRONG_RESULT], &[(How::Native, right.clone()), (How::Emulated, wrong)]), [None]);
    let both = sides(&[WRONG_RESULT], &[(How::Native, cut), (How::Emulated, right.clone())]);
    assert!(both[0].as_ref().is_some_and(|s| s.ends_with("the caller errs")), "{both:?}");
    // Both wrong values have their own side.
    let all = sides(&[WRONG_ARGUMENT, WRONG_RESULT], &[(How::Native, right)]);
    let ends: Vec<_> = all.iter().map(|s| s.as_deref().unwrap().rsplit(": ").next().unwrap()).collect();
    assert_eq!(ends, ["the callee errs", "the caller errs"]);
}
