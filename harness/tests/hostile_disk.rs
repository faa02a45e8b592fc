//! Hostile disks, under the real `goabi`: full, not writable, with things in
//! the way, without a home, with names that need care, with a cache that
//! another version wrote. What was judged is said all the same.
#![cfg(target_os = "linux")]

mod common;

use common::{Done, Place, Running, cell, eventually, fixtures, host, toolchain};
use goabi_reports::outcome::Outcome;
use goabi_reports::record::ProblemKind;
use sha2::{Digest, Sha256};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const CASES: &str = r#"about: A right case and a wrong one.
cases:
  - name: right
    why: it passes
    func: "func(n int64) (m int64)"
    vectors: [{args: ['7'], returns: ['8']}]
  - name: wrong
    why: it does not
    func: "func(n int64) (m int64)"
    body: return n
    vectors: [{args: ['7'], returns: ['8']}]
"#;

fn with_cases() -> Place {
    let place = Place::without_artifacts();
    place.write("suite/small/two.yaml", CASES);
    place
}

/// The arguments of a run of one of the two cases, or of both.
fn args<'a>(selectors: &[&'a str]) -> Vec<&'a str> {
    let fixed = ["run", "--quiet", "--cases", "suite", "--target", host(), "--call", "direct", "--build", "opt"];
    [&fixed[..], &["--out", "out"], selectors].concat()
}

const RIGHT: &str = "small/two/right";

#[test]
fn without_any_home_the_cache_s_place_is_asked_for() {
    let place = with_cases();
    for command in [&args(&[])[..], &["doctor"], &["cache", "size"], &["setup"]] {
        let mut cmd = place.command(command);
        let done = Done::of(cmd.env_remove("HOME").env_remove("XDG_CACHE_HOME").env_remove("GOABI_CACHE"));
        done.failed(3, &["no place for the cache", "set GOABI_CACHE to a folder"]);
    }
    // With one, no home is needed.
    Done::of(place.command(&args(&[RIGHT])).env_remove("HOME").env_remove("XDG_CACHE_HOME")).passed();
}

#[test]
fn what_is_in_the_way_of_cache_or_reports_is_named() {
    let mut place = with_cases();
    let sound = place.cache.clone();
    place.write("file", "");
    for cache in ["file", "file/below", "/proc/nowhere", "/dev/null"] {
        place.cache = Some(cache.into());
        place.goabi(&args(&[])).failed(3, &["cannot create", cache, "GOABI_CACHE"]);
    }
    place.cache = Some(place.path("line\nbreak"));
    place.goabi(&args(&[])).failed(3, &["line break", "GOABI_CACHE"]);
    // A part of it is no folder.
    place.cache = Some(place.path("half"));
    place.write("half/artifacts", "");
    place.goabi(&args(&[])).failed(3, &["half/artifacts", "GOABI_CACHE"]);
    place.cache = sound;
    let out = |out: &str| {
        let mut all = args(&[RIGHT]);
        let at = all.iter().position(|a| *a == "out").unwrap();
        all[at] = out;
        place.goabi(&all.iter().map(|a| &**a).collect::<Vec<_>>())
    };
    out("file").failed(3, &["cannot write file", "--out"]);
    out("file/below").failed(3, &["cannot write file/below", "--out"]);
    out("/proc/nowhere").failed(3, &["cannot write /proc/nowhere", "--out"]);
    fs::create_dir_all(place.path("taken/junit.xml")).unwrap();
    out("taken").failed(3, &["taken/junit.xml is a folder", "--out"]);
    // The programs' own folder.
    let done = Done::of(place.command(&args(&[RIGHT])).env("TMPDIR", place.path("gone")));
    done.failed(3, &["gone", "TMPDIR"]);
}

