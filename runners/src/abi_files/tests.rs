//! Files as toolchains have them, and files that nobody can understand.

use super::*;
use crate::observe::records::Fact;
use goabi_cases::cell::Build;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const EXP: &str = "// A comment.\npackage buildcfg\n\nimport \"fmt\"\n\nfunc other() {}\n\n\
func ParseGOEXPERIMENT(goos, goarch, goexp string) (*int, error) {\n\tvar regabiSupported, regabiAlwaysOn bool\n\
\tswitch goarch {\n\tcase \"amd64\", \"arm64\":\n\t\tregabiAlwaysOn = true\n\t\tregabiSupported = true\n\
\tcase \"s390x\":\n\t\tregabiSupported = true\n\t}\n\tswitch goarch {\n\tcase \"386\":\n\t\tx = true\n\t}\n\
\tfmt.Println(regabiSupported)\n\treturn nil, nil\n}\n";
const GENERIC: &str = "//go:build !goexperiment.regabiargs && !amd64 && !arm64\n\npackage abi\n\nconst (\n\t// A comment.\n\
\tIntArgRegs = 0\n\tFloatArgRegs = 0\n\tEffectiveFloatRegSize = 0\n)\n";
const ARM64: &str =
    "package abi\n\nconst (\n\tIntArgRegs = 16\n\tFloatArgRegs = 0x10\n\tEffectiveFloatRegSize = 8\n)\n";
const S390X: &str = "//go:build goexperiment.regabiargs\n\npackage abi\n\nconst IntArgRegs = 8\nconst FloatArgRegs = 16\n\
const EffectiveFloatRegSize = 8\n";
const OPGEN: &str = "package ssa\nvar registersAMD64 = [...]Register{\n\t{0, x86.REG_AX, \"AX\"},\n\
\t{1, x86.REG_CX, 1, \"CX\"},\n}\nvar paramIntRegAMD64 = []int8{1, 0}\nvar paramFloatRegAMD64 = []int8(nil)\n";

