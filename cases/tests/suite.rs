//! The project's own case files are without mistakes.

use std::path::Path;

#[test]
fn the_suite_loads() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("suite");
    let paths = goabi_cases::load::find(&root).unwrap();
    assert!(!paths.is_empty());
    let calls = ["direct", "inline", "func_value", "interface_method"];
    let loaded = goabi_cases::load::load(&paths, &calls);
    let lines: Vec<_> = loaded.mistakes.iter().map(|m| m.one_line()).collect();
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}

#[test]
fn the_suites_page_names_every_file_and_nothing_else() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("../docs/suite.md")).unwrap();
    let paths = goabi_cases::load::find(&root.join("suite")).unwrap();
    let loaded = goabi_cases::load::load(&paths, &["direct", "inline", "func_value", "interface_method"]);
    let mut named: Vec<&str> = page.split('`').skip(1).step_by(2).filter(|w| w.contains('/')).collect();
    named.retain(|w| !w.starts_with("harness/"));
    let (mut files, mut cases) = (Vec::new(), Vec::new());
    for f in &loaded.files {
        files.push(format!("{}/{}", f.topic, f.stem));
        cases.extend(f.cases.iter().map(|c| c.id.to_string()));
    }
    let gone: Vec<_> = named.iter().filter(|w| !files.iter().chain(&cases).any(|x| x == *w)).collect();
    assert!(gone.is_empty(), "docs/suite.md names what is not there: {gone:?}");
    let missing: Vec<_> = files.iter().filter(|f| !named.contains(&f.as_str())).collect();
    assert!(missing.is_empty(), "docs/suite.md does not name {missing:?}");
}
