//! What the Go specification permits cells to differ in: of results that a case
//! leaves open, values that are none of the permitted ones are found here, each
//! for itself, even where all cells show the same.

use crate::peers::Open;
use goabi_cases::permitted::Permitted;
use goabi_reports::coordinate::rerun;
use goabi_reports::verdict::{Basis, Finding};
use std::collections::BTreeMap;

/// The oracle whose open results these are.
pub const VALUES: &str = "values";

/// Takes out what no operation of the case's own may give, as findings; the
/// rest may be compared between cells.
#[must_use]
pub fn sift(open: Vec<Open>, rules: &[Permitted]) -> (Vec<Open>, Vec<Finding>) {
    let mut wrong: BTreeMap<(String, String, String), (Vec<String>, &Permitted)> = BTreeMap::new();
    let mut rest = Vec::new();
    for o in open {
        let speaks = |r: &&Permitted| o.oracle == VALUES && r.covers(&o.case, &o.fact.path);
        match rules.iter().find(speaks) {
            Some(_) if rules.iter().filter(speaks).any(|r| r.allows(&o.fact.text)) => rest.push(o),
            Some(rule) => {
                wrong.entry((o.case, o.fact.path, o.fact.text)).or_insert_with(|| (vec![], rule)).0.push(o.cell);
            }
            None => rest.push(o),
        }
    }
    let finding = |((_, path, text), (mut cells, rule)): ((String, String, String), (Vec<String>, &Permitted))| {
        cells.sort();
        Finding {
            oracle: VALUES.into(),
            path,
            expected: format!("one of {}", rule.values.join(", ")),
            basis: Basis::Spec,
            actual: text,
            evidence: vec![format!("{} ({}, spec#{}): {}", rule.operation.id(), rule.id, rule.section, rule.sentence)],
            rerun: cells.first().map(|c| rerun(c)).unwrap_or_default(),
            cells,
        }
    };
    let findings = wrong.into_iter().map(finding).collect();
    (rest, findings)
}

/// The rule by which a cell may differ from its peers so, if there is one. What
/// a case states, it demands: there nothing is permitted.
#[must_use]
pub fn of<'r>(rules: &'r [Permitted], case: &str, f: &Finding) -> Option<&'r Permitted> {
    let peers = f.oracle == VALUES && f.basis == Basis::Peer;
    rules.iter().find(|r| peers && r.covers(case, &f.path) && r.allows(&f.expected) && r.allows(&f.actual))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::oracles::OpenFact;
    use crate::peers;
    use goabi_cases::case::CaseFile;
    use goabi_cases::expectation::load_texts;
    use goabi_cases::load::load_text;
    use goabi_cases::mistake::Source;
    use std::path::Path;

    /// Two cases with a body, and a rule for one of them: `0` and `5e-17` may
    /// come of it.
    pub(crate) fn rules() -> Vec<Permitted> {
        let case = |name: &str, body: &str| {
            format!(
                "  - name: {name}\n    why: B.\n    func: 'func(x float64) (r float64)'\n    body: {body}\n    vectors: [{{args: ['1'], returns: ['_']}}]\n"
            )
        };
        let text = format!("about: A.\ncases:\n{}{}", case("fused", "return x*x + 1"), case("travels", "return x"));
        let (file, mistakes) = load_text(&Source::new(Path::new("t/f.yaml"), &text), &["direct"]);
        assert!(mistakes.is_empty(), "{mistakes:?}");
        let files: Vec<CaseFile> = file.into_iter().collect();
        let rule = "about: C.\npermitted:\n  - {select: [t/f/fused], operation: fused_multiply_add, section: Order, sentence: It may., path: 'vectors[0].results[0]', values: ['0', '5e-17']}\n";
        let source = Source::new(Path::new("permitted.yaml"), rule);
        let (all, mistakes) = load_texts(&[source], &files, &["values"], &["direct"]);
        assert!(mistakes.is_empty(), "{mistakes:?}");
        all.permitted
    }

    fn open(case: &str, cell: &str, text: &str) -> Open {
        let fact = OpenFact { path: "vectors[0].results[0]".into(), class: String::new(), text: text.into() };
        Open { case: case.into(), cell: cell.into(), oracle: VALUES, fact }
    }

    #[test]
    fn a_third_value_is_found_and_hides_nothing() {
        let all = ["0", "5e-17", "7", "7"].iter().enumerate();
        let all = all.map(|(i, text)| open("t/f/fused", &format!("t/f/fused@c{i}"), text)).collect();
        let (rest, wrong) = sift(all, &rules());
        assert_eq!(rest.len(), 2);
        assert_eq!(wrong.len(), 1);
        assert_eq!(
            (wrong[0].cells.len(), wrong[0].expected.as_str(), wrong[0].actual.as_str()),
            (2, "one of 0, 5e-17", "7")
        );
        // The two that differ as they may are compared with each other only.
        let peers = peers::judge(&rest);
        assert_eq!(peers.len(), 1);
        assert!(of(&rules(), "t/f/fused", &peers[0]).is_some());
        assert!(of(&rules(), "t/f/fused", &wrong[0]).is_none());
    }

    #[test]
    fn all_wrong_alike_is_wrong() {
        let all = (0..3).map(|i| open("t/f/fused", &format!("t/f/fused@c{i}"), "7")).collect();
        let (rest, wrong) = sift(all, &rules());
        assert_eq!((rest.len(), wrong.len()), (0, 1));
        assert_eq!(wrong[0].basis, Basis::Spec);
    }

    #[test]
    fn nothing_is_permitted_of_other_cases_oracles_and_paths() {
        let rules = rules();
        let all = vec![open("t/f/travels", "t/f/travels@c0", "0"), open("t/f/travels", "t/f/travels@c1", "5e-17")];
        let (rest, wrong) = sift(all, &rules);
        assert_eq!((rest.len(), wrong.len()), (2, 0));
        let mut f = peers::judge(&rest).remove(0);
        assert!(of(&rules, "t/f/travels", &f).is_none());
        assert!(of(&rules, "t/f/fused", &f).is_some());
        // Against what a case states, and of another oracle, it is no freedom.
        for (oracle, basis) in [("values", Basis::Case), ("values", Basis::Spec), ("registers", Basis::Peer)] {
            let other = Finding { oracle: oracle.into(), basis, ..f.clone() };
            assert!(of(&rules, "t/f/fused", &other).is_none(), "{oracle} {basis:?}");
        }
        f.path = "vectors[0].args[0]".into();
        assert!(of(&rules, "t/f/fused", &f).is_none());
    }
}
