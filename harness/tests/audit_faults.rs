//! `goabi audit` of binaries whose code or tables were patched: each class of findings
//! on a planted fault, beside a change of the same sort that must not be flagged.

mod common;

use common::Place;
use common::audited::{audited, built_of, code};
use common::planted::{plant_depth, plant_rows, with_func};
use goabi::audit::{Class, Level};
use goabi_runners::observe::unwind::{PcData, PcRange};

const PROGRAM: &str = r"package main

type node struct{ next *node }

var head *node
var sink int

//go:noinline
func fill(a []int, n int) {
	for i := range a {
		a[i] = n
	}
}

//go:noinline
func Large(n int) int {
	var a [70]int
	fill(a[:], n)
	return a[n&7]
}

//go:noinline
func Huge(n int) int {
	var a [3000]int
	fill(a[:], n)
	return a[n&7]
}

//go:noinline
func Fork(n, m int) int {
	if n > m {
		n += 48
	} else {
		sink = m
	}
	return n * m
}

//go:noinline
func Maps(n int) int {
	a := Large(n)
	b := &node{next: head}
	Large(a)
	head = b
	return Large(n + 1)
}

//go:nosplit
//go:noinline
func Upper(n int) int {
	var a [40]int
	a[n&31] = Lower(n)
	return a[n&7]
}

//go:nosplit
//go:noinline
func Lower(n int) int {
	var a [30]int
	a[n&15] = n
	return a[n&7]
}

func main() { println(Large(1)+Huge(2)+Fork(3, 4)+Maps(5)+Upper(6), sink) }
";

