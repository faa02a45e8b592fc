//! Go's own functions, followed, against what the linker says of their frames:
//! `.debug_frame` is made from pcsp.

use super::{Arch, Boundary, Code, Counts, Follower, Form, Image, Kind, Move, Reach, Sp};
use crate::build::{BuildSpec, Built, Sources, build};
use crate::cancel::Cancel;
use crate::gdbremote::live_tests::{must, provision};
use crate::observe::frames::frames;
use crate::process::Limits;
use goabi_cases::arch::Arch as Port;
use goabi_cases::cell::{Build, Target};
use goabi_cases::stress::Stress;
use goabi_cases::version::GoVersion;
use object::{Object, ObjectSection, ObjectSymbol, SymbolKind};
use std::collections::{BTreeMap, BTreeSet};

/// Frames of all sizes, a jump table, calls that do not return, a deferred call.
const PROGRAM: &str = r#"package main

var sink []byte

//go:noinline
func Leaf(a, b int) int { return a*3 + b }

//go:noinline
func Small(xs []int, i int) int { return xs[i] + Leaf(xs[i+1], i) }

//go:noinline
func Large(n int) int {
	var b [1000]byte
	return int(use(&b)[n]) + Leaf(n, n)
}

//go:noinline
func use(b *[1000]byte) *[1000]byte { sink = b[:1:1]; sink = nil; return &[1000]byte{} }

//go:noinline
func fill(b []byte, n int) int {
	for i := range b {
		b[i] = byte(n)
	}
	return int(b[n])
}

//go:noinline
func Kilo(n int) int {
	var b [1 << 10]byte
	return fill(b[:], n)
}

//go:noinline
func Huge(n int) int {
	var b [100 << 10]byte
	return fill(b[:], n)
}

//go:noinline
func Million(n int) int {
	var b [1 << 20]byte
	return fill(b[:], n)
}

//go:noinline
func Table(n int) int {
	switch n {
	case 0:
		return Leaf(n, 7)
	case 1:
		return Kilo(n)
	case 2:
		return Large(n)
	case 3:
		return 11
	case 4:
		return Leaf(3, n)
	case 5:
		return Huge(n)
	case 6:
		return Leaf(n, n)
	case 7:
		return Leaf(9, 9)
	case 8:
		return Million(n)
	}
	return -1
}

//go:noinline
func Deferred(xs []int, f func()) (n int) {
	defer func() {
		if e := recover(); e != nil {
			n = -1
		}
	}()
	for i := range xs {
		defer f()
		n += Table(xs[i])
	}
	if n == 3 {
		panic("three")
	}
	return n
}

func main() {
	xs := []int{1, 2, 3, 4, 5, 6, 7, 8}
	println(Deferred(xs, func() { println(Small(xs, 2)) }), Table(len(xs)))
}
"#;

/// The data of a program, to read jump tables from, and what never returns.
struct Program<'a> {
    sections: Vec<(u64, &'a [u8])>,
    never: BTreeSet<u64>,
    word: usize,
    is_big_endian: bool,
}

impl<'a> Program<'a> {
    fn bytes(&self, at: u64, len: usize) -> Option<&'a [u8]> {
        let within = |(start, data): &&(u64, &[u8])| (*start..start + data.len() as u64).contains(&at);
        let (start, data) = self.sections.iter().find(within)?;
        let from = usize::try_from(at - start).unwrap();
        data.get(from..from + len)
    }
}

impl Image for Program<'_> {
    fn pointer(&self, address: u64) -> Option<u64> {
        let mut word = [0; 8];
        word[..self.word].copy_from_slice(self.bytes(address, self.word)?);
        Some(if self.is_big_endian { u64::from_be_bytes(word) } else { u64::from_le_bytes(word) })
    }
    fn returns(&self, function: u64) -> bool {
        !self.never.contains(&function)
    }
}

#[test]
fn what_is_followed_is_what_the_linker_says() {
    for arch in Arch::ALL {
        let goarch = arch.goarch();
        let Some((bytes, version)) = built(goarch) else { return };
        // Where nobody tells which calls do not return, that must not lead astray.
        for told in [true, false] {
            let differ = compare(goarch, arch, &bytes, told, has_tables(arch, version));
            // golang/go#73259: frames of 64 KiB and more are given back in two steps,
            // and the tables know nothing of the first.
            let faulty = arch == Arch::Arm64 && version < "1.24.4".parse::<GoVersion>().unwrap();
            for (name, depth, said) in &differ {
                let partial = (0x1_0000..*said).contains(depth) && said - depth < 0x1000;
                assert!(faulty && partial, "{goarch} {name}: {depth} where the tables say {said}");
            }
            assert_eq!(faulty, !differ.is_empty(), "{goarch}: {differ:?}");
        }
    }
}

/// Whether Go's compiler makes jump tables on a port: `BlockJumpTable` in its rules.
fn has_tables(arch: Arch, version: GoVersion) -> bool {
    match arch {
        Arch::Amd64 | Arch::Arm64 => true,
        Arch::Loong64 => version >= "1.26".parse::<GoVersion>().unwrap(),
        Arch::Arm | Arch::Ppc64 | Arch::Ppc64le | Arch::Riscv64 | Arch::S390x | Arch::X86 => false,
    }
}

