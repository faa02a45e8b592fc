//! `goabi audit` of binaries whose tables were patched, and its options.

mod common;

use common::audited::{audited, built};
use common::planted::{plant_cfi, plant_depth, with_func};
use common::{Place, toolchain};
use goabi::audit::{Class, Level, Report};
use goabi_runners::observe::follow::Arch;
use goabi_runners::observe::unwind::{Func, PcData, PcTable};
use serde_json::Value;

/// Where in the file one of main.Calls' tables is.
fn table(bytes: &[u8], of: for<'f, 't> fn(&'f Func<'t>) -> PcTable<'t>) -> std::ops::Range<usize> {
    let (at, len) = with_func(bytes, "main.Calls", |_, func, _| {
        let encoded = of(func).encoded().unwrap();
        (encoded.as_ptr() as usize - bytes.as_ptr() as usize, encoded.len())
    });
    assert!(len > 0, "there is such a table");
    at..at + len
}

fn pcsp_row(bytes: &mut [u8]) {
    plant_depth(bytes, "main.Calls");
}

fn cfi_row(bytes: &mut [u8]) {
    plant_cfi(bytes, "main.Calls");
}

/// The unsafe points around the call for more stack end before it.
fn unsafe_row(bytes: &mut [u8]) {
    let range = table(bytes, |f| f.pcdata(PcData::UnsafePoint));
    let row = &mut bytes[range];
    assert!(row.iter().all(|b| *b < 0x80), "numbers of one byte: {row:x?}");
    // Pairs of a difference, 1 for -1 and 2 for 1, and how many steps of a pc it holds: the
    // jump is unsafe, and further down what leads to the call, with it at the end.
    let last = row.len() - 4;
    assert!(row[last] == 1 && row[last + 1] > 1 && row[last + 2] == 2, "{row:x?}");
    row[last + 3] += row[last + 1] - 1;
    row[last + 1] = 1;
}

/// A line number that is wrong misleads nobody who unwinds.
fn line_row(bytes: &mut [u8]) {
    let range = table(bytes, |f| f.pcline());
    let row = &mut bytes[range];
    row[0] ^= 0x04;
}