#[test]
fn what_may_not_be_written_is_named() {
    let mut place = with_cases();
    let locked = |place: &Place, name: &str| {
        let dir = place.path(name);
        fs::create_dir_all(&dir).unwrap();
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o555)).unwrap();
        fs::write(dir.join("probe"), "").is_err().then_some(dir)
    };
    let (Some(cache), Some(_)) = (locked(&place, "locked"), locked(&place, "reports")) else {
        eprintln!("skipped: who may write everywhere (root) finds no folder read-only");
        return;
    };
    let mut elsewhere = args(&[RIGHT]);
    let at = elsewhere.iter().position(|a| *a == "out").unwrap();
    elsewhere[at] = "reports";
    place.goabi(&elsewhere).failed(3, &["cannot write reports", "denied", "--out"]);
    place.cache = Some(cache);
    place.goabi(&args(&[])).failed(3, &["locked", "denied", "GOABI_CACHE"]);
}

/// Runs a shell script where `$DISK` is a small file system of its own, if that
/// can be had here. It is gone with the script.
fn on_a_small_disk(place: &Place, size: &str, script: &str) -> Option<Done> {
    let disk = place.path("disk");
    fs::create_dir_all(&disk).unwrap();
    let mount = |flags: &str, then: &str| {
        let all = format!("mount -t tmpfs -o size={size} tmpfs \"$DISK\" || exit 99\n{then}");
        let mut cmd = place.command(&[]);
        let mut outer = Command::new("unshare");
        outer.args([flags, "sh", "-c", &all]).current_dir(place.dir.path()).stdin(Stdio::null());
        outer.envs(cmd.env("DISK", &disk).get_envs().filter_map(|(k, v)| Some((k, v?))));
        outer.env("GOABI", env!("CARGO_BIN_EXE_goabi")).env("RUN", args(&[]).join(" "));
        outer.output().ok()
    };
    let works = |flags: &&str| mount(flags, "exit 0").is_some_and(|o| o.status.success());
    let Some(flags) = ["-m", "-rm"].into_iter().find(works) else {
        eprintln!("skipped: no file system can be mounted here (that takes root, or a user namespace)");
        return None;
    };
    let out = mount(flags, script).unwrap();
    let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
    Some(Done { code: out.status.code(), stdout: text(&out.stdout), stderr: text(&out.stderr) })
}

/// Fills the disk to the last byte.
const FILL: &str = "head -c 100M /dev/zero > \"$DISK/fill\" 2>/dev/null";

/// What a cache on the small disk needs of another.
fn move_cache() -> String {
    "mkdir \"$DISK/cache\"; for part in toolchains emulators gocache fingerprints; do ln -s \
     \"$(readlink \"$GOABI_CACHE/$part\")\" \"$DISK/cache/$part\"; done; export GOABI_CACHE=\"$DISK/cache\""
        .to_string()
}

#[test]
fn a_disk_that_fills_up_costs_nothing_that_was_judged() {
    let place = with_cases();
    // What was built before the disk was full is run and judged; the rest is told.
    let script = format!("{}; $GOABI $RUN > first; {FILL}; exec $GOABI $RUN --fresh --build noopt", move_cache());
    let Some(done) = on_a_small_disk(&place, "40m", &script) else { return };
    assert_eq!(done.code, Some(1), "{done:#?}");
    for said in ["no space left on the disk of ", "/disk/cache", "goabi cache clean", "GOABI_CACHE", "1 pass"] {
        assert!(done.stdout.contains(said), "nothing of {said:?} in {}", done.stdout);
    }
    let record = place.record();
    for c in &record.cells {
        let pass = c.cell.starts_with(RIGHT) && c.cell.contains("/opt/");
        assert_eq!(c.outcome == Outcome::Pass, pass, "{}", c.cell);
    }
    assert_eq!(record.cells.len(), 4);
    assert!(record.problems.iter().any(|p| p.kind == ProblemKind::Harness && p.cell.is_none()));
    place.is_clean();
    // With nothing judged wrong, the full disk is what there is to tell.
    let script = format!("{}; {FILL}; exec $GOABI $RUN {RIGHT}", move_cache());
    let done = on_a_small_disk(&place, "1m", &script).unwrap();
    assert_eq!(done.code, Some(3), "{done:#?}");
    assert!(done.stdout.contains("no space left on the disk of "), "{}", done.stdout);
}

