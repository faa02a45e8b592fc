//! `goabi step`: at each instruction that a sound program runs all ways of
//! unwinding agree with the machine, and each planted fault is found.
#![cfg(target_os = "linux")]

mod common;

use common::audited::built_of;
use common::planted::{plant_cfi, plant_depth, replaced};
use common::{Done, Place, toolchain};
use goabi::audit::{Class, Level};
use goabi::step::{Compared, FunctionReport, Report};
use std::path::{Path, PathBuf};

/// `Big` has a frame beyond 64 KiB, for which its stack must grow; `Small` a
/// small one, and it calls itself; `Defers` goes on in its end after a panic;
/// `Leaf` has none.
const PROGRAM: &str = r#"package main

//go:noinline
func Big(n int) int {
	var a [0x10010]byte
	fill(&a, n)
	return int(a[n])
}

//go:noinline
func fill(a *[0x10010]byte, n int) { a[n] = 7 }

//go:noinline
func Small(n int) int {
	if n == 0 {
		return Leaf(n)
	}
	return Small(n-1) + Leaf(n+1)
}

//go:noinline
func Leaf(n int) int { return n*3 + 1 }

//go:noinline
func Defers(n int) (r int) {
	defer func() {
		recover()
		r += Leaf(n)
	}()
	for i := 0; i < n; i++ {
		defer func() { r += i }()
	}
	Panics(n)
	return n
}

//go:noinline
func Panics(n int) {
	if n > 0 {
		panic("recovered")
	}
}

//go:noinline
func Never(n int) int { return Leaf(n) + 1 }

func main() {
	println(Small(3), Big(5), Defers(2))
	if Leaf(1) == 0 {
		println(Never(1))
	}
}
"#;

const HANGS: &str = "package main

func main() { spin() }

//go:noinline
func spin() {
	for {
	}
}
";

const LOOPS: &str = "package main

func main() { println(Loops(3000000), Loops(1)) }

//go:noinline
func Loops(n int) (sum int) {
	for i := 0; i < n; i++ {
		sum += i ^ sum
		if i == n-2 {
			sum = Leaf(sum)
		}
	}
	return Leaf(sum)
}

//go:noinline
func Leaf(n int) int { return n*3 + 1 }
";

const FUNCTIONS: [&str; 4] = ["main.Big", "main.Small", "main.Leaf", "main.Defers"];

/// The program, built for a port; its call frame information is not compressed.
fn built(goarch: &str) -> PathBuf {
    built_of(goarch, PROGRAM)
}

fn stepped(place: &Place, binary: &Path, functions: &[&str]) -> (Done, Vec<FunctionReport>) {
    let mut args = vec!["step", "--format", "json", binary.to_str().unwrap()];
    args.extend(functions);
    let done = place.goabi(&args);
    let report: Report = serde_json::from_str(&done.stdout).unwrap_or_else(|e| panic!("{e}: {done:?}"));
    assert_eq!(report.functions.iter().map(|f| &f.function).collect::<Vec<_>>(), functions);
    (done, report.functions)
}

/// Whether the toolchain has golang/go#73259 on that port.
fn has_73259(goarch: &str) -> bool {
    goarch == "arm64" && toolchain().1.version < "1.24.4".parse().unwrap()
}

/// Each instruction that ran was compared by each way that the port has.
fn all_compared(goarch: &str, f: &FunctionReport) {
    let linked = goarch == "arm64";
    let Compared { pcsp, runtime, cfi, frame_pointer } = f.compared;
    assert_eq!((pcsp, cfi, runtime), (f.ran, f.ran, if linked { f.ran } else { 0 }), "{f:#?}");
    assert!(f.ran > 0 && f.steps >= f.ran && f.ran <= f.instructions, "{f:#?}");
    let calls = f.function != "main.Leaf";
    assert_eq!(frame_pointer > 0, calls, "{f:#?}");
    // The prologue of what has a frame is unsafe, its body is not.
    assert!(f.preemptible > 0 && (f.preemptible < f.ran || !calls), "{f:#?}");
    assert_eq!(f.not_observed, None);
}