fn built(goarch: &str) -> Option<(Vec<u8>, GoVersion)> {
    let p = provision();
    let asked = std::env::var("GOABI_GO").ok().filter(|go| !go.is_empty());
    let toolchain = must(asked.map_or_else(|| p.default_toolchain(), |go| p.toolchain(&go)))?;
    let files = [("go.mod", "module followed\n\ngo 1.21\n"), ("main.go", PROGRAM)];
    let sources = Sources { files: files.iter().map(|(n, t)| ((*n).to_string(), (*t).to_string())).collect() };
    let target = Target { goarch: goarch.to_string() };
    let spec = BuildSpec {
        toolchain: &toolchain,
        target: &target,
        build: Build::Opt,
        stress: Stress::NONE,
        sources: &sources,
        c: None,
        extra_env: &[],
        limits: Limits::BUILD,
    };
    match build(&p.cache, &spec, &Cancel::new()).unwrap() {
        Built::Artifact(artifact) => Some((std::fs::read(&artifact.path).unwrap(), toolchain.version)),
        Built::Rejected { output, .. } => panic!("{output}"),
    }
}

/// The functions of the program where what is followed differs from the tables, and
/// how deep SP is by the one and the other.
fn compare(goarch: &str, arch: Arch, bytes: &[u8], told: bool, has_tables: bool) -> Vec<(String, u64, u64)> {
    let file = object::File::parse(bytes).unwrap();
    let above = u64::from(arch.pushed().cast_unsigned());
    let functions: BTreeMap<u64, (String, u64)> = file
        .symbols()
        .filter(|s| s.kind() == SymbolKind::Text && s.size() > 0)
        .map(|s| (s.address(), (s.name().unwrap().to_string(), s.size())))
        .collect();
    let never = |name: &str| name.starts_with("runtime.panic") || name == "runtime.gopanic";
    let program = Program {
        sections: file.sections().filter(|s| s.address() != 0).map(|s| (s.address(), s.data().unwrap())).collect(),
        never: functions.iter().filter(|(_, (name, _))| told && never(name)).map(|(at, _)| *at).collect(),
        word: arch.word() as usize,
        is_big_endian: arch.is_big_endian(),
    };
    let stack_pointer = Port::get(goarch).unwrap().roles.stack_pointer.dwarf.unwrap();
    let rows = frames(&file, stack_pointer, &functions.keys().copied().collect()).unwrap();

    let deferreturn = *functions.iter().find(|(_, (name, _))| name == "runtime.deferreturn").unwrap().0;
    let mut follower = Follower::new();
    let (mut recoveries, mut differ) = (0, vec![]);
    let (mut all, mut own, mut seen, mut tables, mut forms) = (Counts::default(), Counts::default(), 0, 0, vec![]);
    for (address, (name, size)) in &functions {
        let bytes = program.bytes(*address, usize::try_from(*size).unwrap()).unwrap();
        let mut code = Code { arch, address: *address, bytes, resumes: None };
        // What is called there alone is where the runtime goes on after a recovery.
        let first = follower.follow(&code, &program);
        let resumes = |b: &&Boundary| b.reach == Reach::Unreached && b.kind == Kind::Call(Some(deferreturn));
        code.resumes = first.boundaries.iter().find(resumes).map(|b| b.offset);
        recoveries += u32::from(code.resumes.is_some());
        let followed = follower.follow(&code, &program);
        all += followed.counts;
        // The linker's trampolines have no tables.
        if !name.starts_with("main.") || name.contains("-tramp") {
            continue;
        }
        own += followed.counts;
        forms.extend(followed.check.map(|c| c.form()));
        for b in &followed.boundaries {
            tables += u32::from(matches!(b.kind, Kind::JumpTable(_)));
            let pc = address + u64::from(b.offset);
            let row = rows.by_start[address].iter().find(|r| (r.low..r.high).contains(&pc)).unwrap();
            if let Sp::Known(n) = b.sp {
                let depth = u64::try_from(n).unwrap() + above;
                if depth != row.cfa {
                    differ.push((name.clone(), depth, row.cfa));
                }
                seen += 1;
            }
            assert!(!matches!(b.sp, Sp::Conflict(..)), "{goarch} {name}+{:#x}: {:?}", b.offset, b.sp);
            if b.kind == Kind::Return {
                // On arm, what returns gives the frame back.
                let by = if let Move::By(by) = b.moves { by } else { 0 };
                assert_eq!((b.sp, b.fp.restored(arch)), (Sp::Known(by), true), "{goarch} {name}+{:#x}", b.offset);
                assert!(b.ret.register || b.ret.slot == Some(0), "{goarch} {name}+{:#x}", b.offset);
            }
        }
    }
    let share = |c: Counts| f64::from(c.followed) / f64::from(c.instructions);
    assert!(seen > 200 && share(own) >= 0.995 && share(all) >= 0.995, "{goarch}: {own:?} of {all:?}");
    assert!(f64::from(all.undecoded) <= 0.005 * f64::from(all.instructions), "{goarch}: {all:?}");
    assert_eq!(tables > 0, has_tables, "{goarch}: {tables} jump tables were read");
    assert!(recoveries > 0, "{goarch}: nothing of the library's recovers");
    for form in [Form::Small, Form::Large, Form::Huge] {
        assert!(forms.contains(&form), "{goarch}: no stack check is {form:?}");
    }
    differ
}
