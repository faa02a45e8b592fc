//! The architecture files against the toolchain's own files, and against a
//! copy of these in which something was changed.

mod common;

use goabi::abi_check::abi_facts;
use goabi::oracles::dwarf::{Check, Judgement};
use goabi_cases::arch::Arch;
use goabi_cases::cell::Build;
use goabi_runners::abi_files::AbiFiles;
use goabi_runners::toolchain::Toolchain;
use std::fs;
use std::path::Path;

fn differences(checks: &[Check]) -> Vec<String> {
    let text = |c: &Check| match &c.judgement {
        Judgement::Agree => None,
        Judgement::Disagree { expected, actual, evidence } => {
            Some(format!("{}: {expected} is {actual} ({})", c.path, evidence.join(", ")))
        }
        Judgement::NotDescribed => Some(format!("{}: not described", c.path)),
        Judgement::Unobserved(why) => Some(format!("{}: {why}", c.path)),
    };
    checks.iter().filter_map(text).collect()
}

#[test]
fn every_port_is_as_the_toolchain_has_it() {
    let (_, toolchain) = common::toolchain();
    let files = AbiFiles::of(&toolchain);
    for arch in Arch::all() {
        for build in Build::ALL {
            let checks = abi_facts(arch, toolchain.version, build, &files.facts(&arch.goarch, build));
            assert!(checks.len() >= 5);
            let empty: [String; 0] = [];
            assert_eq!(differences(&checks), empty, "{} {build} {}", arch.goarch, toolchain.label);
        }
    }
}

/// The files that are read, copied.
fn copy(toolchain: &Toolchain, to: &Path) {
    for part in ["src/internal/abi", "src/internal/buildcfg", "src/cmd/compile/internal/ssa"] {
        fs::create_dir_all(to.join(part)).unwrap();
    }
    let abi = fs::read_dir(toolchain.goroot.join("src/internal/abi")).unwrap().map(|e| e.unwrap().path());
    let abi = abi.map(|p| p.strip_prefix(&toolchain.goroot).unwrap().to_path_buf()).filter(|p| p.extension().is_some());
    let more = ["src/internal/buildcfg/exp.go", "src/cmd/compile/internal/ssa/opGen.go"].map(Into::into);
    for file in abi.chain(more) {
        fs::write(to.join(&file), fs::read(toolchain.goroot.join(&file)).unwrap()).unwrap();
    }
}

fn edit(root: &Path, file: &str, from: &str, to: &str) {
    let text = fs::read_to_string(root.join(file)).unwrap();
    assert!(text.contains(from), "{file} has no {from:?}");
    fs::write(root.join(file), text.replacen(from, to, 1)).unwrap();
}

#[test]
fn a_toolchain_whose_amd64_has_eight_registers_is_found_out() {
    let (_, toolchain) = common::toolchain();
    let root = tempfile::tempdir().unwrap();
    copy(&toolchain, root.path());
    let judge = |goarch: &str| {
        let facts = AbiFiles::read(root.path()).facts(goarch, Build::Opt);
        differences(&abi_facts(Arch::get(goarch).unwrap(), toolchain.version, Build::Opt, &facts))
    };
    assert!(judge("amd64").is_empty());
    edit(root.path(), "src/internal/abi/abi_amd64.go", "IntArgRegs = 9", "IntArgRegs = 8");
    let found = judge("amd64");
    let ours = format!("expected: cases/arch/amd64.yaml for go {}", toolchain.version);
    assert!(found.len() == 1 && found[0].starts_with("abi.integer_registers: 9 is 8"), "{found:?}");
    assert!(found[0].contains(&ours) && found[0].contains("actual: src/internal/abi/abi_amd64.go:"), "{found:?}");
    assert!(judge("arm64").is_empty(), "a near miss: the other ports are as they were");

    let opgen = "src/cmd/compile/internal/ssa/opGen.go";
    edit(root.path(), opgen, "var paramIntRegARM64 = []int8{0, 1,", "var paramIntRegARM64 = []int8{1, 0,");
    let found = judge("arm64");
    assert!(found.len() == 1 && found[0].contains("R0 R1 R2") && found[0].contains("is R1 R0 R2"), "{found:?}");

    // The first case that names riscv64 is the one that says it is always on.
    edit(root.path(), "src/internal/buildcfg/exp.go", "\"riscv64\"", "\"riscv65\"");
    let found = judge("riscv64");
    assert!(found.iter().any(|f| f.starts_with("abi.register_abi: true is false")), "{found:?}");
}
