//! The suite's own sharpness: for each of its cases, what goes wrong with the
//! results would be seen. From the stated values the transcript of a sound
//! program is made, then damaged word by word, and the oracles are asked.

mod rules;
mod transcript;
mod words;

use crate::oracles::{ORACLES, Subject, VectorSeen};
use goabi_cases::arch::Arch;
use goabi_cases::case::{Case, CaseFile, Outcome};
use goabi_cases::cell::{Build, Cell, Target};
use goabi_cases::load::load_text;
use goabi_cases::mistake::Source;
use goabi_cases::types::{Basic, GoType};
use goabi_cases::value::Value;
use goabi_cases::version::GoVersion;
use goabi_reports::verdict::Verdict;
use goabi_runners::observe::records::{self, CallRecords, Fact};
use goabi_runners::run::UnitEnd;
use std::collections::{BTreeSet, HashSet};
use std::path::Path;
use words::{Part, Walk, Word};

fn suite() -> Vec<CaseFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cases/suite");
    let loaded = goabi_cases::load::load(&goabi_cases::load::find(&root).unwrap(), &goabi_generators::call::ids());
    assert!(loaded.mistakes.is_empty());
    loaded.files
}

/// One vector whose results are stated, and what a sound program says of it.
struct Scene<'a> {
    file: &'a CaseFile,
    case: &'a Case,
    arch: &'static Arch,
    cell: Cell,
    seen: [VectorSeen; 1],
    /// The results as wanted.
    wanted: Vec<Value>,
}

impl<'a> Scene<'a> {
    fn all(file: &'a CaseFile, case: &'a Case, arch: &'static Arch) -> Vec<Scene<'a>> {
        let mut out = Vec::new();
        for vector in &case.vectors {
            // What does not fit into this port's int is not run there.
            let Ok(expected) = case.expected(&file.scope, vector, int_bits(arch) / 8) else { continue };
            let Some(lines) = transcript::lines(&expected) else { continue };
            let records = records::call(&lines).unwrap_or_else(|e| panic!("{}: {e}", case.id));
            let wanted = match &expected.outcome {
                Outcome::Returns(l) | Outcome::Recovered { results: Some(l), .. } => l.clone(),
                _ => continue,
            };
            let cell = Cell {
                case: case.id.clone(),
                toolchain: "go1.27.3".into(),
                target: Target { goarch: arch.goarch.clone() },
                build: Build::Opt,
                stress: goabi_cases::stress::Stress::NONE,
                call: "direct".into(),
            };
            let seen = [VectorSeen {
                expected,
                site: goabi_generators::program::Site::default(),
                records: Fact::Seen(records),
                end: UnitEnd::Finished,
            }];
            out.push(Scene { file, case, arch, cell, seen, wanted });
        }
        out
    }

    /// Whether what the records now say is noticed.
    fn noticed(&self) -> bool {
        let oracle = match self.seen[0].expected.outcome {
            Outcome::Returns(_) => "values",
            _ => "panics",
        };
        let subject = Subject {
            cell: &self.cell,
            file: self.file,
            case: self.case,
            arch: self.arch,
            version: GoVersion::new(1, 27, 3),
            vectors: &self.seen,
            types: &Fact::NotRequested,
            dwarf: &Fact::NotRequested,
            functions: &[],
            machine: None,
            unwinding: None,
            abi: &[],
        };
        let oracle = ORACLES.iter().find(|o| o.id() == oracle).unwrap();
        oracle.judge(&subject).iter().any(|v| matches!(v, Verdict::Disagree(_) | Verdict::Unobserved(_)))
    }

    fn records(&mut self) -> &mut CallRecords {
        match &mut self.seen[0].records {
            Fact::Seen(r) => r,
            other => panic!("{other:?}"),
        }
    }

    fn results(&mut self) -> &mut Vec<Value> {
        self.records().results.as_mut().unwrap()
    }

    /// Whether the results as `damage` leaves them are noticed; they are mended after.
    fn notices(&mut self, damage: impl FnOnce(&mut Vec<Value>)) -> bool {
        let sound = self.results().clone();
        damage(self.results());
        let noticed = self.noticed();
        *self.results() = sound;
        noticed
    }

    fn raw(&mut self, w: &Word) -> Option<u64> {
        let wanted = w.get(words::at(&mut self.wanted, &w.path));
        wanted.and_then(|_| w.get(words::at(self.results(), &w.path)))
    }
}

fn int_bits(arch: &Arch) -> u32 {
    u32::try_from(arch.word_size * 8).unwrap()
}

/// Results' words that a case's vectors leave open each time: nothing is claimed of them.
fn stated(scenes: &mut [Scene], w: &Word) -> bool {
    scenes.iter_mut().any(|s| s.wanted[w.path[0]] != Value::Unstated)
}

/// Why a word may be one that truncation does not change, if it may.
fn may_be_short(case: &Case, w: &Word) -> Option<&'static str> {
    match (w.part, w.ty.underlying()) {
        (Part::Length | Part::Capacity, _) => Some("no length or capacity here is as large as 4 GiB"),
        (_, GoType::Basic(Basic::Int | Basic::Uint)) if case.body.is_some() => {
            Some("an int or uint that a body computes is a count")
        }
        _ => None,
    }
}