/// What to patch, how, and what is found of it: of that class, or nothing at all, or
/// at least nothing of that class.
#[derive(Clone, Copy)]
enum Wanted {
    Found(Class, &'static str),
    Nothing,
    Not(Class),
}
use Wanted::{Found, Not, Nothing};

type Fault = (&'static str, &'static str, Wanted, fn(&mut [u8]));

/// Patches the first instruction of a function that is so: bytes in hexadecimal, `..` for any.
fn patch(bytes: &mut [u8], function: &str, like: &str, change: impl FnOnce(&mut [u8])) {
    let like: Vec<Option<u8>> = like.split(' ').map(|b| u8::from_str_radix(b, 16).ok()).collect();
    let (at, _, len) = code(bytes, function);
    let is = |i: &usize| like.iter().zip(&bytes[*i..]).all(|(like, b)| like.is_none_or(|like| like == *b));
    let i = (at..at + len).find(is).unwrap_or_else(|| panic!("{function} has {like:x?}"));
    change(&mut bytes[i..i + like.len()]);
}

/// Changes the first word of arm64 code that is so.
fn word(bytes: &mut [u8], function: &str, (mask, is): (u32, u32), change: impl FnOnce(u32) -> u32) {
    let (at, _, len) = code(bytes, function);
    let read = |i: usize| u32::from_le_bytes(bytes[i..i + 4].try_into().unwrap());
    let i = (at..at + len).step_by(4).find(|i| read(*i) & mask == is);
    let i = i.unwrap_or_else(|| panic!("{function} has {is:x}"));
    let new = change(read(i));
    bytes[i..i + 4].copy_from_slice(&new.to_le_bytes());
}

/// Adds to the number in the last four bytes.
fn plus(b: &mut [u8], n: i32) {
    let at = b.len() - 4;
    let old = i32::from_le_bytes(b[at..].try_into().unwrap());
    b[at..].copy_from_slice(&(old + n).to_le_bytes());
}

const LESS: Wanted = Found(Class::StackCheck, "the check is of less than the frame takes");
const FORGOTTEN: Wanted = Found(Class::StackCheck, "no check in a function that calls others");
const CHAIN: Wanted = Found(Class::StackCheck, "a chain of functions without checks takes more than one leaves");

const GUARD: Wanted = Found(Class::StackCheck, "the check is against another word than the guard");
const MEET: Wanted = Found(Class::SpConflict, "ways of different depth meet");
const MISALIGNED: Wanted = Found(Class::MisalignedCall, "SP is not aligned at a call");
const NOT_BACK: Wanted = Found(Class::ReturnAddress, "a return with SP not where it was at entry");
const LOST: Wanted = Found(Class::ReturnAddress, "a return without the return address");
const BARRIER: Wanted = Found(Class::UnsafePoint, "at a write barrier");
const BELOW: Wanted = Found(Class::UnsafePoint, "what is saved below SP may be overwritten");
/// `LEA R12, [RSP-n]`, `SUB R12, n`, and what follows them.
const LEA: &str = "4c 8d a4 24 .. .. .. ..";
const SUB: &str = "49 81 ec .. .. .. ..";
const AMD64: [Fault; 18] = [
    ("the size of a large frame", "main.Large", LESS, |b| patch(b, "main.Large", LEA, |b| plus(b, 8))),
    ("more than a large frame", "main.Large", Nothing, |b| patch(b, "main.Large", LEA, |b| plus(b, -8))),
    ("the size of a huge frame", "main.Huge", LESS, |b| patch(b, "main.Huge", SUB, |b| plus(b, -8))),
    ("more than a huge frame", "main.Huge", Nothing, |b| patch(b, "main.Huge", SUB, |b| plus(b, 8))),
    ("no jump for more stack", "main.Large", FORGOTTEN, |b| {
        patch(b, "main.Large", "4d 3b 66 10 76 ..", |b| b[4..].copy_from_slice(&[0x66, 0x90]));
    }),
    ("the wrong jump", "main.Large", Found(Class::StackCheck, "the check jumps on another condition"), |b| {
        patch(b, "main.Large", "4d 3b 66 10 76 ..", |b| b[4] = 0x72);
    }),
    ("another guard", "main.Large", GUARD, |b| {
        patch(b, "main.Large", "4d 3b 66 10 76 ..", |b| b[3] = 0x18);
    }),
    ("SP moved on one way", "main.Fork", MEET, |b| {
        patch(b, "main.Fork", "48 83 c0 30", |b| b[2] = 0xc4);
    }),
    ("another sum on one way", "main.Fork", Nothing, |b| patch(b, "main.Fork", "48 83 c0 30", |b| b[3] = 0x38)),
    ("half a word at calls", "main.Maps", MISALIGNED, |b| {
        patch(b, "main.Maps", "48 83 ec ..", |b| b[3] += 4);
    }),
    ("a word more at calls", "main.Maps", Not(Class::MisalignedCall), |b| {
        patch(b, "main.Maps", "48 83 ec ..", |b| b[3] += 8);
    }),
    ("SP not given back", "main.Maps", NOT_BACK, |b| {
        patch(b, "main.Maps", "48 83 c4 ..", |b| b[3] -= 8);
    }),
    ("the return address overwritten", "main.Maps", LOST, |b| {
        patch(b, "main.Maps", "48 89 44 24 ..", |b| b[4] -= 8);
    }),
    ("the word above it overwritten", "main.Maps", Nothing, |b| patch(b, "main.Maps", "48 89 44 24 ..", |b| b[4] += 8)),
    ("a deeper chain", "main.Upper", CHAIN, |b| patch(b, "main.Lower", "48 81 ec .. .. .. ..", |b| plus(b, 512))),
    ("a chain that fits", "main.Upper", Nothing, |b| patch(b, "main.Lower", "48 81 ec .. .. .. ..", |b| plus(b, 64))),
    ("a circle", "main.Upper", CHAIN, |b| {
        let (to, from) = (code(b, "main.Upper").1, code(b, "main.Lower").1);
        patch(b, "main.Upper", "e8 .. .. .. ..", |b| {
            // Instead of Lower, Upper calls itself.
            plus(b, i32::try_from(to.cast_signed() - from.cast_signed()).unwrap());
        });
    }),
    ("the store of a write barrier", "main.Maps", BARRIER, |b| last_unsafe(b, 7)),
];

const ARM64: [Fault; 15] = [
    ("the size of a large frame", "main.Large", LESS, |b| word(b, "main.Large", CHECKED, |w| w - (16 << 10))),
    ("more than a large frame", "main.Large", Nothing, |b| word(b, "main.Large", CHECKED, |w| w + (16 << 10))),
    ("the size of a huge frame", "main.Huge", LESS, |b| word(b, "main.Huge", CONSTANT, |w| w - (16 << 5))),
    ("more than a huge frame", "main.Huge", Nothing, |b| word(b, "main.Huge", CONSTANT, |w| w + (16 << 5))),
    ("no jump for more stack", "main.Large", FORGOTTEN, |b| {
        word(b, "main.Large", (0xff00_001f, 0x5400_0009), |_| 0xd503_201f);
    }),
    ("SP moved on one way", "main.Fork", MEET, |b| {
        word(b, "main.Fork", (!0, 0x9100_c000), |w| w | 0x3ff);
    }),
    ("another sum on one way", "main.Fork", Nothing, |b| word(b, "main.Fork", (!0, 0x9100_c000), |w| w + (16 << 10))),
    ("half of what is aligned, at calls", "main.Maps", MISALIGNED, |b| {
        word(b, "main.Maps", PUSHED, |w| w - (8 << 12));
    }),
    ("16 bytes more at calls", "main.Maps", Not(Class::MisalignedCall), |b| {
        word(b, "main.Maps", PUSHED, |w| w - (16 << 12));
    }),
    ("LR not read back", "main.Maps", LOST, |b| {
        // LDR X30, [SP], #n becomes ADD SP, SP, #n.
        word(b, "main.Maps", (0xffe0_0fff, 0xf840_07fe), |w| 0x9100_03ff | (w >> 12 & 0x1ff) << 10);
    }),
    ("another word read", "main.Maps", Nothing, |b| {
        word(b, "main.Maps", (0xffc0_03e0, 0xf940_03e0), |w| w + (1 << 10))
    }),
    ("a deeper chain", "main.Upper", CHAIN, |b| word(b, "main.Lower", FRAME, |w| w + (512 << 10))),
    ("a chain that fits", "main.Upper", Nothing, |b| word(b, "main.Lower", FRAME, |w| w + (64 << 10))),
    ("the store of a write barrier", "main.Maps", BARRIER, |b| last_unsafe(b, 8)),
    ("the move of SP below what is saved", "main.Large", BELOW, |b| {
        // Where MOV SP, X20 is unsafe, the instruction behind it is instead.
        plant_rows(
            b,
            "main.Large",
            |f| f.pcdata(PcData::UnsafePoint),
            |rows| {
                let n = rows.iter().position(|r| r.value == -2 && r.to - r.from == 4).unwrap();
                let [before, here, behind] = &mut rows[n - 1..=n + 1] else { panic!("three rows") };
                (before.to, here.from, here.to, behind.from) = (here.to, here.to, here.to + 4, here.to + 4);
            },
        );
    }),
];

const X86: [Fault; 16] = [
    ("the size of a large frame", "main.Large", LESS, |b| {
        patch(b, "main.Large", "8d 84 24 .. .. .. ..", |b| plus(b, 4))
    }),
    ("more than a large frame", "main.Large", Nothing, |b| {
        patch(b, "main.Large", "8d 84 24 .. .. .. ..", |b| plus(b, -4))
    }),
    ("the size of a huge frame", "main.Huge", LESS, |b| patch(b, "main.Huge", "2d .. .. .. ..", |b| plus(b, -4))),
    ("more than a huge frame", "main.Huge", Nothing, |b| patch(b, "main.Huge", "2d .. .. .. ..", |b| plus(b, 4))),
    ("no jump for more stack", "main.Large", FORGOTTEN, |b| {
        patch(b, "main.Large", "3b 41 08 76 ..", |b| b[3..].copy_from_slice(&[0x66, 0x90]));
    }),
    ("another guard", "main.Large", GUARD, |b| patch(b, "main.Large", "3b 41 08 76 ..", |b| b[2] = 0x0c)),
    ("SP moved on one way", "main.Fork", MEET, |b| patch(b, "main.Fork", "83 c1 30", |b| b[1] = 0xc4)),
    ("another sum on one way", "main.Fork", Nothing, |b| patch(b, "main.Fork", "83 c1 30", |b| b[2] = 0x38)),
    ("half a word at calls", "main.Maps", MISALIGNED, |b| patch(b, "main.Maps", "83 ec ..", |b| b[2] += 2)),
    ("a word more at calls", "main.Maps", Not(Class::MisalignedCall), |b| {
        patch(b, "main.Maps", "83 ec ..", |b| b[2] += 4)
    }),
    ("SP not given back", "main.Maps", NOT_BACK, |b| patch(b, "main.Maps", "83 c4 ..", |b| b[2] -= 4)),
    ("the return address overwritten", "main.Maps", LOST, |b| patch(b, "main.Maps", "89 44 24 10", |b| b[3] = 0x18)),
    ("the word above it overwritten", "main.Maps", Nothing, |b| patch(b, "main.Maps", "89 44 24 10", |b| b[3] = 0x1c)),
    ("a deeper chain", "main.Upper", CHAIN, |b| patch(b, "main.Upper", "81 ec .. .. .. ..", |b| plus(b, 512))),
    ("a chain that fits", "main.Upper", Not(Class::StackCheck), |b| {
        patch(b, "main.Upper", "81 ec .. .. .. ..", |b| plus(b, 64));
    }),
    ("the store of a write barrier", "main.Maps", BARRIER, |b| last_unsafe(b, 6)),
];

/// `SUB X17, SP, #n`, `MOV X27, #n`, `STR X30, [SP, #-n]!` and `SUB X20, SP, #n`.
const CHECKED: (u32, u32) = (0xffc0_03ff, 0xd100_03f1);
const CONSTANT: (u32, u32) = (0xffe0_001f, 0xd280_001b);
const PUSHED: (u32, u32) = (0xffe0_0fff, 0xf800_0ffe);
const FRAME: (u32, u32) = (0xffc0_03ff, 0xd100_03f4);

/// The last unsafe row of a body ends so many bytes earlier.
fn last_unsafe(bytes: &mut [u8], by: u64) {
    plant_rows(
        bytes,
        "main.Maps",
        |f| f.pcdata(PcData::UnsafePoint),
        |rows| {
            // The very last one is around the call for more stack.
            let all: Vec<usize> = (0..rows.len()).filter(|n| rows[*n].value == -2).collect();
            let n = all[all.len() - 2];
            rows[n].to -= by;
            rows[n + 1].from -= by;
        },
    );
}

/// Faults of tables, alike on all ports.
const TABLES: [Fault; 4] = [
    ("an index of no map", "main.Maps", Found(Class::NoStackMap, "the index of the pointer map is none"), |b| {
        plant_rows(b, "main.Maps", |f| f.pcdata(PcData::StackMapIndex), |rows| shifted(rows, 40));
    }),
    ("an index that begins earlier", "main.Maps", Nothing, |b| {
        let quantum = with_func(b, "main.Maps", |_, _, quantum| quantum);
        plant_rows(
            b,
            "main.Maps",
            |f| f.pcdata(PcData::StackMapIndex),
            |rows| {
                // A byte, or an instruction, before a call: the one behind it is what counts.
                let n = rows.iter().position(|r| r.value >= 0).unwrap();
                let n = n + 1 + rows[n + 1..].iter().position(|r| r.value >= 0).unwrap();
                rows[n - 1].to -= quantum;
                rows[n].from -= quantum;
            },
        );
    }),
    ("a number without an end", "main.Huge", Found(Class::Unreadable, "the tables contradict themselves"), |b| {
        let at = with_func(b, "main.Huge", |_, f, _| f.pcsp().encoded().unwrap().as_ptr() as usize);
        let at = at - b.as_ptr() as usize;
        b[at..at + 6].fill(0xff);
    }),
    ("a depth that can be read", "main.Huge", Not(Class::Unreadable), |b| {
        plant_depth(b, "main.Huge");
    }),
];

fn shifted(rows: &mut [PcRange], by: i32) {
    for row in rows.iter_mut().filter(|r| r.value >= 0) {
        row.value += by;
    }
}

fn all_found(goarch: &str, faults: &[Fault]) {
    let place = Place::new();
    let sound = std::fs::read(built_of(goarch, PROGRAM)).unwrap();
    for (what, function, wanted, plant) in faults {
        let mut bytes = sound.clone();
        plant(&mut bytes);
        assert_ne!(bytes, sound, "{goarch}, {what}");
        let path = place.path("patched");
        std::fs::write(&path, &bytes).unwrap();
        let (exit, findings) = audited(&place, &path);
        let found: Vec<_> = findings.iter().filter(|f| f.function == *function).collect();
        match wanted {
            Found(class, pattern) => {
                let is = |f: &&&goabi::audit::Finding| (f.class, f.pattern.as_str()) == (*class, *pattern);
                let level = found.iter().find(is).map(|f| f.level);
                assert_eq!((level, exit), (Some(Level::Error), Some(1)), "{goarch}, {what}: {found:#?}");
            }
            Nothing => assert!(found.is_empty(), "{goarch}, {what}: {found:#?}"),
            Not(class) => {
                assert!(!found.is_empty() && found.iter().all(|f| f.class != *class), "{goarch}, {what}: {found:#?}");
            }
        }
    }
}

#[test]
fn planted_faults_are_found_on_amd64_and_near_misses_are_not() {
    all_found("amd64", &AMD64);
    all_found("amd64", &TABLES);
}

#[test]
fn planted_faults_are_found_on_386_and_near_misses_are_not() {
    all_found("386", &X86);
    all_found("386", &TABLES);
}

#[test]
fn planted_faults_are_found_on_arm64_and_near_misses_are_not() {
    all_found("arm64", &ARM64);
    all_found("arm64", &TABLES);
}
