//! Faults planted in the code and tables of a program, and what the audit finds of them.

use super::Place;
use super::audited::{audited, built_of, code};
use super::planted::{plant_depth, plant_rows, with_func};
use goabi::audit::{Class, Level};
use goabi_runners::observe::unwind::{PcData, PcRange};

pub const PROGRAM: &str = r"package main

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
pub enum Wanted {
    Found(Class, &'static str),
    Nothing,
    Not(Class),
}
pub use Wanted::{Found, Not, Nothing};

pub type Fault = (&'static str, &'static str, Wanted, fn(&mut [u8]));

/// Patches the first instruction of a function that is so: bytes in hexadecimal, `..` for any.
pub fn patch(bytes: &mut [u8], function: &str, like: &str, change: impl FnOnce(&mut [u8])) {
    let like: Vec<Option<u8>> = like.split(' ').map(|b| u8::from_str_radix(b, 16).ok()).collect();
    let (at, _, len) = code(bytes, function);
    let is = |i: &usize| like.iter().zip(&bytes[*i..]).all(|(like, b)| like.is_none_or(|like| like == *b));
    let i = (at..at + len).find(is).unwrap_or_else(|| panic!("{function} has {like:x?}"));
    change(&mut bytes[i..i + like.len()]);
}

/// Changes the first word of arm64 code that is so.
pub fn word(bytes: &mut [u8], function: &str, (mask, is): (u32, u32), change: impl FnOnce(u32) -> u32) {
    let (at, _, len) = code(bytes, function);
    let read = |i: usize| u32::from_le_bytes(bytes[i..i + 4].try_into().unwrap());
    let i = (at..at + len).step_by(4).find(|i| read(*i) & mask == is);
    let i = i.unwrap_or_else(|| panic!("{function} has {is:x}"));
    let new = change(read(i));
    bytes[i..i + 4].copy_from_slice(&new.to_le_bytes());
}

/// Adds to the number in the last four bytes.
pub fn plus(b: &mut [u8], n: i32) {
    let at = b.len() - 4;
    let old = i32::from_le_bytes(b[at..].try_into().unwrap());
    b[at..].copy_from_slice(&(old + n).to_le_bytes());
}

pub const LESS: Wanted = Found(Class::StackCheck, "the check is of less than the frame takes");
pub const FORGOTTEN: Wanted = Found(Class::StackCheck, "no check in a function that calls others");
pub const CHAIN: Wanted = Found(Class::StackCheck, "a chain of functions without checks takes more than one leaves");

pub const GUARD: Wanted = Found(Class::StackCheck, "the check is against another word than the guard");
pub const MEET: Wanted = Found(Class::SpConflict, "ways of different depth meet");
pub const MISALIGNED: Wanted = Found(Class::MisalignedCall, "SP is not aligned at a call");
pub const NOT_BACK: Wanted = Found(Class::ReturnAddress, "a return with SP not where it was at entry");
pub const LOST: Wanted = Found(Class::ReturnAddress, "a return without the return address");
pub const BARRIER: Wanted = Found(Class::UnsafePoint, "at a write barrier");
pub const BELOW: Wanted = Found(Class::UnsafePoint, "what is saved below SP may be overwritten");

/// The last unsafe row of a body ends so many bytes earlier.
pub fn last_unsafe(bytes: &mut [u8], by: u64) {
    let depths = with_func(bytes, "main.Maps", |_, f, _| f.pcsp().runs().map(Result::unwrap).collect::<Vec<_>>());
    plant_rows(
        bytes,
        "main.Maps",
        |f| f.pcdata(PcData::UnsafePoint),
        |rows| {
            // Around the call for more stack there is one, too, without a frame.
            let has_frame = |pc: u64| depths.iter().any(|r| r.value > 0 && (r.from..r.to).contains(&pc));
            let n = (0..rows.len()).rfind(|n| rows[*n].value == -2 && has_frame(rows[*n].from)).unwrap();
            rows[n].to -= by;
            rows[n + 1].from -= by;
        },
    );
}

/// Faults of tables, alike on all ports.
pub const TABLES: [Fault; 4] = [
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

pub fn all_found(goarch: &str, faults: &[Fault]) {
    let (place, sound) = (Place::new(), sound(goarch));
    for (what, function, wanted, plant) in faults {
        let mut bytes = sound.clone();
        plant(&mut bytes);
        assert_ne!(bytes, sound, "{goarch}, {what}");
        found(&place, (goarch, what, function), *wanted, &bytes);
    }
}

/// The program as it is built for a port.
pub fn sound(goarch: &str) -> Vec<u8> {
    std::fs::read(built_of(goarch, PROGRAM)).unwrap()
}

/// Audits a patched program, and compares what is found in a function.
pub fn found(place: &Place, (goarch, what, function): (&str, &str, &str), wanted: Wanted, bytes: &[u8]) {
    let path = place.path("patched");
    std::fs::write(&path, bytes).unwrap();
    let (exit, findings) = audited(place, &path);
    // The sound program has that note on these two ports, of each huge frame.
    let of_sound = |f: &goabi::audit::Finding| {
        let skips = f.pattern == "for an address below zero, arguments are not saved";
        skips && f.level == Level::Note && ["riscv64", "loong64"].contains(&goarch)
    };
    let found: Vec<_> = findings.iter().filter(|f| f.function == *function && !of_sound(f)).collect();
    match wanted {
        Found(class, pattern) => {
            let is = |f: &&&goabi::audit::Finding| (f.class, f.pattern.as_str()) == (class, pattern);
            let level = found.iter().find(is).map(|f| f.level);
            assert_eq!((level, exit), (Some(Level::Error), Some(1)), "{goarch}, {what}: {found:#?}");
        }
        Nothing => assert!(found.is_empty(), "{goarch}, {what}: {found:#?}"),
        Not(class) => {
            assert!(!found.is_empty() && found.iter().all(|f| f.class != class), "{goarch}, {what}: {found:#?}");
        }
    }
}
