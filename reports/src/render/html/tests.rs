use super::*;
use crate::coordinate::Coordinate;
use crate::outcome::Outcome;
use crate::render::example;

/// The page, its islands unpacked.
fn page(record: &Record) -> String {
    page::tests::unpacked(&render(record).unwrap())
}

/// The page without style and scripts, which have files of their own, a tag a line.
fn readable(page: &str) -> String {
    let mut text = page.to_string();
    for name in ["style", "script"] {
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        let (before, rest) = text.split_once(&open).unwrap();
        let (_, after) = rest.split_once(&close).unwrap();
        text = format!("{before}<{name}/>{after}");
    }
    for tag in ["section", "details", "tr", "div", "article", "h2", "h3", "h4", "h5", "p", "table", "tbody", "thead", "span class=\"line"] {
        text = text.replace(&format!("<{tag}"), &format!("\n<{tag}"));
    }
    text.lines().map(str::trim_end).filter(|l| !l.is_empty()).collect::<Vec<_>>().join("\n")
}

#[test]
fn snapshot() {
    insta::assert_snapshot!(readable(&page(&example::record())));
}

#[test]
fn it_refers_to_nothing_else() {
    let text = page(&example::record());
    page::tests::refers_to_nothing(&text);
    assert!(text.contains("<a href=\"https://go.dev/issue/72053\""));
}

/// Tries to get out of wherever it stands.
const NASTY: &str = "</script></template><script>alert(1)</script><img src=x onerror=alert(1)>\" onmouseover='x' \
                     <a href=\"http://x\"> <!--\x1b[2J\u{202e}]]>";

/// Every free text of the record with what tries to get out.
fn hostile() -> Record {
    let mut value = serde_json::to_value(example::record()).unwrap();
    spoil(&mut value, "");
    let mut record: Record = serde_json::from_value(value).unwrap();
    for c in &mut record.cells {
        c.cell = format!("{NASTY}/{}", c.cell.replace('@', &format!("{NASTY}@{NASTY}")));
    }
    for (i, f) in record.findings.iter_mut().enumerate() {
        f.finding.cells = vec![record.cells[i].cell.clone()];
    }
    let at = Coordinate::of(&record.cells[0].cell);
    for f in &mut record.functions {
        (f.case, f.toolchain, f.build) = (at.case.into(), at.toolchain.into(), at.build.into());
        f.target = at.target.into();
    }
    record.sources[0].case = at.case.into();
    record.sources[0].files = [(NASTY.into(), format!("{NASTY}\n{NASTY}"))].into();
    record
}

/// Adds to what is free text; the closed words and what others refer to stay.
fn spoil(value: &mut serde_json::Value, key: &str) {
    match value {
        serde_json::Value::String(s) => match key {
            "is" | "kind" | "basis" | "cell" | "cells" | "case" | "toolchain" | "target" | "build" => {}
            _ => *s += NASTY,
        },
        serde_json::Value::Array(list) => list.iter_mut().for_each(|v| spoil(v, key)),
        serde_json::Value::Object(map) => map.iter_mut().for_each(|(k, v)| spoil(v, k)),
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {}
    }
}

#[test]
fn no_text_of_a_record_becomes_markup() {
    let text = page(&hostile());
    let sound = page(&example::record());
    assert!(text.contains("&lt;script&gt;alert(1)"), "the texts are there");
    assert!(!text.contains(NASTY) && !text.contains("<script>alert") && !text.contains("<img"));
    assert!(!text.contains(['\x1b', '\u{202e}']), "nothing steers");
    // As many scripts, and as many ends of them, as without.
    let count = |text: &str, what: &str| text.matches(what).count();
    assert_eq!(count(&text, "<script"), count(&text, "</script"));
    assert_eq!(count(&text, "<script"), count(&sound, "<script"));
    assert_eq!(count(&text, "<template"), count(&text, "</template"));
    assert_eq!(count(&text, "<!--"), 0);
    page::tests::refers_to_nothing(&text);
}

#[test]
fn each_place_of_the_matrix_has_its_drill_down() {
    let record = example::record();
    let grid = Grid::of(&record);
    let text = page(&record);
    for (r, row) in grid.rows.iter().enumerate() {
        for (column, cells) in grid.columns.iter().zip(&row.cells) {
            let there = text.contains(&format!("id=\"d{r}-{}\"", grid.program(column)));
            assert!(there || cells.iter().all(Option::is_none), "{} {column:?}", row.case);
        }
    }
    // Once for all architectures and call kinds.
    assert_eq!(text.matches("<template id=\"d").count(), 8);
    assert_eq!(text.matches("<template id=\"s").count(), 1);
}

#[test]
fn where_nothing_is_described_it_says_so() {
    let mut record = example::record();
    let inner = |record: &Record, case: &str| {
        let grid = Grid::of(record);
        let row = grid.rows.iter().position(|r| r.case == case).unwrap();
        let text = page(record);
        let from = text.find(&format!("id=\"d{row}-")).unwrap();
        text[from..].split_once("</template>").unwrap().0.to_string()
    };
    let case = "results/mixed/any_bytes_error";
    let text = inner(&record, case);
    assert!(text.contains("not described") && text.contains("RAX:8 RBX:8"), "{text}");
    assert!(text.contains("<b class=\"marked\">return ▸") && text.contains("finding 1"), "{text}");
    record.functions[0].instructions.clear();
    record.functions[0].not_disassembled = Some("no disassembler knows this port".into());
    assert!(inner(&record, case).contains("no disassembler knows this port"));
    record.functions.clear();
    assert!(inner(&record, case).contains("says nothing of the functions"));
    record = example::record();
    record.functions.iter_mut().for_each(|f| f.instructions.clear());
    record.findings.clear();
    assert!(inner(&record, case).contains("recorded only for cases with findings"));
}

#[test]
fn many_failures_do_not_bury_the_matrix() {
    let mut record = example::record();
    let model = record.findings.iter().find(|f| f.outcome == Outcome::Fail).unwrap().clone();
    for i in 0..600 {
        let mut f = model.clone();
        f.finding.path = format!("vectors[{i}].trace");
        record.findings.push(f);
    }
    let text = page(&record);
    let (above, rest) = text.split_once("<details class=\"more\">").unwrap();
    assert_eq!(above.matches("<details class=\"group\"").count(), 10);
    assert_eq!(rest.matches("<details class=\"group\"").count(), 500);
    assert!(rest.contains("<summary>594 more failures</summary>") && rest.contains("And 94 more:"));
}

#[test]
fn what_could_not_be_judged_has_a_sign_of_its_own() {
    let mut record = example::record();
    let silent = record.cells.iter_mut().find(|c| c.cell.starts_with("results/mixed/silent")).unwrap();
    let summary = silent.oracles.remove("values").unwrap();
    silent.oracles.insert(crate::record::RUN.into(), summary);
    let text = page(&record);
    assert!(text.contains("<button class=\"s-unjudged\""));
    assert_eq!(silent_outcome(&record), Outcome::Fail);
}

fn silent_outcome(record: &Record) -> Outcome {
    record.cells.iter().find(|c| c.unjudged().is_some()).unwrap().outcome.clone()
}
