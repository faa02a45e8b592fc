//! Generated assembly, as committed snapshots: one signature on every port.

use goabi_cases::arch::Arch;
use goabi_cases::load::load_text;
use goabi_cases::mistake::Source;
use goabi_cases::version::GoVersion;
use goabi_generators::call::{Port, by_id};
use goabi_generators::program::{Selected, generate};
use std::path::Path;

const FILE: &str = r#"
about: One function with words of all sizes.
cases:
  - name: mixed
    why: bytes, half words, words, double words and floats, with padding
    func: "func(b bool, i int16, x int64, f float64, c complex64, s string) (u uint8, e error, d complex128)"
    vectors:
      - args: ['true', '-1', '2', '2.5', '1i', '"s"']
        returns: ['7', 'nil', '1-1i']
  - name: wide
    why: wider than an ABI wrapper may be
    func: "func(a [100]uint64)"
    vectors:
      - args: ['[100]uint64{}']
        returns: []
  - name: long
    why: more parts than are copied one by one
    func: "func(a [257]int8)"
    vectors:
      - args: ['[257]int8{}']
        returns: []
  - name: panics
    why: what assembly does not do
    func: "func(n int) int"
    vectors:
      - args: ['1']
        panics: { value: '"x"', recovered_by: caller }
        wants: { recovered: '"x"' }
  - name: body
    why: a body of its own
    func: "func(n int) int"
    body: return n
    vectors:
      - args: ['1']
        returns: ['1']
"#;

const KINDS: [&str; 2] = ["assembly_caller", "assembly_callee"];

fn with<T>(then: impl FnOnce(&goabi_cases::case::CaseFile) -> T) -> T {
    let (file, mistakes) = load_text(&Source::new(Path::new("topic/file.yaml"), FILE), &["direct"]);
    assert!(mistakes.is_empty(), "{mistakes:?}");
    then(&file.unwrap())
}

fn port(arch: &'static Arch) -> Port {
    Port { arch, version: GoVersion::new(1, 27, 3), takes: false, profiled: false }
}

#[test]
fn assembly_is_as_committed_on_every_port() {
    with(|file| {
        for arch in Arch::all() {
            let calls = KINDS.map(|k| by_id(k).unwrap()).to_vec();
            let p = generate(&[Selected { file, case: &file.cases[0], calls }], port(arch));
            let text = &p.files["c/topic-file/c_mixed_assembly_case.s"];
            insta::assert_snapshot!(format!("assembly_{}", arch.goarch), text);
        }
    });
}

#[test]
fn what_cannot_be_written_is_said() {
    let refused = |goarch: &str, case: &str, kind: &str| {
        with(|file| {
            let case = file.cases.iter().find(|c| c.id.name == case).unwrap();
            by_id(kind).unwrap().applies(case, &port(Arch::get(goarch).unwrap())).err().unwrap_or_default()
        })
    };
    for kind in KINDS {
        assert_eq!(refused("arm64", "mixed", kind), "");
        assert!(refused("arm64", "wide", kind).contains("800 bytes"));
        // Without a register ABI there are no ABI wrappers.
        assert_eq!(refused("mips64", "wide", kind), "");
        assert!(refused("mips64", "long", kind).contains("[257]int8 has more than 256 parts"));
    }
    for (case, why) in [("panics", "does not panic"), ("body", "a body in Go")] {
        assert_eq!(refused("amd64", case, "assembly_caller"), "");
        assert!(refused("amd64", case, "assembly_callee").contains(why));
        assert!(refused("amd64", case, "defer_late+assembly_callee").contains(why));
    }
    assert!(by_id("assembly_callee+direct").is_none());
}
