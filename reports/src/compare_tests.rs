use super::*;
use crate::record::{OracleSummary, RUN};
use crate::render::example as sample;
use crate::verdict::Verdict;
use word::State::{Absent, Fail, Fixed, Flaky, Interrupted, Known, Pass, Permitted, Skipped, Unjudged};

const OLD: &str = "go1.26.6";
const NEW: &str = "go1.27.3";

fn text(case: &str, toolchain: &str) -> String {
    format!("a/b/{case}@{toolchain}/linux-arm64/opt/direct")
}

/// A record without cells.
fn empty(toolchain: &str) -> Record {
    let mut record = sample::record();
    record.toolchains.retain(|t| t.label == NEW);
    record.toolchains[0].label = toolchain.into();
    (record.cells, record.findings, record.problems) = (vec![], vec![], vec![]);
    record.seal();
    record
}

/// A record with one cell for each of these, in its state with a finding that
/// shows this value.
fn record(toolchain: &str, cells: &[(&str, State, &str)]) -> Record {
    let mut record = empty(toolchain);
    let model = sample::record().findings.into_iter().find(|f| f.outcome == Outcome::Fail).unwrap();
    for (case, state, actual) in cells {
        let issue = || "golang/go#1".to_string();
        let (outcome, finding) = match state {
            Pass => (Outcome::Pass, false),
            // What is permitted has a finding, too, and it is no symptom.
            Permitted => (Outcome::Permitted { rule: "map_order".into() }, true),
            Known => (Outcome::Known { issue: issue() }, true),
            Fixed => (Outcome::Fixed { issue: issue() }, true),
            Fail => (Outcome::Fail, true),
            Flaky => (Outcome::Flaky, true),
            Skipped => (Outcome::Skipped { reason: "int is 32 bits wide".into() }, false),
            Unjudged => (Outcome::Fail, false),
            Interrupted => {
                record.interrupted = true;
                continue;
            }
            Absent => continue,
        };
        let cell = text(case, toolchain);
        if finding {
            let mut f = model.clone();
            f.outcome = outcome.clone();
            (f.finding.cells, f.finding.actual) = (vec![cell.clone()], (*actual).into());
            record.findings.push(f);
        }
        let mut oracles = BTreeMap::new();
        if *state == Unjudged {
            let mut summary = OracleSummary::default();
            summary.add(&Verdict::Unobserved("could not be executed: no such file".into()));
            oracles.insert(RUN.to_string(), summary);
        }
        record.cells.push(CellRecord { cell, outcome, oracles, seconds: None });
    }
    record.seal();
    record
}

fn compared(old: &Record, new: &Record) -> Comparison {
    compare(old, new, Toolchains::Auto).unwrap()
}

/// A comparison with every word, for the renderings.
pub(super) fn example() -> Comparison {
    let mut old = record(
        OLD,
        &[
            ("same", Pass, ""),
            ("worse_one", Pass, ""),
            ("worse_two", Pass, ""),
            ("excused_no_more", Known, "nil"),
            ("other", Fail, "nil"),
            ("flaps", Flaky, "nil"),
            ("narrow", Skipped, ""),
            ("better", Known, "nil"),
            ("gone", Pass, ""),
        ],
    );
    let mut new = record(
        NEW,
        &[
            ("same", Pass, ""),
            ("worse_one", Fail, "7|`x`"),
            ("worse_two", Fail, "7|`x`"),
            ("excused_no_more", Fail, "nil"),
            ("other", Fail, "8"),
            ("flaps", Pass, ""),
            ("narrow", Unjudged, ""),
            ("better", Pass, ""),
            ("come", Fail, "nil"),
        ],
    );
    old.problems = sample::record().problems;
    // More cells of one group than are shown.
    for i in 0..7 {
        old.cells.push(CellRecord { cell: text(&format!("many{i}"), OLD), ..old.cells[0].clone() });
    }
    new.started = "2026-11-06T10:00:00Z".into();
    compared(&old, &new)
}

/// One cell in every pair of states, in whole records.
#[test]
fn every_pair_of_states_through_records() {
    for old in State::ALL {
        for new in State::ALL {
            for (actual, findings) in [("nil", Findings::Same), ("other", Findings::New)] {
                let before = record(OLD, &[("x", old, "nil"), ("anchor", Pass, "")]);
                let after = record(NEW, &[("x", new, actual), ("anchor", Pass, "")]);
                let c = compared(&before, &after);
                assert_eq!(c.counts.all() as usize, c.rows.len());
                let Some(row) = c.rows.iter().find(|r| r.cell.contains("/x@")) else {
                    let nowhere = [Absent, Interrupted];
                    assert!(nowhere.contains(&old) && nowhere.contains(&new));
                    continue;
                };
                assert_eq!((row.old.is, row.new.is), (old, new));
                // A finding of one side only is new where it is the new side's;
                // what an expectation misses is none, so that it can't differ.
                let seen = |s| matches!(s, Known | Fail | Flaky);
                let related = match (seen(old), seen(new)) {
                    (true, true) => findings,
                    (true, false) => Findings::Fewer,
                    (false, true) => Findings::New,
                    (false, false) => Findings::Same,
                };
                assert_eq!(row.word, Word::of(old, new, related), "{} -> {} {actual}", old.id(), new.id());
            }
        }
    }
}

