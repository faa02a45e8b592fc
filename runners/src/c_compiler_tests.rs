use super::*;
use crate::cancel::Cancel;
use crate::process::Limits;
use crate::provision::HostEnv;
use std::os::unix::fs::PermissionsExt;

struct Fixture {
    dir: tempfile::TempDir,
    p: Provision,
}

fn fixture() -> Fixture {
    let dir = tempfile::tempdir().unwrap();
    let bin = dir.path().join("bin");
    fs::create_dir(&bin).unwrap();
    for tool in ["sh", "mkdir", "cp", "chmod"] {
        std::os::unix::fs::symlink(which::which(tool).unwrap(), bin.join(tool)).unwrap();
    }
    let cache = CacheDirs::open(dir.path().join("cache")).unwrap();
    let env = HostEnv { path: bin.into_os_string(), tip: None };
    let p = Provision { cache, offline: false, cancel: Cancel::new(), ask: Limits::ASK, say: Box::new(|_| {}), env };
    Fixture { dir, p }
}

impl Fixture {
    fn script(&self, path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn on_path(&self, name: &str, says: &str) {
        self.script(&self.dir.path().join("bin").join(name), says);
    }

    fn found(&self, target: &CTarget<'_>) -> Vec<String> {
        self.p.c_compilers(target).unwrap().into_iter().map(|c| c.version).collect()
    }

    /// A pip that brings a Zig, and notes that it was called.
    fn pip(&self) {
        let calls = self.dir.path().join("calls").display().to_string();
        let wheel = self.dir.path().join("wheel");
        self.script(&wheel.join("ziglang/zig"), "echo 0.99.0");
        self.on_path(
            "python3",
            &format!(
                "echo \"$*\" >> {calls}\nwhile [ $# -gt 1 ]; do [ \"$1\" = --target ] && target=$2; shift; done\n\
                 mkdir -p $target; cp -R {}/ziglang $target/",
                wheel.display()
            ),
        );
    }

    fn pip_calls(&self) -> usize {
        fs::read_to_string(self.dir.path().join("calls")).unwrap_or_default().lines().count()
    }
}

const PORT: CTarget<'static> = CTarget { goarch: "port", gnu: Some("port-linux-gnu"), zig: Some("port-linux-musl") };

#[test]
fn the_ports_own_compiler_comes_before_zig_and_only_the_host_has_plain_names() {
    let f = fixture();
    assert!(f.found(&PORT).is_empty());
    f.on_path("gcc", "echo 'gcc 1'; echo more");
    f.on_path("clang", "echo clang 1");
    f.on_path("zig", "echo 0.1");
    assert_eq!(f.found(&PORT), ["zig 0.1"]);
    f.on_path("port-linux-gnu-gcc", "echo port-gcc 1");
    assert_eq!(f.found(&PORT), ["port-gcc 1", "zig 0.1"]);
    assert_eq!(
        f.found(&CTarget { goarch: host::goarch().unwrap(), ..PORT }),
        ["gcc 1", "clang 1", "port-gcc 1", "zig 0.1"]
    );
    assert!(f.found(&CTarget { goarch: "port", gnu: None, zig: None }).is_empty());
    // What cannot even say what it is is passed over.
    f.on_path("port-linux-gnu-gcc", "exit 1");
    assert_eq!(f.found(&PORT), ["zig 0.1"]);
}

#[test]
fn zig_is_fetched_once_and_not_without_leave() {
    let f = fixture();
    let error = f.p.zig().unwrap_err();
    assert!(error.to_string().contains("there is no python3"), "{error}");
    assert!(error.help().unwrap().contains("gcc-aarch64-linux-gnu"));
    f.pip();
    let first = f.p.zig().unwrap();
    assert_eq!((f.p.zig().unwrap(), f.pip_calls()), (first.clone(), 1));
    assert!(first.starts_with(f.p.cache.compilers()));
    let c = f.p.c_compilers(&PORT).unwrap().remove(0);
    assert_eq!(c.command(), format!("{} cc -target port-linux-musl", first.display()));
    let cache = f.p.cache.zig_cache().display().to_string();
    assert!(c.env.iter().all(|(name, value)| name.starts_with("ZIG_") && *value == cache) && c.env.len() == 2);
    fs::remove_file(&first).unwrap();
    let offline = Provision { offline: true, ..f.p };
    assert!(matches!(offline.zig(), Err(RunnerError::Offline { .. })));
}

#[test]
fn a_compiler_that_was_changed_is_another() {
    let f = fixture();
    let of = || f.p.c_compilers(&PORT).unwrap().remove(0).fingerprint;
    f.on_path("port-linux-gnu-gcc", "echo gcc 1");
    let first = of();
    assert_eq!(first, of());
    f.on_path("port-linux-gnu-gcc", "echo gcc 1 # built anew");
    assert_ne!(first, of());
}

#[test]
fn the_go_command_gets_a_path_with_blanks_as_one_word() {
    let c = |path: &str| CCompiler {
        goarch: String::new(),
        path: PathBuf::from(path),
        args: vec!["cc".into()],
        version: String::new(),
        fingerprint: String::new(),
        env: vec![],
    };
    assert_eq!(c("/a/gcc").command(), "/a/gcc cc");
    assert_eq!(c("/a b/gcc").command(), "'/a b/gcc' cc");
    assert_eq!(c("/a'b/gcc").command(), "\"/a'b/gcc\" cc");
}
