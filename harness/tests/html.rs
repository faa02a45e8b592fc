//! The HTML reports in a real browser: what is seen, clicked and typed.
#![cfg(target_os = "linux")]

mod browser;
mod common;
mod samples;

use browser::{Browser, chromium};
use goabi_reports::compare::{Toolchains, compare, render::html as comparison};
use goabi_reports::outcome::Outcome;
use goabi_reports::record::Record;
use goabi_reports::render::html;
use samples::{FAILING, KNOWN};
use serde_json::json;

/// A page in a browser, and its address; none where there is no browser.
fn page(text: &str) -> Option<(Browser, String)> {
    let mut browser = Browser::start(&chromium()?);
    let path = browser.folder().join("report.html");
    std::fs::write(&path, text).unwrap();
    let url = format!("file://{}", path.display());
    browser.open(&url);
    Some((browser, url))
}

fn report(record: &Record) -> Option<(Browser, String)> {
    page(&html::render(record).unwrap())
}

/// The place of a case in the matrix, columns counted from 0.
fn place(case: &str, column: usize) -> String {
    let name = case.split_once('/').unwrap().1;
    format!("tr.case:has(th[title$={name:?}]) td:nth-child({}) button", column + 2)
}

const OPEN: &str = "document.getElementById('drill').open";
/// What has the focus, in a word or two.
const FOCUS: &str = "document.activeElement.id || document.activeElement.getAttribute('aria-label')";

#[test]
fn the_matrix_shows_every_case_and_filters_hide_some() {
    let Some((mut browser, _)) = report(&samples::record(12)) else { return };
    assert_eq!(browser.visible("#matrix tr.case"), 12);
    assert_eq!(browser.visible("#matrix tr.topic"), 3);
    assert_eq!(browser.text("#shown"), "12 cases, 192 cells");
    assert_eq!(browser.text("#matrix thead tr:nth-child(2)").split_whitespace().collect::<Vec<_>>(), samples::TARGETS);

    // An outcome, by its sign in the legend.
    browser.click("input[data-filter=outcome][value=known]");
    browser.wait("document.querySelectorAll('tr.case:not([hidden])').length === 1");
    assert_eq!(browser.text("#shown"), "1 of 12 cases, 16 of 192 cells");
    // A target too, in a menu.
    browser.click("details.menu[data-menu=Target] summary");
    browser.click("input[data-filter=target][value=linux-arm64]");
    browser.wait("document.getElementById('shown').innerText === '1 of 12 cases, 8 of 192 cells'");
    assert_eq!(browser.visible("#matrix tr.case td"), 2, "the other target's columns are hidden");
    assert_eq!(browser.text("#matrix thead tr:nth-child(2)"), "linux-arm64");
    assert_eq!(browser.text("details.menu[data-menu=Target] summary"), "Target: linux-arm64");
    browser.click("#reset");
    browser.wait("document.getElementById('shown').innerText === '12 cases, 192 cells'");

    // By call kind signs are counted anew: directly it fails, inlined it does not.
    assert_eq!(browser.text(&place(FAILING, 2)), "✕ 1/4");
    browser.eval("document.querySelector('input[data-filter=call][value=direct]').click()");
    browser.wait("document.getElementById('shown').innerText === '12 of 12 cases, 48 of 192 cells'");
    assert_eq!(browser.text(&place(FAILING, 2)), "✕");
    browser.eval("document.querySelector('input[data-filter=call][value=direct]').click()");
    browser.eval("document.querySelector('input[data-filter=call][value=inline]').click()");
    browser.wait("document.getElementById('shown').innerText === '12 of 12 cases, 48 of 192 cells'");
    assert_eq!(browser.text(&place(FAILING, 2)), "✓");
    browser.is_content();
}

#[test]
fn the_search_finds_cases_symptoms_issues_and_cells() {
    let Some((mut browser, _)) = report(&samples::record(12)) else { return };
    for (text, cases, cells) in [
        ("padding", 4, 64),
        ("RESULTS mixed", 4, 64),
        ("golang/go#72053", 1, 16),
        ("errors.errorString", 1, 1),
        ("\"I0[1] -[3] I1[4]\" padding", 1, 16),
        (&format!("{KNOWN}@go1.27.3/linux-amd64/opt"), 1, 4),
        ("no such thing", 0, 0),
    ] {
        browser.press("/");
        assert_eq!(browser.eval(FOCUS), json!("q"));
        browser.type_text(text);
        let said = format!("{cases} of 12 cases, {cells} of 192 cells");
        browser.wait(&format!("document.getElementById('shown').innerText === {said:?}"));
        assert_eq!(browser.visible("#matrix tr.case"), cases);
        // The field is left, so that `/` is a key again.
        browser.eval("document.activeElement.blur()");
    }
    browser.is_content();
}

