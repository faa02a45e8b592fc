//! What the README and the book say is true: their examples are built and run,
//! their commands are accepted, their tables name everything there is.
#![cfg(target_os = "linux")]

mod common;

use clap::Parser;
use common::{Place, toolchain};
use goabi::cli::Cli;
use goabi_reports::compare::word::Word;
use goabi_reports::outcome::Outcome;
use goabi_reports::verdict::Finding;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The README, and the book's pages.
fn pages() -> Vec<String> {
    let mut pages = vec!["README.md".to_string()];
    for folder in ["docs", "docs/findings"] {
        for entry in std::fs::read_dir(root().join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with(".md") {
                pages.push(format!("{folder}/{name}"));
            }
        }
    }
    pages.sort();
    pages
}

/// The fenced blocks of a page with this information behind the fence.
fn blocks(page: &str, info: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut inside: Option<bool> = None;
    for line in text(page).lines() {
        match (line.strip_prefix("```"), inside) {
            (Some(_), Some(_)) => inside = None,
            (Some(is), None) => {
                inside = Some(is == info);
                if is == info {
                    out.push(String::new());
                }
            }
            (None, Some(true)) => {
                if let Some(block) = out.last_mut() {
                    *block += line;
                    block.push('\n');
                }
            }
            (None, Some(false) | None) => {}
        }
    }
    assert_eq!(inside, None, "{page}: a fence is not closed");
    out
}

/// The last words of what `dwarf_live` finds of real releases, as the book has them.
const LIES: [&str; 7] = [
    "its padding is left out",
    "its padding is in the wrong place",
    "the right pieces, some of them repeated",
    "some of its pieces repeated",
    "other places than its own",
    "its spill space, where it is not stored",
    "a local of the frame, where it is not stored",
];

#[test]
fn lies_are_described() {
    let book = text("docs/observing.md") + &text("docs/expectations.md");
    for lie in LIES {
        assert!(book.contains(lie), "{lie}");
    }
}

#[test]
fn every_example_of_a_case_file_passes() {
    toolchain();
    let place = Place::new();
    let mut cases = 0;
    for page in pages() {
        for (n, block) in blocks(&page, "yaml,case").into_iter().enumerate() {
            cases += block.matches("- name: ").count();
            let stem = Path::new(&page).file_stem().unwrap().to_str().unwrap().to_lowercase();
            place.write(&format!("cases/{stem}/example{n}.yaml"), &block);
        }
    }
    assert!(cases > 15, "the examples are not found any more");
    place.goabi(&["check", "cases"]).passed();
    let host = common::host();
    let calls = "direct,inline,func_value,interface_method,defer_late,reflect_call";
    let done = place.goabi(&["run", "--quiet", "--cases", "cases", "--target", host, "--call", calls, "--out", "out"]);
    let record = place.record();
    let bad: Vec<_> = record.cells.iter().filter(|c| c.outcome != Outcome::Pass).collect();
    let restricted = |cell: &str| cell.contains("/not_inlined@") && cell.ends_with("/inline");
    // DWARF of today's releases lies in ways that the docs describe: these, and no other.
    let described = |f: &Finding| match f.oracle.as_str() {
        "dwarf" => true,
        "dwarf_live" => LIES.iter().any(|lie| f.actual.ends_with(lie)),
        _ => false,
    };
    let own = |cell: &str| {
        record.findings.iter().any(|f| !described(&f.finding) && f.finding.cells.iter().any(|c| c == cell))
    };
    for cell in bad {
        match &cell.outcome {
            Outcome::Skipped { .. } => assert!(restricted(&cell.cell), "{cell:?}"),
            _ => assert!(!own(&cell.cell) && cell.unobserved().next().is_none(), "{cell:?}\n{}", done.stdout),
        }
    }
    let seen: BTreeSet<_> = record.cells.iter().map(|c| c.cell.split('@').next().unwrap()).collect();
    assert_eq!(seen.len(), cases);
}

#[test]
fn every_example_of_expectations_is_one() {
    let place = Place::new();
    let mut files = Vec::new();
    for page in pages() {
        for (n, block) in blocks(&page, "yaml,expectations").into_iter().enumerate() {
            files.push(place.write(&format!("expectations/{n}-{}.yaml", page.replace('/', "-")), &block));
        }
    }
    let (found, mistakes) =
        goabi_cases::expectation::load(&files, &[], &goabi::oracles::ids(), &goabi_generators::call::ids());
    assert_eq!((mistakes.len(), !found.known.is_empty() && !found.permitted.is_empty()), (0, true), "{mistakes:?}");
}

/// What a shell would make of a command line, as far as the docs use one.
fn words(line: &str) -> Vec<String> {
    let (mut out, mut word, mut quoted, mut open) = (Vec::new(), String::new(), false, false);
    for c in line.chars() {
        match c {
            '\'' => (quoted, open) = (!quoted, true),
            '#' if !quoted && !open && word.is_empty() => break,
            c if c.is_whitespace() && !quoted => {
                if open || !word.is_empty() {
                    out.push(std::mem::take(&mut word));
                }
                open = false;
            }
            c => word.push(c),
        }
    }
    if open || !word.is_empty() {
        out.push(word);
    }
    assert!(!quoted, "a quote is not closed: {line}");
    out
}

/// All command lines of the pages: what stands behind `$ `.
fn commands() -> Vec<(String, Vec<String>)> {
    let mut out = Vec::new();
    for page in pages() {
        for block in blocks(&page, "console") {
            for line in block.lines() {
                if let Some(command) = line.strip_prefix("$ ") {
                    out.push((page.clone(), words(command)));
                }
            }
        }
    }
    out
}