fn goroot(edits: &[(&str, &str)]) -> TempDir {
    let dir = TempDir::new().unwrap();
    let mut files = vec![
        ("src/internal/buildcfg/exp.go", EXP),
        ("src/internal/abi/abi_generic.go", GENERIC),
        ("src/internal/abi/abi_arm64.go", ARM64),
        ("src/internal/abi/abi_s390x.go", S390X),
        ("src/internal/abi/abi_test.go", "this is not read"),
        ("src/cmd/compile/internal/ssa/opGen.go", OPGEN),
    ];
    files.extend(edits);
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

fn facts(root: &Path, goarch: &str, build: Build) -> AbiFacts {
    AbiFiles::read(root).facts(goarch, build)
}

fn seen<T: Clone>(f: &Fact<Cited<T>>) -> (T, &str) {
    match f {
        Fact::Seen(c) => (c.value.clone(), c.at.as_str()),
        Fact::NotRequested => panic!("not requested"),
        Fact::Unavailable(why) => panic!("{why}"),
    }
}

#[track_caller]
fn unavailable<T>(f: &Fact<T>, part: &str) {
    match f {
        Fact::Unavailable(why) => assert!(why.contains(part), "{why}"),
        Fact::Seen(_) | Fact::NotRequested => panic!("{part}: it was read"),
    }
}

#[test]
fn values_come_with_their_lines() {
    let root = goroot(&[]);
    let f = facts(root.path(), "arm64", Build::Opt);
    assert_eq!(seen(&f.integer_count), (16, "src/internal/abi/abi_arm64.go:4"));
    assert_eq!(seen(&f.float_count), (16, "src/internal/abi/abi_arm64.go:5"));
    assert_eq!(seen(&f.float_size), (8, "src/internal/abi/abi_arm64.go:6"));
    assert_eq!(seen(&f.supported), (true, "src/internal/buildcfg/exp.go:13"));
    assert_eq!(seen(&f.always_on), (true, "src/internal/buildcfg/exp.go:12"));
    let f = facts(root.path(), "386", Build::Opt);
    assert_eq!(seen(&f.supported), (false, "src/internal/buildcfg/exp.go:10"));
    assert_eq!(seen(&f.integer_count), (0, "src/internal/abi/abi_generic.go:7"));
}

#[test]
fn an_experiment_chooses_the_file() {
    let root = goroot(&[]);
    let on = facts(root.path(), "s390x", Build::Noopt);
    assert_eq!(seen(&on.integer_count), (8, "src/internal/abi/abi_s390x.go:5"));
    assert_eq!((seen(&on.supported).0, seen(&on.always_on).0), (true, false));
    let off = facts(root.path(), "s390x", Build::Noregabi);
    assert_eq!(seen(&off.integer_count), (0, "src/internal/abi/abi_generic.go:7"));
    // Where it is always on, Go ignores the experiment.
    assert_eq!(seen(&facts(root.path(), "arm64", Build::Noregabi).integer_count).0, 16);
}

#[test]
fn sequences_are_names_in_order() {
    let root = goroot(&[]);
    let f = facts(root.path(), "amd64", Build::Opt);
    let want = (vec!["CX".to_string(), "AX".to_string()], "src/cmd/compile/internal/ssa/opGen.go:6");
    assert_eq!(seen(&f.integer_sequence), want);
    assert_eq!(seen(&f.float_sequence).0, Vec::<String>::new());
    unavailable(&facts(root.path(), "ppc64le", Build::Opt).integer_sequence, "paramIntRegPPC64");
}

#[test]
fn what_cannot_be_understood_is_unavailable_with_its_reason() {
    let exp = "src/internal/buildcfg/exp.go";
    let arm64 = "src/internal/abi/abi_arm64.go";
    let of = |edits: &[(&str, &str)]| facts(goroot(edits).path(), "arm64", Build::Opt);
    let f = of(&[(exp, "package buildcfg\nfunc ParseGOEXPERIMENT(")]);
    unavailable(&f.supported, "not Go");
    assert_eq!(seen(&f.integer_count).0, 16, "arm64's file needs no experiment");
    unavailable(&of(&[(exp, "package buildcfg\n")]).always_on, "no function ParseGOEXPERIMENT");
    unavailable(&of(&[(exp, &EXP.replace("switch goarch", "switch goos"))]).always_on, "no switch");
    let f = of(&[(exp, &EXP.replace("regabiAlwaysOn = true", "regabiAlwaysOn = f()"))]);
    unavailable(&f.always_on, "exp.go:12: what is assigned to regabiAlwaysOn");
    unavailable(&of(&[(arm64, "package abi\nconst IntArgRegs = 8 + 8")]).integer_count, "no integer literal");
    unavailable(&of(&[(arm64, "package abi")]).integer_count, "no file declares IntArgRegs for arm64");
    unavailable(&of(&[(arm64, "const {")]).integer_count, "abi_arm64.go");
    let twice = [("src/internal/abi/abi_more.go", "package abi\nconst IntArgRegs = 3\n")];
    unavailable(&of(&twice).integer_count, "at src/internal/abi/abi_arm64.go:4 and at src/internal/abi/abi_more.go:2");
    let other = [("src/internal/abi/abi_more.go", "//go:build mystery\n\npackage abi\nconst IntArgRegs = 3\n")];
    unavailable(&of(&other).integer_count, "abi_more.go:4: whether its build constraint holds");
    let opgen = "src/cmd/compile/internal/ssa/opGen.go";
    unavailable(&of(&[(opgen, &OPGEN.replace("{0, x86", "{5, x86"))]).integer_sequence, "opGen.go:3");
    let empty = TempDir::new().unwrap();
    unavailable(&facts(empty.path(), "arm64", Build::Opt).integer_count, "src/internal/abi: ");
}