#[test]
fn a_sound_program_agrees_at_every_instruction() {
    for goarch in ["amd64", "arm64"] {
        let place = Place::new();
        let (done, functions) = stepped(&place, &built(goarch), &FUNCTIONS);
        let mut errors = Vec::new();
        for f in &functions {
            all_compared(goarch, f);
            errors.extend(f.findings.iter().filter(|f| f.level == Level::Error));
        }
        // Its frame does not fit: it was begun anew on a larger stack.
        assert!(functions[0].begun > 1, "{:#?}", functions[0]);
        // The activation that was watched is the outermost one, which calls each of
        // them once, whatever Small itself calls.
        for callee in ["main.Small", "main.Leaf"] {
            let calls: Vec<_> = functions[1].lines.iter().filter(|l| l.left_to.as_deref() == Some(callee)).collect();
            assert!(calls.len() == 1 && calls[0].stops == 1, "{calls:#?}");
        }
        let called = |f: &FunctionReport, name: &str| f.lines.iter().any(|l| l.left_to.as_deref() == Some(name));
        assert!(called(&functions[3], "runtime.deferreturn"), "{:#?}", functions[3]);
        if has_73259(goarch) {
            assert_eq!((done.code, errors.len()), (Some(1), 1), "{errors:#?}");
            assert_eq!(errors[0].issue.as_deref(), Some("golang/go#73259"));
        } else {
            assert_eq!((done.code, errors.len()), (Some(0), 0), "{errors:#?}");
        }
        place.is_clean();
    }
}

#[test]
fn a_wrong_depth_in_the_runtimes_table_is_found() {
    for goarch in ["amd64", "arm64"] {
        let place = Place::new();
        let mut bytes = std::fs::read(built(goarch)).unwrap();
        let row = plant_depth(&mut bytes, "main.Small");
        let path = program(&place, &bytes);
        let (done, functions) = stepped(&place, &path, &["main.Small"]);
        let found = &functions[0].findings;
        let wrong: Vec<_> = found.iter().filter(|f| f.level == Level::Error).collect();
        assert!(done.code == Some(1) && wrong.len() == 1, "{goarch}: {found:#?}");
        assert_eq!((wrong[0].class, wrong[0].oracle.as_str()), (Class::Pcsp, "unwind"));
        assert_eq!(wrong[0].issue, None);
        assert!(
            (row.from..row.to).contains(&wrong[0].place.address) && wrong[0].preemptible > 0,
            "{row:x?} {found:#?}"
        );
        // Each instruction of the row that ran, and no other.
        let f = &functions[0];
        let in_row = |offset: u32| (row.from..row.to).contains(&(f.address + u64::from(offset)));
        assert!(f.lines.iter().all(|l| l.here == in_row(l.offset)), "{row:x?} {f:#?}");
        assert!(f.lines.iter().filter(|l| l.here).count() > 3, "{f:#?}");
        let text = place.goabi(&["step", path.to_str().unwrap(), "main.Small"]);
        assert!(text.code == Some(1) && text.stdout.contains("error[pcsp]: the table has SP"));
        assert!(text.stdout.lines().any(|l| l.starts_with("  > ")), "{}", text.stdout);
    }
}

#[test]
fn a_wrong_row_of_call_frame_information_is_a_warning() {
    for goarch in ["amd64", "arm64"] {
        let place = Place::new();
        let mut bytes = std::fs::read(built(goarch)).unwrap();
        let (from, to) = plant_cfi(&mut bytes, "main.Small");
        let (done, functions) = stepped(&place, &program(&place, &bytes), &["main.Small"]);
        let found = &functions[0].findings;
        // The runtime does not read it.
        assert_eq!(done.code, Some(0), "{goarch}: {found:#?}");
        assert_eq!(found.len(), 1, "{goarch}: {found:#?}");
        assert_eq!((found[0].class, found[0].level), (Class::Cfi, Level::Warning));
        assert!((from..to).contains(&found[0].place.address), "{from:#x}..{to:#x} {found:#?}");
    }
}

/// What is done again and again runs by itself, and what is new in the midst of it,
/// or behind it, is seen.
#[test]
fn a_loop_runs_by_itself() {
    for goarch in ["amd64", "arm64"] {
        let place = Place::new();
        let binary = built_of(goarch, LOOPS);
        let done =
            place.goabi(&["step", "--limit", "1000", "--format", "json", binary.to_str().unwrap(), "main.Loops"]);
        let report: Report = serde_json::from_str(&done.stdout).unwrap_or_else(|e| panic!("{e}: {done:?}"));
        let f = &report.functions[0];
        assert_eq!((done.code, f.not_observed.as_deref(), f.findings.len()), (Some(0), None, 0), "{f:#?}");
        let calls: Vec<_> = f.lines.iter().filter(|l| l.left_to.as_deref() == Some("main.Leaf")).collect();
        assert!(calls.len() == 2 && calls.iter().all(|l| l.stops == 1), "{f:#?}");
        assert!(f.lines.iter().filter(|l| l.behind_call).count() >= 2, "{f:#?}");
    }
}

