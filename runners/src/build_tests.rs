use super::*;
use crate::toolchain::Origin;
use goabi_cases::version::GoVersion;
use std::os::unix::fs::PermissionsExt;
use std::sync::Barrier;

struct Fixture {
    dir: tempfile::TempDir,
    cache: CacheDirs,
    toolchain: Toolchain,
    target: Target,
    sources: Sources,
    limits: Limits,
}

/// A toolchain whose go command is this script, with `$out` being the file
/// that it is to write. It counts its calls.
fn fixture(script: &str) -> Fixture {
    let dir = tempfile::tempdir().unwrap();
    let goroot = dir.path().join("goroot");
    std::fs::create_dir_all(goroot.join("bin")).unwrap();
    let head = format!(
        "#!/bin/sh\necho call >> {}\nwhile [ $# -gt 0 ]; do [ \"$1\" = -o ] && out=$2; shift; done\n",
        dir.path().join("calls").display()
    );
    std::fs::write(goroot.join("bin/go"), head + script + "\n").unwrap();
    std::fs::set_permissions(goroot.join("bin/go"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let files = [("go.mod", "module goabi.test // x\n\ngo 1.21\n"), ("main.go", "package main\n"), ("p/p.go", "x")];
    let files = files.iter().map(|(n, t)| ((*n).to_string(), (*t).to_string())).collect();
    let toolchain = Toolchain {
        label: "go1.27.3".into(),
        version: GoVersion::new(1, 27, 3),
        version_text: "go1.27.3".into(),
        goroot,
        fingerprint: "f".repeat(64),
        origin: Origin::Goroot,
    };
    let cache = CacheDirs::open(dir.path().join("cache")).unwrap();
    let limits = Limits { time: Duration::from_secs(60), ..Limits::BUILD };
    Fixture { dir, cache, toolchain, target: Target { goarch: "arm64".into() }, sources: Sources { files }, limits }
}

const GOOD: &str = r#"printf '\177ELF rest' > "$out"; chmod +x "$out""#;

impl Fixture {
    fn spec(&self) -> BuildSpec<'_> {
        BuildSpec {
            toolchain: &self.toolchain,
            target: &self.target,
            build: Build::Opt,
            stress: goabi_cases::stress::Stress::NONE,
            sources: &self.sources,
            extra_env: &[],
            c: None,
            limits: self.limits,
        }
    }

    fn build(&self) -> Result<Built> {
        build(&self.cache, &self.spec(), &Cancel::new())
    }

    fn artifact(&self) -> Artifact {
        match self.build().unwrap() {
            Built::Artifact(artifact) => artifact,
            other => panic!("{other:?}"),
        }
    }

    fn calls(&self) -> usize {
        std::fs::read_to_string(self.dir.path().join("calls")).unwrap_or_default().lines().count()
    }
}

#[test]
fn a_second_build_comes_from_the_cache() {
    let f = fixture(GOOD);
    let (first, second) = (f.artifact(), f.artifact());
    assert_eq!((first.cached, second.cached, f.calls()), (false, true, 1));
    assert_eq!((&first.path, &first.digest), (&second.path, &second.digest));
    assert_eq!(first.digest, sha256_file(&first.path).unwrap().0);
}

#[test]
fn all_that_counts_is_in_the_key() {
    let mut f = fixture(GOOD);
    let mut keys = std::collections::BTreeSet::new();
    let mut note = |f: &Fixture, build: Build, env: &[(String, String)]| {
        let spec = BuildSpec { build, extra_env: env, ..f.spec() };
        assert!(keys.insert(key(&spec, &flags(&spec))));
    };
    note(&f, Build::Opt, &[]);
    note(&f, Build::Noopt, &[]);
    note(&f, Build::Opt, &[("GOEXPERIMENT".into(), "noregabi".into())]);
    f.target.goarch = "amd64".into();
    note(&f, Build::Opt, &[]);
    f.toolchain.fingerprint = "e".repeat(64);
    note(&f, Build::Opt, &[]);
    let c = |fingerprint: &str, path: &str| crate::c_compiler::CCompiler {
        goarch: "amd64".into(),
        path: path.into(),
        args: vec![],
        version: String::new(),
        fingerprint: fingerprint.into(),
        env: vec![],
    };
    let mut with_c = std::collections::BTreeSet::new();
    for c in [c("1", "/gcc"), c("2", "/gcc"), c("1", "/other")] {
        let spec = BuildSpec { c: Some(&c), ..f.spec() };
        assert!(flags(&spec).iter().any(|f| f.ends_with("-extldflags=-static")));
        assert!(with_c.insert(key(&spec, &flags(&spec))));
    }
    f.sources.files.insert("p/p.go".into(), "y".into());
    note(&f, Build::Opt, &[]);
}

#[test]
fn a_damaged_entry_is_built_again() {
    let f = fixture(GOOD);
    let path = f.artifact().path;
    let manifest = path.with_file_name("manifest");
    let damages: [&dyn Fn(); 6] = [
        &|| std::fs::write(&path, b"\x7fELF rexx").unwrap(),
        &|| std::fs::write(&path, b"\x7fELF").unwrap(),
        &|| std::fs::remove_file(&path).unwrap(),
        &|| std::fs::write(&manifest, "rubbish").unwrap(),
        &|| {
            let text = std::fs::read_to_string(&manifest).unwrap();
            std::fs::write(&manifest, text.replace("built_in", "built_on")).unwrap();
        },
        &|| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap(),
    ];
    for (i, damage) in damages.iter().enumerate() {
        damage();
        let again = f.artifact();
        assert_eq!((again.cached, f.calls()), (false, i + 2), "damage {i}");
        assert!(f.artifact().cached);
    }
}

#[test]
fn two_at_once_build_once() {
    let f = fixture(&format!("sleep 0.3; {GOOD}"));
    // Another process's view of the same cache.
    let other = CacheDirs::open(f.cache.root()).unwrap();
    let barrier = Barrier::new(2);
    let run = |cache: &CacheDirs| {
        barrier.wait();
        build(cache, &f.spec(), &Cancel::new()).unwrap()
    };
    let (a, b) = std::thread::scope(|s| {
        let a = s.spawn(|| run(&f.cache));
        let b = s.spawn(|| run(&other));
        (a.join().unwrap(), b.join().unwrap())
    });
    let cached = |b: &Built| matches!(b, Built::Artifact(a) if a.cached);
    assert!(cached(&a) != cached(&b) && f.calls() == 1, "{a:?} {b:?}");
}

#[test]
fn mistakes_in_the_sources_are_rejections_and_remembered() {
    let f = fixture("echo '# goabi.test/p' >&2; echo 'p/p.go:1:2: undefined: x' >&2; exit 1");
    for _ in 0..2 {
        let Built::Rejected { diagnostics, output } = f.build().unwrap() else { panic!() };
        assert_eq!((diagnostics[0].file.as_str(), diagnostics[0].column), ("p/p.go", 2));
        assert!(output.contains("# goabi.test/p"));
    }
    assert_eq!(f.calls(), 1);
}

#[test]
fn a_broken_go_is_never_a_rejection() {
    let of = |script: &str| fixture(script).build().unwrap_err();
    let garbage = of("echo '# goabi.test/p'; echo '%$!/x.go:1:1: \\0 garbage'; exit 1");
    assert!(matches!(&garbage, RunnerError::GoTool { packages, .. } if packages == &["goabi.test/p"]), "{garbage}");
    let killed = of("echo 'main.go:1:1: x' >&2; kill -9 $$");
    assert!(matches!(killed, RunnerError::GoTool { .. }), "{killed}");
    assert!(matches!(of("exit 0"), RunnerError::NoOutput { .. }));
    assert!(matches!(of("echo text > \"$out\""), RunnerError::NotAnElf { .. }));
    let full = of("echo 'main.go:1:1: write x: no space left on device' >&2; exit 1");
    assert!(matches!(full, RunnerError::DiskFull { .. }) && full.help().is_some());
    let mut f = fixture("echo '# goabi.test/p'; exec sleep 1000");
    f.limits.time = Duration::from_millis(300);
    assert!(matches!(f.build(), Err(RunnerError::GoStopped { stop: Stop::Time, .. })));
    let mut f = fixture("while :; do echo 'main.go:1:1: x'; done");
    f.limits.output = 1 << 20;
    assert!(matches!(f.build(), Err(RunnerError::GoStopped { stop: Stop::Output, .. })));
    // And nothing of it stays.
    assert!(matches!(f.build(), Err(RunnerError::GoStopped { .. })));
    std::fs::remove_file(f.toolchain.go()).unwrap();
    assert!(matches!(f.build(), Err(RunnerError::Spawn { .. })));
}

#[test]
fn the_environment_is_ours_alone() {
    let f = fixture(&format!(
        "env > \"$out.env\"; pwd >> \"$out.env\"; ls >> \"$out.env\"; cat \"$out.env\" >&2; {GOOD}; exit 1"
    ));
    let RunnerError::GoTool { output, .. } = f.build().unwrap_err() else { panic!() };
    let has = |line: &str| output.lines().any(|l| l == line);
    for line in ["GOARCH=arm64", "GOOS=linux", "GOTOOLCHAIN=local", "GOFLAGS=", "CGO_ENABLED=0", "go.mod", "p"] {
        assert!(has(line), "{line} in {output}");
    }
    assert!(!output.contains("CARGO"), "{output}");
}

#[test]
fn flags_reach_the_own_packages_only() {
    let f = fixture(GOOD);
    let own = |build| flags(&BuildSpec { build, ..f.spec() }).split_off(2);
    assert_eq!(own(Build::Opt), ["-gcflags=goabi.test/...=-e"]);
    assert_eq!(own(Build::Noopt), ["-gcflags=all=-N -l", "-gcflags=goabi.test/...=-N -l -e"]);
}

#[test]
fn sources_stay_in_their_folder() {
    for path in ["../x.go", "/x.go", "a/../x.go", "", "./x.go"] {
        let mut f = fixture(GOOD);
        f.sources.files.insert(path.into(), String::new());
        let outcome = f.build();
        let inside = path == "./x.go";
        assert!(inside || matches!(outcome, Err(RunnerError::BadSourcePath { .. })), "{path:?}");
    }
}