/// The topics whose bodies are about what happens, and not about results.
const OF_EVENTS: [&str; 4] = ["panics", "fatal", "known", "permitted"];

/// What can go wrong with a case's results and would not be seen.
fn blind_spots(file: &CaseFile, case: &Case, arch: &'static Arch, judged: &mut u64) -> Vec<String> {
    let mut scenes = Scene::all(file, case, arch);
    let int_bits = int_bits(arch);
    let mut out = Vec::new();
    let mut all = Vec::new();
    for (i, r) in case.signature.results.iter().enumerate() {
        words::words(&r.ty, int_bits, vec![i], &mut all);
    }
    for (n, s) in scenes.iter_mut().enumerate() {
        if s.noticed() {
            out.push(format!("vector {n}: what was wanted is itself refused"));
        }
        // Each value inside each result, one fault at a time.
        let mut walk = Walk { scope: &file.scope, met: HashSet::new(), found: vec![] };
        for v in s.records().args.iter().flatten().flatten() {
            walk.inside(None, v, vec![]);
        }
        walk.found.clear();
        for (i, r) in case.signature.results.iter().enumerate() {
            let v = s.results()[i].clone();
            walk.inside(Some(&r.ty), &v, vec![i]);
        }
        // All bits of the first vector; of the others, and where an int has 32, each seventh will do.
        let step = if n == 0 && arch.word_size == 8 { 1 } else { 7 };
        for (path, ty) in walk.found {
            let open = *words::at(&mut s.wanted.clone(), &path[..1]) == Value::Unstated;
            let v = words::at(s.results(), &path).clone();
            let cap_open = matches!(&v, Value::Slice(Some(_))) && cap_is_open(&mut s.wanted, &path);
            let v = if cap_open { without_cap(v) } else { v };
            for fault in words::faults(&v, ty.as_ref(), int_bits).into_iter().step_by(step) {
                *judged += 1;
                let sound = std::mem::replace(words::at(s.results(), &path), fault);
                let noticed = s.noticed();
                let fault = std::mem::replace(words::at(s.results(), &path), sound);
                if !noticed && !open {
                    out.push(format!("vector {n}, results{path:?}: {v:?} became {fault:?}"));
                }
            }
        }
    }
    // Bodies whose results tell of events or of one operation, and not of how
    // they travel: the same signatures are elsewhere with values that tell more.
    if case.body.is_some() && OF_EVENTS.contains(&case.id.topic.as_str()) {
        return out;
    }
    for w in &all {
        if w.bits != 64 || w.part == Part::Content || may_be_short(case, w).is_some() || !stated(&mut scenes, w) {
            continue;
        }
        for extend in [|x: u64| x & 0xffff_ffff, |x: u64| i64::from(x as i32) as u64, |x: u64| x >> 32] {
            let seen = scenes.iter_mut().any(|s| {
                *judged += 1;
                let Some(raw) = s.raw(w) else { return false };
                s.notices(|l| w.set(words::at(l, &w.path), extend(raw)))
            });
            if !seen {
                out.push(format!("{w} cut to 32 bits"));
            }
        }
    }
    for (i, a) in all.iter().enumerate() {
        for b in all.iter().skip(i + 1).filter(|b| a.exchanges_with(b)) {
            if !stated(&mut scenes, a) || !stated(&mut scenes, b) {
                continue;
            }
            let seen = scenes.iter_mut().any(|s| {
                *judged += 1;
                exchanged(s, a, b)
            });
            if !seen {
                out.push(format!("{a} and {b} exchanged"));
            }
        }
    }
    if case.body.is_none() && !all.is_empty() && !scenes.is_empty() && !scenes.iter_mut().any(|s| all_differ(s, &all)) {
        out.push("no vector in which all words differ".into());
    }
    out
}