#[test]
fn reports_that_do_not_fit_leave_the_summary() {
    let place = with_cases();
    let script = format!("{FILL}; exec $GOABI ${{RUN%out}}\"$DISK/out\" {RIGHT}");
    let Some(done) = on_a_small_disk(&place, "64k", &script) else { return };
    done.failed(3, &["cannot write ", "/disk/out/record.json: No space left", "/disk/out/junit.xml: No space left"]);
    assert!(done.stdout.contains("1 pass"), "{}", done.stdout);
    // A finding outranks it, and is told.
    let script = format!("{FILL}; exec $GOABI ${{RUN%out}}\"$DISK/out\"");
    let done = on_a_small_disk(&place, "64k", &script).unwrap();
    done.failed(1, &["/disk/out/record.json: No space left"]);
    assert!(done.stdout.contains("1 pass, 1 fail"), "{}", done.stdout);
    // And no room for what programs write.
    let script = format!("{FILL}; TMPDIR=\"$DISK\" exec $GOABI $RUN --fresh {RIGHT}");
    let done = on_a_small_disk(&place, "64k", &script).unwrap();
    done.failed(3, &["no space left on the disk of ", "/disk", "TMPDIR"]);
}

#[test]
fn a_stdout_that_takes_nothing_costs_no_report() {
    let place = with_cases();
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let out = place.command(&args(&[])).stdout(full).output().unwrap();
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.code() == Some(1) && said.contains("cannot write to stdout: No space left"), "{said}");
    assert_eq!((place.record().totals.pass, place.record().totals.fail), (1, 1));
    // Nobody reads.
    let mut child = place.command(&args(&[RIGHT])).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let status = eventually("goabi to end", || child.try_wait().unwrap());
    assert_eq!((status.code(), place.record().totals.pass), (Some(0), 1));
}

#[test]
fn names_may_hold_anything() {
    let mut place = with_cases();
    let odd = "a b'c\"d:e$(f)\\g\u{e9}\u{6f22}*?[h];&";
    let at = |name: &str| place.path(odd).join(name);
    for part in ["suite/small", "tmp", "out\nof"] {
        fs::create_dir_all(at(part)).unwrap();
    }
    fs::copy(place.path("suite/small/two.yaml"), at("suite/small/two.yaml")).unwrap();
    fs::rename(place.path("cache"), at("cache")).unwrap();
    let (suite, tmp, out) = (at("suite"), at("tmp"), at("out\nof"));
    place.cache = Some(at("cache"));
    let run = |more: &[&str]| {
        let mut cmd = place.command(&["run", "--quiet", "--target", host(), "--call", "direct", "--build", "opt"]);
        Done::of(cmd.arg("--cases").arg(&suite).arg("--out").arg(&out).env("TMPDIR", &tmp).args(more))
    };
    run(&[]).failed(1, &[]);
    assert_eq!(fs::read_dir(&tmp).unwrap().count(), 0);
    let record = goabi_reports::store::load(&out.join("record.json")).unwrap();
    assert_eq!((record.totals.pass, record.totals.fail), (1, 1), "{:#?}", record.problems);
    // The command that repeats the finding is one that a shell understands.
    let rerun = &record.findings.iter().find(|f| f.outcome.fails()).unwrap().finding.rerun;
    let rerun = rerun.strip_prefix("goabi ").unwrap();
    let mut cmd = Command::new("sh");
    cmd.args(["-c", &format!("\"$0\" {rerun} --quiet --out again"), env!("CARGO_BIN_EXE_goabi")]);
    cmd.env("GOABI_CACHE", place.cache.as_ref().unwrap()).current_dir(place.dir.path());
    Done::of(&mut cmd).failed(1, &[]);
    let again = goabi_reports::store::load(&place.path("again/record.json")).unwrap();
    assert_eq!((again.totals.pass, again.totals.fail), (0, 1));
    // A name that is no text at all.
    let name = std::ffi::OsStr::from_bytes(b"n\xff\xfe");
    fs::rename(&suite, place.path(odd).join(name)).unwrap();
    let mut cmd = place.command(&["run", "--quiet", "--target", host(), "--call", "direct", "--build", "opt", RIGHT]);
    Done::of(cmd.arg("--cases").arg(place.path(odd).join(name)).arg("--out").arg(place.path("t").join(name))).passed();
    assert!(place.path("t").join(name).join("record.json").exists());
}