/// The command as goabi gets it, and none where cargo itself is meant.
fn arguments(words: &[String]) -> Option<Vec<String>> {
    let line: Vec<&str> = words.iter().map(String::as_str).collect();
    match line.as_slice() {
        ["goabi", rest @ ..] | ["cargo", "run", "--release", "--", rest @ ..] => {
            Some(rest.iter().map(ToString::to_string).collect())
        }
        _ => None,
    }
}

#[test]
fn every_command_is_one() {
    let all = commands();
    assert!(all.len() > 12, "the commands are not found any more");
    for (page, words) in &all {
        let Some(args) = arguments(words) else {
            // With variables before it, and filters behind it.
            let cargo = words.iter().position(|w| w == "cargo").unwrap_or_else(|| panic!("{page}: {words:?}"));
            assert!(words[..cargo].iter().all(|w| w.contains('=')), "{page}: {words:?}");
            let known = ["test", "bench"];
            assert!(known.contains(&words[cargo + 1].as_str()), "{page}: {words:?}");
            continue;
        };
        let parsed = Cli::try_parse_from(std::iter::once("goabi".to_string()).chain(args));
        assert!(parsed.is_ok(), "{page}: {words:?}\n{}", parsed.unwrap_err());
    }
}

/// The commands that build nothing are run where they would be typed; of those
/// that do, what they select is listed; the suite itself runs beside this test.
#[test]
fn every_command_does_what_it_is_there_for() {
    let place = Place::new();
    let pair = blocks("README.md", "yaml");
    let first = pair.iter().find(|b| b.contains("name: swap")).expect("the README's first case");
    place.write("mycases/first/pairs.yaml", first);
    std::os::unix::fs::symlink(root().canonicalize().unwrap().join("cases"), place.path("cases")).unwrap();
    let mut run = 0;
    for (page, words) in commands() {
        let Some(mut args) = arguments(&words) else { continue };
        match args.first().map(String::as_str) {
            // The example of a first case is run (it ends with 0, as the text
            // says; with the padding that it speaks of, below), everything else listed.
            Some("run") if args.iter().any(|a| a == "mycases") => args.extend(["--out".to_string(), "out".to_string()]),
            Some("run") => {
                args[0] = "list".to_string();
                // Toolchains that a reader is to have, and this machine has not.
                // And options that listing has no use for.
                for option in ["--go", "--observe", "--watch-timeout"] {
                    if let Some(at) = args.iter().position(|a| a == option) {
                        args.drain(at..at + 2);
                    }
                }
            }
            // A function of a package that no reader's folder but his own has.
            Some("explain") if args.iter().any(|a| a == "--from") => continue,
            Some("list" | "check" | "schema" | "doctor" | "explain") => {}
            _ => continue,
        }
        let done = place.goabi(&args.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(done.code, Some(0), "{page}: {words:?}\n{done:#?}");
        assert!(!done.stdout.trim().is_empty(), "{page}: {words:?}");
        run += 1;
    }
    assert!(run > 8);
    let padded = first.replace("A int64;", "A int8;");
    assert_ne!(&padded, first);
    place.write("mycases/first/pairs.yaml", &padded);
    let done = place.goabi(&["run", "--cases", "mycases", "--out", "out"]);
    assert_eq!(done.code, Some(1), "{done:#?}");
    assert!(done.stdout.contains("its padding is left out") && done.stdout.contains(" 6 fail"), "{done:#?}");
    // What the text says a debugger shows.
    let shown = text("README.md").contains("want     {-1, 2.5 (bits 0x4004000000000000), \"x\"}");
    assert!(shown && done.stdout.contains("a debugger shows {-1, "), "{done:#?}");
}

#[test]
fn the_tables_name_everything() {
    let names = |page: &str, what: &str, ids: &[&str]| {
        let text = text(page);
        for id in ids {
            assert!(text.contains(&format!("`{id}`")), "{page} does not name the {what} `{id}`");
        }
    };
    names("docs/cells.md", "call kind", &goabi_generators::call::ids());
    names("docs/stress.md", "word", &goabi_cases::stress::WORDS.iter().map(|w| w.id).collect::<Vec<_>>());
    names("docs/stress.md", "profile", &goabi_cases::profile::BUILT_IN.map(|(n, _)| n));
    names("docs/verdicts.md", "oracle", &goabi::oracles::ids());
    names("README.md", "oracle", &goabi::oracles::ORACLES.iter().map(|o| o.id()).collect::<Vec<_>>());
    let renderers = goabi_reports::render::RENDERERS;
    names("docs/reports.md", "format", &renderers.iter().map(|r| r.id).collect::<Vec<_>>());
    names("docs/reports.md", "file", &renderers.iter().map(|r| r.file).collect::<Vec<_>>());
    names("docs/reports.md", "word", &Word::ALL.map(Word::id));
    names("docs/nightly.md", "word", &goabi_reports::nightly::Night::ALL.map(|n| n.id()));
    let cells = text("docs/cells.md");
    for arch in goabi_cases::arch::Arch::all() {
        assert!(cells.contains(&arch.goarch), "docs/cells.md does not name {}", arch.goarch);
    }
}

#[test]
fn every_page_is_in_the_book_and_every_link_leads_somewhere() {
    let summary = text("docs/SUMMARY.md");
    for page in pages().iter().filter_map(|p| p.strip_prefix("docs/")).filter(|p| *p != "SUMMARY.md") {
        assert!(summary.contains(&format!("({page})")), "docs/SUMMARY.md does not have {page}");
    }
    for page in pages() {
        let folder = root().join(&page);
        let folder = folder.parent().unwrap();
        for link in text(&page).split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap();
            if !file.is_empty() && !link.contains("://") {
                assert!(folder.join(file).exists(), "{page}: nothing is at {link}");
            }
        }
    }
}