#[test]
fn a_frame_pointer_that_is_not_set_is_found_at_the_calls() {
    let place = Place::new();
    let mut bytes = std::fs::read(built("arm64")).unwrap();
    // SUB R29, RSP, #8 becomes a NOP: the caller's stays.
    replaced(&mut bytes, "main.Small", |w| w == 0xd100_23fd, |_| 0xd503_201f);
    let (done, functions) = stepped(&place, &program(&place, &bytes), &["main.Small"]);
    let found = &functions[0].findings;
    assert_eq!((done.code, found.len()), (Some(1), 1), "{found:#?}");
    assert_eq!((found[0].class, found[0].level), (Class::FramePointer, Level::Error));
    let here: Vec<_> = functions[0].lines.iter().filter(|l| l.here).collect();
    assert!(here.len() > 1 && here.iter().all(|l| l.left_to.is_some()), "{here:#?}");
}

#[test]
fn a_return_address_that_is_not_saved_is_found() {
    let place = Place::new();
    let mut bytes = std::fs::read(built("arm64")).unwrap();
    // STR X30, [SP, #-n]! saves X29: SP is where the table has it.
    replaced(&mut bytes, "main.Small", |w| w & 0xffe0_0fff == 0xf800_0ffe, |w| w - 1);
    let (done, functions) = stepped(&place, &program(&place, &bytes), &["main.Small"]);
    let errors = functions[0].findings.iter().filter(|f| f.level == Level::Error);
    // The chain of frame pointers leads to the same word.
    assert_eq!(errors.map(|f| f.class).collect::<Vec<_>>(), [Class::ReturnAddress, Class::FramePointer]);
    assert_eq!(done.code, Some(1));
    // The machine finds it no better, and the program does not survive that.
    let why = functions[0].not_observed.as_deref().unwrap_or_default();
    assert!(why.contains("lost before it returned: the program"), "{why}");
}

/// Another number in an instruction that has nothing to do with the frame.
#[test]
fn a_near_miss_is_not_flagged() {
    let place = Place::new();
    let mut bytes = std::fs::read(built("arm64")).unwrap();
    // ADD X0, X0, #1 for Leaf's argument.
    replaced(&mut bytes, "main.Small", |w| w & 0xffff_fc00 == 0x9100_0400, |w| w + (1 << 10));
    let (done, functions) = stepped(&place, &program(&place, &bytes), &["main.Small"]);
    all_compared("arm64", &functions[0]);
    assert_eq!((done.code, functions[0].findings.len()), (Some(0), 0), "{functions:#?}");
}

#[test]
fn what_is_not_observed_fails() {
    let place = Place::new();
    let (done, functions) = stepped(&place, &built(common::host()), &["main.Never"]);
    let why = functions[0].not_observed.as_deref().unwrap_or_default();
    assert!(done.code == Some(1) && why.contains("not entered: the program exited with status 0"), "{functions:#?}");
    let binary = built(common::host());
    let binary = binary.to_str().unwrap();
    let few = place.goabi(&["step", "--limit", "3", binary, "main.Small"]);
    assert!(few.code == Some(1) && few.stdout.contains("more than 3 instructions"), "{few:?}");
    place.goabi(&["step", binary, "main.main"]).passed();
    // What it calls does not come back.
    let hangs = built_of(common::host(), HANGS);
    let late = place.goabi(&["step", "--timeout", "1", hangs.to_str().unwrap(), "main.main"]);
    assert!(late.code == Some(1) && late.stdout.contains("nothing came of it within 1 s"), "{late:?}");
    place.goabi(&["step", "nothing", "main.main"]).failed(2, &["cannot read nothing"]);
    let text = place.write("text", "no binary");
    place.goabi(&["step", text.to_str().unwrap(), "main.main"]).failed(2, &["is no Go binary"]);
    place.goabi(&["step", binary, "main.Nothing"]).failed(2, &["has no function main.Nothing", "inlined"]);
    place.is_clean();
}

/// A copy that can be run.
fn program(place: &Place, bytes: &[u8]) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = place.path("program");
    std::fs::write(&path, bytes).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}