fn hex(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|b| format!("{b:02x}")).collect()
}

/// All files below a folder that are no folders.
fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten().map(|e| e.path());
    entries.flat_map(|p| if p.is_dir() { files(&p) } else { vec![p] }).collect()
}

#[test]
fn a_cache_that_another_version_wrote_is_no_hindrance() {
    let place = with_cases();
    let cache = place.cache.clone().unwrap();
    fs::remove_file(cache.join("fingerprints")).unwrap();
    let run = || {
        let done = place.goabi(&args(&[RIGHT]));
        done.passed();
        place.record().reused
    };
    assert_eq!((run(), run()), (0, 1));
    // With the right digest of what is no entry of ours: of another format.
    let foreign = |text: &str| format!("{}\n{text}", hex(text));
    for text in [foreign("{\"Program\": {\"blake3\": \"0\"}}"), foreign("[1, 2"), "\0rubbish".into()] {
        for file in files(&cache.join("runs")).into_iter().chain(files(&cache.join("fingerprints"))) {
            fs::write(file, &text).unwrap();
        }
        assert_eq!(run(), 0, "{text:?}");
        let manifests = files(&cache.join("artifacts")).into_iter().filter(|f| f.ends_with("manifest"));
        manifests.for_each(|m| fs::write(m, &text).unwrap());
        run();
        assert_eq!(run(), 1, "{text:?}");
    }
    // And what this version knows nothing of.
    for stray in ["version", "index.db", "tmp/stray", "artifacts/stray", "runs/stray", "toolchains2/go1.9.9/bin/go"] {
        place.write(&format!("cache/{stray}"), "99");
    }
    fs::create_dir_all(cache.join("runs/zz/a/b")).unwrap();
    symlink("loop", cache.join("artifacts/loop")).unwrap();
    assert_eq!(run(), 1);
    assert_eq!(fs::read_to_string(cache.join("index.db")).unwrap(), "99");
    place.goabi(&["cache", "size"]).passed();
    place.is_clean();
}

#[test]
fn an_interrupted_run_keeps_what_was_judged() {
    let place = Place::without_artifacts();
    let more = ["--timeout", "100000", "--cases-per-program", "1", "hangs/forever/before", "hangs/forever/spin"];
    let args = place.run_args(&fixtures("hangs"), &more);
    // On one processor one program comes after the other.
    let mut cmd = Command::new("taskset");
    let goabi = place.command(&args.iter().map(String::as_str).collect::<Vec<_>>());
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let allowed = status.lines().find_map(|l| l.strip_prefix("Cpus_allowed_list:")).unwrap().trim();
    cmd.args(["-c", allowed.split([',', '-']).next().unwrap()])
        .arg(goabi.get_program())
        .args(goabi.get_args())
        .current_dir(place.dir.path());
    cmd.envs(goabi.get_envs().filter_map(|(k, v)| Some((k, v?)))).stdin(Stdio::null()).stdout(Stdio::piped());
    let Ok(child) = cmd.spawn() else {
        eprintln!("skipped: there is no taskset here");
        return;
    };
    let mut running = Running(child);
    let work = || fs::read_dir(place.tmp()).unwrap().flatten().any(|e| e.path().join("work/begun").exists());
    eventually("the second case to begin", || work().then_some(()));
    running.interrupt();
    assert_eq!(running.end(), Some(130));
    let record = place.record();
    assert!(record.interrupted);
    assert_eq!(cell(&record, "hangs/forever/before").outcome, Outcome::Pass);
    assert_eq!(record.cells.len(), 1);
    let mut said = String::new();
    std::io::Read::read_to_string(&mut running.0.stdout.take().unwrap(), &mut said).unwrap();
    assert!(said.contains("1 pass"), "{said}");
    place.is_clean();
    // The toolchain was asked, and its answer kept, as ever.
    toolchain();
}
