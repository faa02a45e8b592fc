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