fn exchanged(s: &mut Scene, a: &Word, b: &Word) -> bool {
    if s.wanted[a.path[0]] == Value::Unstated || s.wanted[b.path[0]] == Value::Unstated {
        return false;
    }
    if a.part == Part::Content {
        return s.notices(|l| {
            let x = words::at(l, &a.path).clone();
            let y = std::mem::replace(words::at(l, &b.path), x);
            *words::at(l, &a.path) = y;
        });
    }
    let (Some(x), Some(y)) = (s.raw(a), s.raw(b)) else { return false };
    x != y
        && s.notices(|l| {
            a.set(words::at(l, &a.path), y);
            b.set(words::at(l, &b.path), x);
        })
}

/// Whether no two numbers of one width are alike; of bools two values are all there are.
fn all_differ(s: &mut Scene, all: &[Word]) -> bool {
    let mut seen = BTreeSet::new();
    all.iter().filter(|w| !w.is_bool()).all(|w| match s.raw(w) {
        Some(raw) => seen.insert((w.bits, raw)),
        None => true,
    })
}

fn cap_is_open(wanted: &mut [Value], path: &[usize]) -> bool {
    matches!(words::at(wanted, path), Value::Slice(Some(s)) if s.cap.is_none())
}

fn without_cap(v: Value) -> Value {
    match v {
        Value::Slice(Some(mut s)) => {
            s.cap = None;
            Value::Slice(Some(s))
        }
        other => other,
    }
}

impl std::fmt::Display for Word {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "results{:?} {:?} ({})", self.path, self.part, self.ty)
    }
}

#[test]
fn what_goes_wrong_with_any_result_would_be_seen() {
    let files = suite();
    let half = |from: usize| {
        let (mut out, mut judged) = (Vec::new(), 0);
        for file in files.iter().skip(from).step_by(2) {
            for case in &file.cases {
                for goarch in ["amd64", "386"] {
                    let arch = Arch::get(goarch).unwrap();
                    let found = blind_spots(file, case, arch, &mut judged);
                    out.extend(found.into_iter().map(|f| format!("{} on {goarch}: {f}", case.id)));
                }
            }
        }
        (out, judged)
    };
    let (mut out, judged) = std::thread::scope(|s| {
        let other = s.spawn(|| half(1));
        let (mut out, n) = half(0);
        let (more, m) = other.join().unwrap();
        out.extend(more);
        (out, n + m)
    });
    out.sort();
    println!("{judged} damaged transcripts judged");
    assert!(out.is_empty(), "{} blind spots:\n{}", out.len(), out.join("\n"));
}

/// Cases with one blind spot each, and one without.
const PLANTED: &str = r#"
about: Results that do not tell enough.
cases:
  - name: alike
    why: two results that no vector tells apart
    func: "func() (a, b uint16)"
    vectors: [{args: [], returns: ['7', '7']}, {args: [], returns: ['8', '8']}]
  - name: short
    why: a wide result whose upper half is never used
    func: "func() int64"
    vectors: [{args: [], returns: ['0x1112']}]
  - name: full
    why: a slice without room tells its length from its capacity in no way
    func: "func() []uint8"
    vectors: [{args: [], returns: ['[]uint8{1, 2}']}]
  - name: sharp
    why: all words differ, in one vector or another
    func: "func(n int8) (a, b bool, c int64, s string, e error)"
    vectors: [{args: graffiti, returns: graffiti}, {args: ['1'], returns: ['false', 'true', '0', '""', 'nil']}]
"#;

#[test]
fn planted_blind_spots_are_found() {
    let source = Source::new(Path::new("planted/blind.yaml"), PLANTED);
    let (file, mistakes) = load_text(&source, &["direct"]);
    assert!(mistakes.is_empty(), "{mistakes:?}");
    let file = file.unwrap();
    let found = |i: usize| blind_spots(&file, &file.cases[i], Arch::get("amd64").unwrap(), &mut 0);
    let none = "no vector in which all words differ";
    assert_eq!(found(0), ["results[0] Whole (uint16) and results[1] Whole (uint16) exchanged", none]);
    // The lower half, extended either way, is the same number; the upper half alone is none.
    assert_eq!(found(1), ["results[0] Whole (int64) cut to 32 bits"; 2]);
    assert_eq!(found(2), ["results[0] Length ([]uint8) and results[0] Capacity ([]uint8) exchanged", none]);
    assert_eq!(found(3), [""; 0]);
}
