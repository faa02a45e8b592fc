//! Hostile case files, given to the real `goabi`: each is refused soon, with
//! its place and exit code 2, and without harm to the machine.
#![cfg(target_os = "linux")]

mod common;

use common::{Place, eventually};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

const GOOD: &str = r#"about: One small case.
cases:
  - name: one
    why: the least that there is
    func: "func(n int64) (m int64)"
    vectors: [{args: ['7'], returns: ['8']}]
"#;

/// What a process may take up while it reads a file: address space in KiB, far
/// above what it needs, and seconds of processor time.
const BOUNDS: &str = "ulimit -v 4000000; ulimit -t 60; exec \"$0\" \"$@\"";

/// `goabi check` under these bounds: its code and stderr.
fn check(place: &Place, file: &str) -> (Option<i32>, String) {
    let mut cmd = Command::new("sh");
    cmd.args(["-c", BOUNDS, env!("CARGO_BIN_EXE_goabi"), "check", file]).current_dir(place.dir.path());
    let out = cmd.stdin(Stdio::null()).output().unwrap();
    (out.status.code(), String::from_utf8_lossy(&out.stderr).into_owned())
}

#[track_caller]
fn refused(place: &Place, file: &str, said: &[&str]) -> String {
    let (code, stderr) = check(place, file);
    assert_eq!(code, Some(2), "{file}: {stderr}");
    for s in said {
        assert!(stderr.contains(s), "{file}: nothing of {s:?} in {stderr}");
    }
    assert!(!stderr.contains("panicked") && !stderr.contains('\x1b'), "{file}: {stderr}");
    assert!(stderr.len() < 100_000, "{file}: {} bytes", stderr.len());
    stderr
}

/// A file below `s/t` with that text, refused with all of that.
#[track_caller]
fn text(name: &str, bytes: &[u8], said: &[&str]) -> String {
    let place = Place::new();
    place.write("s/t/x", "");
    let file = format!("s/t/{name}.yaml");
    fs::write(place.path(&file), bytes).unwrap();
    let at = format!("{file}:");
    refused(&place, &file, &[said, &[at.as_str()]].concat())
}