#[test]
fn a_drill_down_shows_everything_and_gives_the_focus_back() {
    let Some((mut browser, _)) = report(&samples::record(12)) else { return };
    browser.click(&place(FAILING, 2));
    browser.wait(OPEN);
    let text = browser.text("#inner");
    for part in [
        FAILING,
        "*errors.errorString: boom",
        samples::HOSTILE,
        "the case says so",
        "vectors[0].results[2].dynamic",
        "vector 0: args 7",
        "goabi run 'results/mixed/case_1@go1.27.3/linux-arm64/opt/direct'",
        "RAX RBX",
        "R0 R1",
        "not described",
        "R{ I0 I1 }",
        "IN 0: R{ I0 I1 } spilloffset: 0",
        "here results must be where the ABI assignment has them: finding 1",
        "// </script>",
    ] {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
    // Both architectures side by side, entry and return marked in each.
    let marked = "[...document.querySelectorAll('details.function[open] .asm')].map(e => [...e.querySelectorAll('.marked')].map(m => m.innerText.split(' ')[0]).join())";
    assert_eq!(browser.eval(marked), json!(["entry,return", "entry,return"]));
    let tops = "[...document.querySelectorAll('details.function[open] .asm')].map(e => Math.round(e.getBoundingClientRect().left))";
    let lefts = browser.eval(tops);
    assert_ne!(lefts[0], lefts[1], "not below each other");
    assert_eq!(browser.eval("document.querySelectorAll('.chosen').length > 0"), json!(true));
    assert_eq!(browser.eval("window.hacked === undefined"), json!(true), "a text of the record was run");

    browser.press("Escape");
    browser.wait(&format!("!{OPEN}"));
    assert_eq!(browser.eval(FOCUS), json!("fail, 1 of 4"));

    // By keys: two to the left, one down, and what is there.
    for key in ["ArrowLeft", "ArrowLeft", "ArrowDown", "ArrowUp", "Enter"] {
        browser.press(key);
    }
    browser.wait(OPEN);
    assert_eq!(browser.text("#at"), FAILING);
    assert_eq!(browser.eval(FOCUS), json!("at"));
    assert_eq!(browser.eval("document.querySelector('.where .chosen').innerText"), json!("linux-amd64"));
    browser.press("Escape");
    browser.wait(&format!("!{OPEN} && {FOCUS} === 'pass'"));
    // Into a topic that has no code to show.
    browser.press("End");
    browser.press("ArrowUp");
    browser.press("Enter");
    browser.wait(OPEN);
    let text = browser.text("#inner");
    assert!(text.contains("recorded only for cases with findings") && text.contains("noopt"), "{text}");
    browser.is_content();
}

#[test]
fn failures_come_first_and_lead_to_their_cells() {
    let Some((mut browser, _)) = report(&samples::record(12)) else { return };
    let order = "document.querySelector('#failures').compareDocumentPosition(document.querySelector('#matrix')) & 4";
    assert_eq!(browser.eval(order), json!(4));
    assert_eq!(browser.visible("#failures details.group"), 1);
    assert!(browser.text("#failures").contains("*errors.errorString: boom"));
    browser.click("#failures a[data-at]");
    browser.wait(OPEN);
    assert_eq!(browser.text("#at"), FAILING);
    browser.press("Escape");
    browser.wait(&format!("!{OPEN}"));
    browser.click("#failures a[href^='#q=']");
    browser.wait("document.getElementById('shown').innerText === '1 of 12 cases, 1 of 192 cells'");
    assert_eq!(browser.eval("window.hacked === undefined"), json!(true));
    browser.is_content();
}

#[test]
fn the_url_reproduces_the_view() {
    let Some((mut browser, url)) = report(&samples::record(12)) else { return };
    browser.click(&place(KNOWN, 1));
    browser.wait(OPEN);
    browser.press("Escape");
    browser.wait(&format!("!{OPEN}"));
    browser.press("/");
    browser.type_text("padding case");
    browser.eval("document.querySelector('input[data-filter=target][value=linux-arm64]').click()");
    browser.eval("document.querySelector('input[data-filter=outcome][value=known]').click()");
    browser.click(&place(KNOWN, 2));
    browser.wait(&format!("{OPEN} && location.hash.includes('at=')"));
    let fragment = browser.eval("location.hash").as_str().unwrap().to_string();

    browser.open("about:blank");
    browser.open(&format!("{url}{fragment}"));
    browser.wait(OPEN);
    assert_eq!(browser.text("#at"), KNOWN);
    assert_eq!(browser.eval("document.getElementById('q').value"), json!("padding case"));
    assert_eq!(browser.text("#shown"), "1 of 12 cases, 8 of 192 cells");
    browser.press("Escape");
    // The focus goes to the place that the link named.
    browser.wait(&format!("!{OPEN} && {FOCUS} === 'known' && !location.hash.includes('at=')"));
    // Going back, as with any link.
    browser.eval("location.hash = '#outcome=fail'");
    browser.wait("document.getElementById('shown').innerText === '1 of 12 cases, 1 of 192 cells'");
    browser.eval("history.back()");
    browser.wait("document.getElementById('shown').innerText === '1 of 12 cases, 8 of 192 cells'");
    browser.is_content();
}

#[test]
fn light_and_dark_are_as_the_system_has_them() {
    let Some((mut browser, _)) = report(&samples::record(3)) else { return };
    let paper = "getComputedStyle(document.body).backgroundColor";
    browser.colour_scheme("light");
    assert_eq!(browser.eval(paper), json!("rgb(255, 255, 255)"));
    browser.colour_scheme("dark");
    assert_eq!(browser.eval(paper), json!("rgb(15, 20, 25)"));
    browser.is_content();
}

#[test]
fn topics_fold() {
    let Some((mut browser, _)) = report(&samples::record(12)) else { return };
    browser.click("tbody[data-topic=results] .toggle");
    browser.wait("document.querySelector('tbody[data-topic=results] .toggle').ariaExpanded === 'false'");
    assert_eq!(browser.visible("#matrix tr.case"), 8);
    // Its sum stays to be seen.
    assert!(browser.text("tbody[data-topic=results] tr.topic").contains('✕'));
    browser.is_content();
}

#[test]
fn twenty_thousand_cells_are_no_burden() {
    let record = samples::record(1_280);
    assert_eq!(record.cells.len(), 20_480);
    let Some((mut browser, _)) = report(&record) else { return };
    assert_eq!(browser.text("#shown"), "1,280 cases, 20,480 cells");
    browser.press("/");
    browser.type_text("case_1279");
    browser.wait("document.getElementById('shown').innerText === '1 of 1,280 cases, 16 of 20,480 cells'");
    browser.click("tr.case:not([hidden]) td:nth-child(3) button");
    browser.wait(OPEN);
    assert!(browser.text("#at").ends_with("/case_1279"));
    browser.is_content();
    // To be read with --nocapture, and not asserted: machines differ.
    let load = "performance.getEntriesByType('navigation')[0].loadEventEnd";
    let filter = "(() => { const q = document.getElementById('q'); const from = performance.now(); \
                  q.value = 'padding'; q.dispatchEvent(new Event('input')); document.body.offsetHeight; \
                  return performance.now() - from; })()";
    browser.press("Escape");
    println!("20,480 cells: load event after {} ms, a search {} ms", browser.eval(load), browser.eval(filter));
}

#[test]
fn a_comparison_can_be_searched_and_narrowed() {
    let old = samples::record(12);
    let mut new = old.clone();
    new.cells.iter_mut().filter(|c| c.cell.starts_with("panics/order/case_0@")).for_each(|c| c.outcome = Outcome::Fail);
    new.cells.iter_mut().filter(|c| c.cell.starts_with(FAILING)).for_each(|c| c.outcome = Outcome::Pass);
    new.findings.retain(|f| f.finding.oracle != "values");
    let c = compare(&old, &new, Toolchains::Auto).unwrap().without_same();
    let Some((mut browser, _)) = page(&comparison::render(&c).unwrap()) else { return };
    assert_eq!(browser.text("#shown"), "2 groups, 17 cells");
    let words = "[...document.querySelectorAll('details.word')].map(e => e.dataset.word).join()";
    assert_eq!(browser.eval(words), json!("regressed,fixed"));
    assert!(browser.text("details.word[data-word=fixed]").contains("*errors.errorString: boom"));
    browser.click("input[data-filter=word][value=fixed]");
    browser.wait("document.getElementById('shown').innerText === '1 of 2 groups, 1 of 17 cells'");
    assert_eq!((browser.visible("li.compared"), browser.visible("details.word")), (1, 1));
    browser.click("#reset");
    browser.press("/");
    browser.type_text("linux-arm64/opt");
    browser.wait("document.getElementById('shown').innerText === '2 of 2 groups, 5 of 17 cells'");
    assert_eq!(browser.eval("location.hash"), json!("#q=linux-arm64%2Fopt"));
    assert_eq!(browser.eval("window.hacked === undefined"), json!(true));
    browser.is_content();
}
