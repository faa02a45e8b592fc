//! Agreement with files that are right, and planted differences.

use super::*;

const V: GoVersion = GoVersion::new(1, 27, 3);

fn arch(goarch: &str) -> &'static Arch {
    Arch::get(goarch).unwrap()
}

fn cited<T>(value: T, at: &str) -> Fact<Cited<T>> {
    Fact::Seen(Cited { value, at: at.to_string() })
}

/// What amd64's files say.
fn amd64() -> AbiFacts {
    let names = |text: &str| text.split(' ').map(str::to_string).collect::<Vec<_>>();
    AbiFacts {
        integer_count: cited(9, "src/internal/abi/abi_amd64.go:12"),
        float_count: cited(15, "src/internal/abi/abi_amd64.go:15"),
        float_size: cited(8, "src/internal/abi/abi_amd64.go:18"),
        supported: cited(true, "src/internal/buildcfg/exp.go:67"),
        always_on: cited(true, "src/internal/buildcfg/exp.go:66"),
        integer_sequence: cited(names("AX BX CX DI SI R8 R9 R10 R11"), "opGen.go:1"),
        float_sequence: cited(names("X0 X1 X2 X3 X4 X5 X6 X7 X8 X9 X10 X11 X12 X13 X14"), "opGen.go:2"),
    }
}

/// What a port without registers says.
fn stack_only() -> AbiFacts {
    AbiFacts {
        integer_count: cited(0, "src/internal/abi/abi_generic.go:19"),
        float_count: cited(0, "src/internal/abi/abi_generic.go:25"),
        float_size: cited(0, "src/internal/abi/abi_generic.go:40"),
        supported: cited(false, "src/internal/buildcfg/exp.go:64"),
        always_on: cited(false, "src/internal/buildcfg/exp.go:64"),
        // loong64's tables were there before anything read them.
        integer_sequence: cited(vec!["R4".into()], "opGen.go:1"),
        float_sequence: cited(vec![], "opGen.go:2"),
    }
}

/// The paths of checks that are not in agreement, with expected and actual.
fn wrong(checks: &[Check]) -> Vec<(&str, &str, &str)> {
    checks
        .iter()
        .filter_map(|c| match &c.judgement {
            Judgement::Agree => None,
            Judgement::Disagree { expected, actual, .. } => Some((c.path.as_str(), expected.as_str(), actual.as_str())),
            Judgement::NotDescribed => Some((c.path.as_str(), "not described", "")),
            Judgement::Unobserved(why) => Some((c.path.as_str(), "unobserved", why.as_str())),
        })
        .collect()
}

#[test]
fn files_that_say_the_same_agree() {
    let checks = abi_facts(arch("amd64"), V, Build::Opt, &amd64());
    assert_eq!((wrong(&checks), checks.len()), (vec![], 7));
    let checks = abi_facts(arch("386"), V, Build::Noopt, &stack_only());
    assert_eq!((wrong(&checks), checks.len()), (vec![], 5));
    let checks = abi_facts(arch("s390x"), GoVersion::new(1, 25, 5), Build::Opt, &stack_only());
    assert_eq!(wrong(&checks), vec![]);
}

#[test]
fn a_build_without_registers_expects_none_though_the_port_has_them() {
    let facts = AbiFacts { supported: cited(true, "exp.go:69"), ..stack_only() };
    assert_eq!(wrong(&abi_facts(arch("s390x"), GoVersion::new(1, 26, 6), Build::Noregabi, &facts)), vec![]);
    // A near miss: with registers the same files would be wrong.
    assert_eq!(wrong(&abi_facts(arch("s390x"), GoVersion::new(1, 26, 6), Build::Opt, &facts)).len(), 5);
}

#[test]
fn a_planted_count_is_found_with_both_sources() {
    let facts = AbiFacts { integer_count: cited(8, "src/internal/abi/abi_amd64.go:12"), ..amd64() };
    let checks = abi_facts(arch("amd64"), V, Build::Opt, &facts);
    assert_eq!(wrong(&checks), [("abi.integer_registers", "9", "8")]);
    let Judgement::Disagree { evidence, .. } = &checks[0].judgement else { panic!("{checks:?}") };
    assert_eq!(
        evidence,
        &["expected: cases/arch/amd64.yaml for go 1.27.3", "actual: src/internal/abi/abi_amd64.go:12"]
    );
}

#[test]
fn each_planted_difference_is_found_alone() {
    let swapped = || ["BX", "AX", "CX", "DI", "SI", "R8", "R9", "R10", "R11"].map(str::to_string).to_vec();
    for (path, facts) in [
        ("abi.float_registers", AbiFacts { float_count: cited(16, "x"), ..amd64() }),
        ("abi.float_register_size", AbiFacts { float_size: cited(4, "x"), ..amd64() }),
        ("abi.register_abi", AbiFacts { supported: cited(false, "x"), ..amd64() }),
        ("abi.register_abi_always_on", AbiFacts { always_on: cited(false, "x"), ..amd64() }),
        ("abi.integer_sequence", AbiFacts { integer_sequence: cited(swapped(), "x"), ..amd64() }),
        ("abi.float_sequence", AbiFacts { float_sequence: cited(vec!["X0".into()], "x"), ..amd64() }),
    ] {
        let checks = abi_facts(arch("amd64"), V, Build::Opt, &facts);
        let paths: Vec<&str> = wrong(&checks).into_iter().map(|w| w.0).collect();
        assert_eq!(paths, [path]);
    }
}

#[test]
fn what_could_not_be_read_is_no_agreement() {
    let facts = AbiFacts { float_count: Fact::Unavailable("abi_amd64.go: no".into()), ..amd64() };
    let checks = abi_facts(arch("amd64"), V, Build::Opt, &facts);
    let why = "the toolchain's files cannot be understood: abi_amd64.go: no";
    assert_eq!(wrong(&checks), [("abi.float_registers", "unobserved", why)]);
    let facts = AbiFacts { always_on: Fact::NotRequested, ..amd64() };
    let checks = abi_facts(arch("amd64"), V, Build::Opt, &facts);
    assert_eq!(wrong(&checks), [("abi.register_abi_always_on", "unobserved", "the toolchain's files were not read")]);
}

#[test]
fn registers_are_called_as_the_compiler_calls_them() {
    for (ours, theirs) in [("RAX", "AX"), ("R8", "R8"), ("X0", "X0"), ("F1", "F1"), ("R", "R")] {
        assert_eq!(compilers_name(ours), theirs);
    }
}