#[test]
fn what_is_no_text_is_told_with_its_place() {
    text("empty", b"", &["empty.yaml:1:1", "a case file", "about"]);
    text("comments", b"# nothing\n", &["a case file"]);
    text(
        "latin",
        &[b"about: x\ncases: caf", &[0xe9][..], b"\n"].concat(),
        &["latin.yaml:2:11", "not UTF-8", "save it in UTF-8"],
    );
    let wide: Vec<u8> = std::iter::once(0xfeff).chain(GOOD.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    text("utf16", &wide, &["utf16.yaml:1:1", "not UTF-8"]);
    let garbage: Vec<u8> = (0..5000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    text("garbage", &garbage, &["not UTF-8"]);
    text("zeros", &[0; 5000], &["zeros.yaml:1:1", "YAML"]);
    text("nul", GOOD.replace("small", "sm\0all").as_bytes(), &["nul.yaml:1:14", "unexpected character"]);
    text("escape", GOOD.replace("why:", "\"\\e[31mwhy\":").as_bytes(), &["escape.yaml:4:5", "unknown key"]);
    text("tabs", GOOD.replace("    why", "\twhy").as_bytes(), &["tabs.yaml:3:", "a tab", "indent with spaces"]);
    text(
        "twice",
        GOOD.replace("    why: ", "    why: a\n    why: ").as_bytes(),
        &["twice.yaml:5:5", "duplicate", "why"],
    );
    text("two", format!("{GOOD}---\n{GOOD}").as_bytes(), &["two.yaml:8:1", "second document"]);
    // What editors leave behind is no mistake.
    let place = Place::new();
    place.write("s/t/bom.yaml", &format!("\u{feff}{GOOD}"));
    place.write("s/t/crlf.yaml", &GOOD.replace('\n', "\r\n"));
    place.goabi(&["check", "s"]).passed();
}

#[test]
fn bombs_and_towers_are_refused() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for i in 1..12 {
        bomb += &format!("a{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 9].join(", "));
    }
    text("bomb", format!("{bomb}{GOOD}").as_bytes(), &["bomb.yaml:", "aliases followed, the file is too large"]);
    text("itself", b"about: x\ncases: &c [*c]\n", &["itself.yaml:2:12", "an alias stands within"]);
    text("nowhere", b"about: x\ncases: *c\n", &["nowhere.yaml:2:8", "unknown anchor"]);
    for (name, tower) in [("lists", "[".repeat(200_000)), ("maps", "{a: ".repeat(10_000))] {
        text(name, format!("about: x\ncases: {tower}\n").as_bytes(), &[":2:", "nested too deeply"]);
    }
    let stairs: String = (0..2000).map(|i| format!("{}- a:\n", " ".repeat(2 * i))).collect();
    text("stairs", format!("about: x\ncases:\n{stairs}").as_bytes(), &["nested too deeply"]);
    // Go within YAML, ten thousand levels and more.
    for (name, arg) in [
        ("parens", format!("{}7{}", "(".repeat(10_000), ")".repeat(10_000))),
        ("calls", format!("{}7{}", "int64(".repeat(10_000), ")".repeat(10_000))),
        ("sum", format!("1{}", " + 1".repeat(50_000))),
    ] {
        let deep = GOOD.replace("'7'", &format!("'{arg}'"));
        text(name, deep.as_bytes(), &[".yaml:6:", "nested too deeply"]);
    }
    let deep = GOOD.replace("n int64", &format!("n {}int64", "[]".repeat(10_000)));
    text("types", deep.as_bytes(), &["types.yaml:5:", "nested too deeply"]);
    let body = format!("    body: \"{}{} return n\"\n    vectors", "{".repeat(10_000), "}".repeat(10_000));
    text("body", GOOD.replace("    vectors", &body).as_bytes(), &["body.yaml:6:", "nested too deeply"]);
    let huge = GOOD.replace("n int64", "n [1 << 20][1 << 20]byte").replace("'7'", "'[1 << 20][1 << 20]byte{}'");
    text("huge", huge.as_bytes(), &["huge.yaml:5:", "too large"]);
    let long = GOOD.replace("n int64", &format!("n {}", "y".repeat(1_000_000)));
    let said = text("line", long.as_bytes(), &["line.yaml:5:", "type `yyyy"]);
    assert!(said.len() < 10_000, "{} bytes", said.len());
}

#[test]
fn a_file_of_a_hundred_megabytes_is_refused_unread() {
    let place = Place::new();
    let file = place.write("s/t/large.yaml", GOOD);
    // With a hole: it takes no room on the disk.
    fs::File::options().write(true).open(&file).unwrap().set_len(100 << 20).unwrap();
    let said = ["s/t/large.yaml:1:1", "the file has 104857600 bytes", "at most 8388608 are read", "split it"];
    refused(&place, "s/t/large.yaml", &said);
    refused(&place, "s", &said);
    // Just allowed: read, and found wanting.
    fs::write(&file, format!("about: {}\ncases: []\n", "x".repeat(8_000_000))).unwrap();
    refused(&place, "s", &["large.yaml:1:1", "has no cases"]);
}

#[test]
fn a_thousand_mistakes_are_counted_and_the_first_fifty_shown() {
    let place = Place::new();
    let case = |i: usize| {
        format!(
            "  - name: c{i}\n    why: y\n    func: 'func(n int64) (m in64)'\n    vectors: [{{args: ['7'], returns: ['8']}}]\n"
        )
    };
    let cases: String = (0..1000).map(case).collect();
    place.write("s/t/many.yaml", &format!("about: x\ncases:\n{cases}"));
    let said = refused(
        &place,
        "s",
        &["many.yaml:5:29: type `in64` is not declared", "1000 mistakes", "the first 50 are shown, 950 more"],
    );
    assert_eq!(said.matches(": type `in64` is not declared\n").count(), 50);
}

#[test]
fn what_is_no_regular_file_is_told() {
    let place = Place::new();
    let dir = place.write("s/t/good.yaml", GOOD);
    let dir = dir.parent().unwrap();
    // Around in circles, and to itself.
    symlink("..", dir.join("up")).unwrap();
    symlink("../..", dir.join("upper")).unwrap();
    place.goabi(&["check", "s"]).passed();
    symlink("loop.yaml", dir.join("loop.yaml")).unwrap();
    refused(&place, "s", &["loop.yaml:1:1", "cannot be read", "symbolic links"]);
    fs::remove_file(dir.join("loop.yaml")).unwrap();
    // Whoever opens a pipe waits for its writer.
    assert!(Command::new("mkfifo").arg(dir.join("pipe.yaml")).status().unwrap().success());
    refused(&place, "s", &["pipe.yaml:1:1", "a pipe, socket or device"]);
    refused(&place, "s/t/pipe.yaml", &["pipe.yaml:1:1", "a pipe, socket or device"]);
    fs::remove_file(dir.join("pipe.yaml")).unwrap();
    symlink("/dev/zero", dir.join("zero.yaml")).unwrap();
    refused(&place, "s", &["zero.yaml:1:1", "a pipe, socket or device"]);
    fs::remove_file(dir.join("zero.yaml")).unwrap();
    symlink("gone", dir.join("dangling.yaml")).unwrap();
    refused(&place, "s", &["dangling.yaml:1:1", "No such file"]);
    fs::remove_file(dir.join("dangling.yaml")).unwrap();
    // A folder may be called so; it is looked into.
    fs::create_dir(dir.join("folder.yaml")).unwrap();
    place.goabi(&["check", "s"]).passed();
    refused(&place, "s/t/folder.yaml", &["no case files at s/t/folder.yaml"]);
    unreadable(&place, &dir.join("secret.yaml"));
}

fn unreadable(place: &Place, file: &Path) {
    fs::write(file, GOOD).unwrap();
    fs::set_permissions(file, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(file).is_ok() {
        eprintln!("skipped: who may read everything (root) finds no file unreadable");
        return;
    }
    refused(place, "s", &["secret.yaml:1:1", "cannot be read", "denied"]);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let place = Place::new();
    let one = GOOD.split_once("cases:\n").unwrap().1;
    let cases: String = (0..2000).map(|i| one.replace("name: one", &format!("name: c{i}"))).collect();
    place.write("s/t/many.yaml", &format!("about: x\ncases:\n{cases}"));
    let args = ["list", "--cases", "s", "--go", "1.27.3"];
    let mut child = place.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let status = eventually("goabi to end", || child.try_wait().unwrap());
    assert_eq!(status.code(), Some(0));
}