#[test]
fn tells_what_came_and_what_went() {
    let c = compared(&record(OLD, &[("x", Fail, "nil")]), &record(NEW, &[("x", Fail, "8")]));
    let row = &c.rows[0];
    assert_eq!((row.word, row.appeared.len(), row.went.len()), (Word::Changed, 1, 1));
    assert_eq!((row.appeared[0].actual.as_str(), row.went[0].actual.as_str()), ("8", "nil"));
    // Where nothing was judged nothing is gone.
    let c = compared(&record(OLD, &[("x", Fail, "nil")]), &record(NEW, &[("x", Unjudged, "")]));
    assert_eq!((c.rows[0].word, c.rows[0].went.len()), (Word::Unknown, 0));
    assert_eq!(c.rows[0].new.why.as_deref(), Some("could not be executed: no such file"));
}

#[test]
fn failing_by_silence_is_a_symptom_too() {
    let silent = |why: &str| {
        let mut r = record(OLD, &[("x", Pass, "")]);
        let mut summary = OracleSummary::default();
        summary.add(&Verdict::Unobserved(why.into()));
        r.cells[0].oracles.insert("values".into(), summary);
        r.cells[0].outcome = Outcome::Fail;
        r
    };
    assert_eq!(compared(&silent("no trailer"), &silent("no trailer")).rows[0].word, Word::Same);
    assert_eq!(compared(&silent("no trailer"), &silent("no header")).rows[0].word, Word::Changed);
    assert_eq!(compared(&record(OLD, &[("x", Pass, "")]), &silent("no trailer")).rows[0].word, Word::Regressed);
}

#[test]
fn evidence_and_other_cells_are_no_difference() {
    let (old, mut new) = (record(OLD, &[("x", Fail, "nil")]), record(OLD, &[("x", Fail, "nil")]));
    new.findings[0].finding.evidence = vec!["at 0xc000010000".into()];
    new.findings[0].finding.cells.push("a/b/y@go1.26.6/linux-amd64/opt/direct".into());
    assert_eq!(compared(&old, &new).rows[0].word, Word::Same);
}

#[test]
fn toolchains_are_ignored_where_each_record_has_one_of_its_own() {
    let (old, new) = (record(OLD, &[("x", Pass, "")]), record(NEW, &[("x", Fail, "nil")]));
    let c = compared(&old, &new);
    assert!(c.toolchains_ignored);
    assert_eq!(c.rows[0].cell, "a/b/x@*/linux-arm64/opt/direct");
    assert_eq!((c.old.toolchains, c.new.toolchains), (vec![OLD.to_string()], vec![NEW.to_string()]));
    let c = compare(&old, &new, Toolchains::Match).unwrap();
    let words: Vec<Word> = c.rows.iter().map(|r| r.word).collect();
    assert_eq!((c.toolchains_ignored, words), (false, vec![Word::Added, Word::Removed]));
    // One toolchain in both: the text is matched whole.
    let c = compared(&old, &old);
    assert_eq!((c.toolchains_ignored, c.rows[0].cell.as_str()), (false, text("x", OLD).as_str()));
    // Two in one of them.
    let mut both = old.clone();
    both.cells.extend(new.cells.clone());
    assert!(!compared(&both, &new).toolchains_ignored);
    let refused = compare(&both, &new, Toolchains::Ignore).unwrap_err().to_string();
    assert_eq!(
        refused,
        "the old record has several cells a/b/x@*/linux-arm64/opt/direct; \
         with several toolchains in a record their labels cannot be ignored"
    );
}

#[test]
fn what_is_no_cell_of_ours_is_matched_by_its_text() {
    let mut old = record(OLD, &[("x", Pass, "")]);
    let mut new = record(NEW, &[("x", Pass, "")]);
    old.cells[0].cell = "nonsense".into();
    new.cells[0].cell = "nonsense".into();
    let c = compare(&old, &new, Toolchains::Ignore).unwrap();
    assert_eq!((c.rows[0].cell.as_str(), c.rows[0].word), ("nonsense", Word::Same));
    new.cells.push(new.cells[0].clone());
    let refused = compare(&old, &new, Toolchains::Match).unwrap_err().to_string();
    assert_eq!(refused, "the new record has several cells nonsense; no run of goabi writes such a record");
}

#[test]
fn one_order_whatever_the_records_order() {
    let sealed = sample::record();
    let mut shuffled = sealed.clone();
    shuffled.cells.reverse();
    shuffled.findings.reverse();
    assert_eq!(compared(&shuffled, &empty(NEW)), compared(&sealed, &empty(NEW)));
    let c = compared(&sealed, &shuffled);
    assert_eq!(c.counts.get(Word::Same) as usize, c.rows.len() - 2, "but the flaky and the skipped cell");
    let rows = &example().rows;
    assert!(rows.is_sorted_by_key(|r| (r.word, r.cell.clone())));
    assert_eq!(rows.iter().map(|r| r.word).collect::<BTreeSet<_>>(), BTreeSet::from(Word::ALL));
}

#[test]
fn what_is_the_same_can_be_left_out() {
    let whole = example();
    let c = whole.clone().without_same();
    assert_eq!(c.counts, whole.counts);
    assert_eq!(c.rows.len() + c.counts.same as usize, whole.rows.len());
    let told: usize = whole.groups().iter().map(|g| g.cells.len()).sum();
    assert_eq!(told, whole.rows.len());
    assert!(whole.groups().len() < told);
}
