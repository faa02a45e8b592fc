//! The call kinds that are written in Go's assembler: `go vet` accepts what is
//! generated on every port, it links and runs, and a wrong move in it is found.
#![cfg(target_os = "linux")]

mod common;
#[path = "common/tip.rs"]
mod made;

use common::{Done, Place, fixtures, host, toolchain};
use goabi::plan;
use goabi_cases::arch::Arch;
use goabi_cases::version::GoVersion;
use goabi_generators::call::{self, Port};
use goabi_generators::program::{Selected, generate};
use goabi_reports::outcome::Outcome;
use goabi_reports::record::Record;
use made::{place, tip};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

const KINDS: &str = "assembly_caller,assembly_callee";

/// The sources of a program of all the fixture's cases for a port.
fn write_sources(dir: &Path, arch: &'static Arch, version: GoVersion) {
    let (files, mistakes) = plan::load(&[fixtures("assembly")]).unwrap();
    assert!(mistakes.is_empty(), "{mistakes:#?}");
    let port = Port { arch, version, takes: false, profiled: false };
    let calls: Vec<_> = KINDS.split(',').map(|id| call::by_id(id).unwrap()).collect();
    let all = files.iter().flat_map(|file| file.cases.iter().map(move |case| (file, case)));
    let selection: Vec<Selected> = all
        .filter(|(_, case)| calls.iter().all(|c| c.applies(case, &port).is_ok()))
        .map(|(file, case)| Selected { file, case, calls: calls.clone() })
        .collect();
    for (path, text) in &generate(&selection, port).files {
        let path = dir.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

#[test]
fn go_vet_accepts_what_is_generated_for_every_port() {
    let (provision, toolchain) = toolchain();
    if toolchain.version < GoVersion::new(1, 22, 0) {
        // Its sizes of structs lack the padding at their end (go/types; right since 1.22).
        eprintln!("skipped: go vet of {} works frames out wrongly", toolchain.label);
        return;
    }
    for arch in Arch::all() {
        let dir = tempfile::tempdir().unwrap();
        write_sources(dir.path(), arch, toolchain.version);
        let vet = || {
            let done = Command::new(toolchain.go())
                .args(["vet", "-asmdecl", "-trimpath", "./c/..."])
                .current_dir(dir.path())
                .envs([("GOARCH", arch.goarch.as_str()), ("GOOS", "linux"), ("CGO_ENABLED", "0")])
                .envs([("GOTOOLCHAIN", "local"), ("GOFLAGS", ""), ("GOPROXY", "off")])
                .env("GOCACHE", provision.cache.gocache(&toolchain.fingerprint))
                .output()
                .unwrap();
            (done.status.success(), String::from_utf8_lossy(&done.stderr).into_owned())
        };
        let (sound, said) = vet();
        assert!(sound, "{}: {said}", arch.goarch);
        // A near miss must be seen, or vet looks at nothing.
        let file = dir.path().join("c/assembly-frames/c_kinds_assembly_case.s");
        let text = std::fs::read_to_string(&file).unwrap();
        let changed = text.replacen("goabiP1+2(FP)", "goabiP1+3(FP)", 1);
        assert_ne!(changed, text, "{}", arch.goarch);
        std::fs::write(&file, changed).unwrap();
        let (sound, said) = vet();
        assert!(!sound && said.contains("expected goabiP1+2(FP)"), "{}: {said}", arch.goarch);
    }
}

/// Runs the fixture natively; `before` happens to the sources before the build.
fn run(cases: &str, builds: &str, before: &str, more: &[&str]) -> (Place, Done, Record) {
    let place = place();
    let tip = tip(&place, before);
    let cases = fixtures("assembly").join(cases);
    let fixed = ["run", "--quiet", "--target", host(), "--build", builds, "--out", "out", "--observe", "none"];
    let more: Vec<&str> = fixed.iter().chain(more).copied().collect();
    let done = Done::of(place.command(&more).arg("--cases").arg(cases).arg("--go").arg(tip));
    let record = place.record();
    (place, done, record)
}

/// The cells that failed, by case and call, with what was found in them.
fn failed(record: &Record) -> BTreeSet<(String, String, String)> {
    let of = |cell: &str| {
        let (case, rest) = cell.split_once('@').unwrap();
        (case.rsplit('/').next().unwrap().to_string(), rest.rsplit('/').next().unwrap().to_string())
    };
    let findings = record.findings.iter().filter(|f| f.outcome.fails()).map(|f| &f.finding);
    findings.flat_map(|f| f.cells.iter().map(|c| (of(c).0, of(c).1, f.path.clone()))).collect()
}

#[test]
fn the_widest_frames_link_and_wider_ones_are_left_out() {
    let calls = format!("{KINDS},reflect_call+assembly_callee");
    let (_place, done, record) = run("frames.yaml", "opt,noopt", ":", &["--call", &calls]);
    done.passed();
    let skipped: Vec<_> = record.cells.iter().filter(|c| c.outcome != Outcome::Pass).collect();
    let registers = Arch::get(host()).unwrap().register_abi(GoVersion::new(1, 27, 3));
    assert_eq!(skipped.len(), if registers { 6 } else { 0 }, "{skipped:#?}");
    for c in skipped {
        let Outcome::Skipped { reason } = &c.outcome else { panic!("{c:#?}") };
        assert!(c.cell.contains("/too_wide@") && reason.contains("800 bytes"), "{c:#?}");
    }
}

/// What is found of the case `mixed`, as `call path`; nothing of its neighbour.
fn found(before: &str) -> Vec<String> {
    let (_place, done, record) = run("faults.yaml", "opt", before, &["--call", KINDS]);
    let all = failed(&record);
    done.failed(u8::from(!all.is_empty()), &[]);
    assert!(all.iter().all(|(case, ..)| case == "mixed"), "{all:?}");
    assert_eq!(record.cells.len(), 4);
    all.into_iter().map(|(_, call, path)| format!("{call} {path}")).collect()
}

/// A `sed` over the case's assembly: operands are the same on each 64-bit port.
fn sed(script: &str) -> String {
    format!("find . -name 'c_mixed_assembly_case.s' -exec sed -i {script} {{}} +")
}

#[test]
fn a_wrong_move_is_found() {
    if Arch::get(host()).unwrap().is_32_bit() {
        eprintln!("skipped: the operands are those of 64-bit ports");
        return;
    }
    let both =
        |path: &str| [format!("assembly_callee vectors[0].{path}"), format!("assembly_caller vectors[0].{path}")];
    // An argument from the place of another one.
    assert_eq!(found(&sed("-e 's/goabiP0+0(FP)/goabiP2_len+24(FP)/'")), both("args[0]"));
    // Two results, swapped.
    let swapped = sed("-e 's/goabiR0+56(FP)/x/' -e 's/goabiR1+64(FP)/goabiR0+56(FP)/' -e 's/, x$/, goabiR1+64(FP)/'");
    let mut want: Vec<String> = ["results[0]", "results[1]"].iter().flat_map(|p| both(p)).collect();
    want.sort();
    assert_eq!(found(&swapped), want);
    // An argument that is not copied, and is zero: memory for the callee's copy
    // holds something else before. (What the caller hands over is then what
    // lies on the stack, which may be zero as well.)
    let missing = found(&sed("-e '/goabiP1+8(FP)/,+1d'"));
    assert_eq!(missing.first(), Some(&"assembly_callee vectors[0].args[1]".to_string()), "{missing:?}");
    assert!(missing.iter().all(|m| m.ends_with("args[1]")), "{missing:?}");
    // To move a value twice is no fault.
    assert_eq!(found(&sed("-e '/goabiP0+0(FP)/p'")), [""; 0]);
}

/// The ABI wrapper of the function under test has its name, and another ABI.
#[test]
fn the_function_is_watched_and_not_its_abi_wrapper() {
    let place = Place::new();
    let (goarch, cases) = (host(), fixtures("assembly"));
    let calls = format!("direct,{KINDS}");
    let done = place.goabi(&[
        "run",
        "--quiet",
        "--cases",
        cases.to_str().unwrap(),
        "--target",
        goarch,
        "--call",
        &calls,
        "--out",
        "out",
    ]);
    let record = place.record();
    let machine = |oracle: &str| ["registers", "values", "panics"].contains(&oracle);
    let found: Vec<_> = record.findings.iter().map(|f| &f.finding).filter(|f| machine(&f.oracle)).collect();
    assert!(found.is_empty(), "{found:#?}");
    let of = |call: &str| {
        let cells = record.cells.iter().filter(|c| !c.cell.contains("/too_wide@") && c.cell.ends_with(call));
        let seen: Vec<_> = cells.map(|c| &c.oracles["registers"]).collect();
        assert!(seen.iter().all(|o| o.unobserved == 0), "{call}: {done:#?}");
        seen
    };
    // What is said of the model alone is said of each cell.
    let (direct, caller, callee) = (of("/direct"), of("/assembly_caller"), of("/assembly_callee"));
    for ((direct, caller), callee) in direct.iter().zip(&caller).zip(&callee) {
        // Of a call of the ABI wrapper no less is compared: what DWARF names of it may be more.
        assert!(caller.agree >= direct.agree && caller.agree > callee.agree, "{done:#?}");
        let because: Vec<_> = callee.inapplicable_because.keys().collect();
        assert!(matches!(because[..], [why] if why.contains("takes everything on the stack")), "{because:?}");
    }
    assert_eq!((direct.len(), caller.len(), callee.len()), (20, 20, 20));
}

#[test]
fn a_frame_that_the_runtime_cannot_scan_is_found() {
    let missing = "find . -name '*_assembly_case.s' -exec sed -i -e /NO_LOCAL_POINTERS/d {} +";
    let more = ["--call", "assembly_caller", "--stress", "gc"];
    let (_place, done, record) = run("faults.yaml", "opt", missing, &more);
    done.failed(1, &[]);
    let died: BTreeSet<_> = failed(&record).into_iter().map(|(case, ..)| case).collect();
    assert_eq!(died, BTreeSet::from(["mixed".to_string(), "neighbour".to_string()]), "{done:#?}");
    let text = format!("{:#?}", record.findings);
    assert!(text.contains("missing stackmap"), "{text}");
}