#[test]
fn patched_tables_are_found_and_near_misses_are_not() {
    /// What is patched, what is found of it, and how to patch it.
    type Fault = (&'static str, Option<(Class, Level)>, fn(&mut [u8]));
    let faults: [Fault; 4] = [
        ("a row of pcsp", Some((Class::Pcsp, Level::Error)), pcsp_row),
        ("a row of call frame information", Some((Class::Cfi, Level::Warning)), cfi_row),
        ("a row of unsafe points", Some((Class::UnsafePoint, Level::Error)), unsafe_row),
        ("a row of line numbers", None, line_row),
    ];
    let place = Place::new();
    for goarch in Arch::ALL.map(Arch::goarch) {
        let sound = std::fs::read(built(goarch)).unwrap();
        for (what, wanted, plant) in faults {
            // Elsewhere other rows stand last: `audit_ports.rs` moves a write barrier's.
            if what == "a row of unsafe points" && !["amd64", "arm64"].contains(&goarch) {
                continue;
            }
            let mut bytes = sound.clone();
            plant(&mut bytes);
            assert_ne!(bytes, sound, "{goarch}, {what}");
            let path = place.path("patched");
            std::fs::write(&path, &bytes).unwrap();
            let (_, findings) = audited(&place, &path);
            let found: Vec<_> = findings.iter().filter(|f| f.function == "main.Calls").collect();
            match wanted {
                Some(wanted) => {
                    assert!(found.iter().any(|f| (f.class, f.level) == wanted), "{goarch}, {what}: {found:#?}");
                }
                None => assert!(found.is_empty(), "{goarch}, {what}: {found:#?}"),
            }
        }
    }
}

#[test]
fn levels_and_baselines_decide_the_exit_code() {
    let place = Place::new();
    let mut bytes = std::fs::read(built("amd64")).unwrap();
    cfi_row(&mut bytes);
    let path = place.path("patched");
    std::fs::write(&path, &bytes).unwrap();
    let audit = |more: &[&str]| place.goabi(&[&["audit", "patched"], more].concat());
    assert_eq!(audit(&[]).code, Some(0), "a warning is no error");
    assert_eq!(audit(&["--deny", "warning"]).code, Some(1));
    assert_eq!(audit(&["--deny", "note", "--write-baseline", "known.json"]).code, Some(1));
    let known = audit(&["--deny", "note", "--baseline", "known.json"]);
    assert!(known.code == Some(0) && known.stdout.contains("in the baseline"), "{known:?}");
    // What is worse than what is known is news, and so is another finding.
    let text = std::fs::read_to_string(place.path("known.json")).unwrap();
    place.write("less.json", &text.replace("\"warning\"", "\"note\""));
    assert_eq!(audit(&["--deny", "warning", "--baseline", "less.json"]).code, Some(1));
    pcsp_row(&mut bytes);
    std::fs::write(&path, &bytes).unwrap();
    assert_eq!(audit(&["--baseline", "known.json"]).code, Some(1));
    place.write("no.json", "{}");
    place.goabi(&["audit", "patched", "--baseline", "no.json"]).failed(2, &["no.json", "it is no baseline"]);
}

#[test]
fn json_and_sarif_are_as_their_schemas_say() {
    let place = Place::new();
    let mut bytes = std::fs::read(built("arm64")).unwrap();
    pcsp_row(&mut bytes);
    let path = place.path("a binary with spaces");
    std::fs::write(&path, &bytes).unwrap();
    let valid = |schema: &str, text: &str| {
        let schema: Value = serde_json::from_str(schema).unwrap();
        let text: Value = serde_json::from_str(text).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let mistakes: Vec<String> =
            validator.iter_errors(&text).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(mistakes.is_empty(), "{mistakes:#?}");
        // What is none is told from one.
        assert!(!validator.is_valid(&Value::from("something else")));
        let mut broken = text.clone();
        broken.as_object_mut().unwrap().insert("version".into(), Value::from("0.0"));
        broken.as_object_mut().unwrap().insert("schema_version".into(), Value::from("0.0"));
        assert!(!validator.is_valid(&broken));
    };
    let audit = |format| place.goabi(&["audit", "--format", format, path.to_str().unwrap()]);
    let sarif = audit("sarif");
    assert_eq!(sarif.code, Some(1));
    // One pattern of OASIS' own, for the language of a run, has a bracket too many.
    let schema = include_str!("schemas/sarif-2.1.0.schema.json").replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}?$");
    valid(&schema, &sarif.stdout);
    let log: Value = serde_json::from_str(&sarif.stdout).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert!(results.iter().any(|r| r["ruleId"] == "pcsp" && r["level"] == "error"), "{results:#?}");
    let page = audit("html");
    assert_eq!(page.code, Some(1));
    assert!(page.stdout.contains("main.Calls") && page.stdout.contains("compared with pcsp"), "{}", page.stdout);
    let json = audit("json");
    valid(&place.goabi(&["schema", "audit"]).stdout, &json.stdout);
    let report: Report = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(results.len(), report.binaries[0].findings.len());
}

#[test]
fn packages_are_built_and_audited() {
    let place = Place::new();
    place.write("go.mod", "module example.com/own\n\ngo 1.21\n");
    place.write("cmd/one/main.go", "package main\n\nfunc main() { println(1) }\n");
    place.write("cmd/two/main.go", "package main\n\nfunc main() { println(2) }\n");
    place.write("lib/lib.go", "package lib\n");
    let go = toolchain().1.goroot;
    let audit = |args: &[&str]| place.goabi(&[&["audit", "--go", go.to_str().unwrap()], args].concat());
    let done = audit(&["--format", "json", "./..."]);
    assert_eq!(done.code, Some(0), "{done:?}");
    let report: Report = serde_json::from_str(&done.stdout).unwrap();
    let named = |b: &goabi::audit::BinaryReport| b.path.split(", ").next().unwrap().to_string();
    let names: Vec<String> = report.binaries.iter().map(named).collect();
    let of = |package: &str, port: &str| format!("example.com/own/cmd/{package} (linux-{port}");
    assert_eq!(names, [of("one", "amd64"), of("two", "amd64"), of("one", "arm64"), of("two", "arm64")]);
    assert!(report.binaries.iter().all(|b| b.counts.audited > 500), "{names:?}");
    let one = audit(&["cmd/one", "--target", "arm64"]);
    assert!(one.code == Some(0) && one.stdout.matches("functions:").count() == 1, "{one:?}");
    // What a user may get wrong.
    audit(&["./lib"]).failed(2, &["./lib names no main package"]);
    audit(&["./nothing"]).failed(2, &["go list", "nothing"]);
    audit(&["./...", "--target", "mips"]).failed(2, &["only code for amd64, arm,"]);
    place.write("cmd/two/main.go", "package main\n\nfunc main() { println(none) }\n");
    audit(&["./..."]).failed(2, &["main.go:3", "undefined: none"]);
    place.goabi(&["audit", "--target", "arm64", "nothing"]).failed(2, &["--target says how packages are built"]);
}
