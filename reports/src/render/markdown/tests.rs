use super::*;
use crate::outcome::Outcome;
use crate::render::example;

#[test]
fn snapshot() {
    insta::assert_snapshot!(render(&example::record()).unwrap());
}

#[test]
fn a_good_run_says_so_in_its_first_line() {
    let mut record = example::record();
    record.cells.retain(|c| c.outcome == Outcome::Pass);
    record.problems.clear();
    record.findings.clear();
    record.seal();
    let text = render(&record).unwrap();
    assert!(text.starts_with("### ✅ goabi: OK: none of 1 judged cell fails\n\n1 cell: 1 pass; 6.5 s\n"), "{text}");
    assert!(!text.contains("What fails") && !text.contains("Problems"));
    record.interrupted = true;
    assert!(render(&record).unwrap().starts_with("### ⚠️ goabi: INTERRUPTED: none of 1 judged cell fails; cells may"));
}

/// A record in which everything is many and long and full of marks.
fn hostile() -> Record {
    let nasty = "</details>|`x`|```\n| a | b |\n# @everyone <script>\x1b[2J\u{202e}**".repeat(40);
    let mut record = example::record();
    let (finding, cell, problem) = (record.findings[0].clone(), record.cells[0].clone(), record.problems[0].clone());
    for i in 0..100 {
        let place = format!("{nasty}{i}@{nasty}/{i}{nasty}/{nasty}/{nasty}").replace('/', "|");
        let marks = "|".repeat(90);
        let place = format!("a/b/{place}@go/{i}|`<{marks}/{marks}/direct");
        let mut f = finding.clone();
        f.outcome = Outcome::Fail;
        f.finding.cells = vec![place.clone(); 5];
        f.finding.oracle.clone_from(&nasty);
        f.finding.path = format!("{i}{nasty}");
        f.finding.expected = format!("{nasty}want");
        f.finding.actual = format!("{nasty}got");
        f.finding.evidence = vec![nasty.clone(); 30];
        f.finding.rerun = format!("goabi run '{}'", "`|".repeat(200));
        record.findings.push(f);
        let outcomes = [
            Outcome::Known { issue: format!("{i}{nasty}") },
            Outcome::Skipped { reason: format!("{i}{nasty}") },
            Outcome::Fixed { issue: format!("{i}{nasty}") },
        ];
        for outcome in outcomes {
            let mut c = cell.clone();
            c.cell = format!("{place}{}", outcome.id());
            c.outcome = outcome;
            record.cells.push(c);
        }
        let mut p = problem.clone();
        p.message = format!("{i}{nasty}");
        p.cell = Some(nasty.clone());
        record.problems.push(p);
        let mut t = record.toolchains[0].clone();
        t.label = format!("{i}{nasty}");
        record.toolchains.push(t);
        let mut e = record.emulators[0].clone();
        e.path = format!("{i}{nasty}");
        record.emulators.push(e);
    }
    record.command.push(nasty);
    record.seal();
    record
}

#[test]
fn nothing_breaks_out_of_its_place() {
    let text = render(&hostile()).unwrap();
    let mut open: Option<usize> = None;
    let mut outside: Vec<&str> = Vec::new();
    for line in text.lines() {
        let trimmed = line.trim_start();
        let ticks = trimmed.len() - trimmed.trim_start_matches('`').len();
        let language = &trimmed[ticks..];
        match open {
            Some(n) if ticks >= n && language.is_empty() => open = None,
            Some(_) => {}
            None if ticks >= 3 && matches!(language, "text" | "sh") => open = Some(ticks),
            None => outside.push(line),
        }
    }
    assert_eq!(open, None);
    let count = |tag: &str| outside.iter().filter(|l| l.starts_with(tag)).count();
    assert_eq!(count("<details>"), count("</details>"));
    assert!(count("<details>") > 2);
    let mut columns = 0;
    for line in &outside {
        assert!(!line.contains(['\x1b', '\u{202e}']), "{line}");
        if !line.starts_with('|') {
            columns = 0;
            // What is not in a span is ours.
            if line.starts_with("<summary>") {
                assert!(!line.contains("<script>") && line.matches("</details>").count() == 0, "{line}");
            }
            continue;
        }
        let pipes = line.matches('|').count();
        assert!(columns == 0 || columns == pipes, "{line}");
        columns = pipes;
        assert!(!line.contains(['`', '@', '*']) && !line.contains("<script"), "{line}");
    }
}

#[test]
fn it_stays_short_enough_for_a_comment() {
    let text = render(&hostile()).unwrap();
    assert!((HARD_BUDGET..65_536).contains(&text.len()), "{} bytes", text.len());
    let mut many = example::record();
    let model = many.findings.iter().find(|f| f.outcome == Outcome::Fail).unwrap().clone();
    for i in 0..50 {
        let mut f = model.clone();
        f.finding.path = format!("vectors[{i}]");
        many.findings.push(f);
    }
    let text = render(&many).unwrap();
    assert_eq!(text.matches("<summary>").count(), GROUPS_SHOWN + 1);
    assert!(text.contains("#### What fails (53)") && text.contains("\nAnd 33 more failures in the record."), "{text}");
}
