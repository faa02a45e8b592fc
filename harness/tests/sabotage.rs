//! Sabotage of built programs: a byte patched in a binary is found, and by
//! nobody but the oracle whose business it is.
#![cfg(target_os = "linux")]

mod common;

use common::{Place, cell, fails, fixtures, replace, toolchain};
use goabi::oracles::dwarf::{Check, Expect, Judgement, check};
use goabi::plan;
use goabi_cases::arch::Arch;
use goabi_cases::case::CaseFile;
use goabi_cases::cell::{Build, Target};
use goabi_generators::call::{self, Port};
use goabi_generators::program::{Program, Selected, generate};
use goabi_reports::outcome::Outcome;
use goabi_reports::record::{ProblemKind, Record};
use goabi_runners::build::{BuildSpec, Built, Sources, build};
use goabi_runners::cancel::Cancel;
use goabi_runners::observe::dwarf::{self, DwarfFacts, LocationFact, SectionOffset, Shape, Variable};
use goabi_runners::process::Limits;
use goabi_runners::toolchain::Toolchain;
use object::read::elf::FileHeader;
use object::{Object, ObjectSection};
use std::path::{Path, PathBuf};

/// A built program whose DWARF can be patched: it is not compressed.
struct Patient {
    file: CaseFile,
    program: Program,
    toolchain: Toolchain,
    goarch: &'static str,
    build: Build,
    bytes: Vec<u8>,
}

impl Patient {
    fn new(goarch: &'static str, mode: Build) -> Patient {
        let (provision, toolchain) = toolchain();
        let (mut files, mistakes) = plan::load(&[fixtures("sabotage")]).unwrap();
        assert!(mistakes.is_empty(), "{mistakes:#?}");
        let file = files.swap_remove(0);
        let calls = vec![call::by_id("direct").unwrap()];
        let program = generate(
            &[Selected { file: &file, case: &file.cases[0], calls }],
            Port { arch: Arch::get(goarch).unwrap(), version: toolchain.version, takes: false, profiled: false },
        );
        let sources = Sources { files: program.files.clone() };
        let spec = BuildSpec {
            toolchain: &toolchain,
            target: &Target { goarch: goarch.into() },
            build: mode,
            stress: goabi_cases::stress::Stress::NONE,
            sources: &sources,
            extra_env: &[("GOFLAGS".into(), "-ldflags=-compressdwarf=false".into())],
            c: None,
            limits: Limits::BUILD,
        };
        let bytes = match build(&provision.cache, &spec, &Cancel::new()).unwrap() {
            Built::Artifact(a) => std::fs::read(a.path).unwrap(),
            Built::Rejected { output, .. } => panic!("{output}"),
        };
        Patient { file, program, toolchain, goarch, build: mode, bytes }
    }

    fn facts(&self) -> DwarfFacts {
        let function = &self.program.functions[0];
        dwarf::read_packages(&self.bytes, &|p| p == function.package, &|f| f == function.symbol).unwrap()
    }

    fn param(&self, i: usize) -> Variable {
        self.facts().functions[&self.program.functions[0].symbol].params[i].clone()
    }

    /// The bytes of a place that a fact came from.
    fn at(&mut self, place: &SectionOffset) -> &mut [u8] {
        let elf = object::File::parse(self.bytes.as_slice()).unwrap();
        let section = elf.section_by_name(place.section).unwrap();
        let (start, size) = section.file_range().unwrap();
        assert!(place.offset + place.len <= size);
        let start = usize::try_from(start + place.offset).unwrap();
        &mut self.bytes[start..start + usize::try_from(place.len).unwrap()]
    }

    /// The expression that holds from a parameter's entry on, and those after it.
    fn expressions(&self, i: usize) -> Vec<SectionOffset> {
        let LocationFact::List(ranges) = self.param(i).location else { panic!("no location list") };
        ranges.into_iter().filter_map(|r| r.at).collect()
    }

    fn checks(&self) -> Vec<Check> {
        let (function, case) = (&self.program.functions[0], &self.file.cases[0]);
        check(
            &self.facts(),
            &Expect {
                symbol: &function.symbol,
                signature: &case.signature,
                build: self.build,
                version: self.toolchain.version,
                arch: Arch::get(self.goarch).unwrap(),
                package_path: &function.package,
                decl_line: Some(function.line),
                inlinable: function.inlinable,
            },
        )
    }

    /// What disagrees, as path, expected and actual.
    fn found(&self) -> Vec<(String, String, String)> {
        let disagreement = |c: Check| match c.judgement {
            Judgement::Disagree { expected, actual, .. } => Some((c.path, expected, actual)),
            Judgement::Agree | Judgement::NotDescribed => None,
            Judgement::Unobserved(why) => panic!("{}: {why}", c.path),
        };
        self.checks().into_iter().filter_map(disagreement).collect()
    }

    /// What disagrees after a patch, which is then taken back.
    fn patched(&mut self, patch: impl FnOnce(&mut Patient)) -> Vec<(String, String, String)> {
        let sound = self.bytes.clone();
        patch(self);
        assert!(self.bytes != sound, "nothing was patched");
        let found = self.found();
        self.bytes = sound;
        found
    }
}

#[track_caller]
fn one(found: &[(String, String, String)], path: &str, expected: &str, actual: &str) {
    let found: Vec<_> = found.iter().map(|(p, e, a)| (p.as_str(), e.as_str(), a.as_str())).collect();
    assert_eq!(found, [(path, expected, actual)]);
}

/// DW_OP_reg0; the register's number is added.
const DW_OP_REG0: u8 = 0x50;

fn sabotage_dwarf(goarch: &'static str, mode: Build) {
    let mut p = Patient::new(goarch, mode);
    assert_eq!(p.found(), [], "{goarch} {mode:?}: the unpatched program");
    let agree = p.checks().iter().filter(|c| c.judgement == Judgement::Agree).count();
    assert!(agree >= 28, "{goarch} {mode:?}: only {agree} of {:#?}", p.checks());
    let arch = Arch::get(goarch).unwrap();
    let op = |n: usize| DW_OP_REG0 + u8::try_from(arch.integer_registers[n].dwarf.unwrap()).unwrap();

    // A register, for one of which nothing is assigned.
    let entry = p.expressions(0).swap_remove(0);
    let found = p.patched(|p| {
        assert_eq!(*p.at(&entry), [op(0)]);
        p.at(&entry)[0] = op(7);
    });
    one(&found, "dwarf.params[0].location", "I0[8] = 8 bytes", "I7[8] = 8 bytes");

    // The two registers of a string, swapped.
    let entry = p.expressions(1).swap_remove(0);
    let found = p.patched(|p| {
        let bytes = p.at(&entry);
        assert_eq!((bytes[0], bytes[3]), (op(1), op(2)));
        bytes.swap(0, 3);
    });
    one(&found, "dwarf.params[1].location", "I1[8] I2[8] = 16 bytes", "I2[8] I1[8] = 16 bytes");
    // The size of its second piece.
    let found = p.patched(|p| p.at(&entry)[5] = 4);
    assert_eq!((found.len(), found[0].0.as_str()), (1, "dwarf.params[1].location"), "{found:#?}");

    // A parameter that says it is a result, and a result that says it is none.
    let flag = p.param(0).flag_at.unwrap();
    let found = p.patched(|p| p.at(&flag)[0] = 1);
    one(&found, "dwarf.params[0].variable_parameter", "false", "true");
    let flag = p.param(4).flag_at.unwrap();
    let found = p.patched(|p| p.at(&flag)[0] = 0);
    one(&found, "dwarf.results[0].variable_parameter", "true", "false");

    // The name stands before the flag: `s` becomes `r`.
    let flag = p.param(1).flag_at.unwrap();
    let name = SectionOffset { offset: flag.offset - 2, len: 1, ..flag };
    let found = p.patched(|p| {
        assert_eq!(*p.at(&name), *b"s");
        p.at(&name)[0] = b'r';
    });
    let paths: Vec<_> = found.iter().map(|(p, ..)| p.as_str()).collect();
    assert_eq!(paths, ["dwarf.order", "dwarf.params[1].name"], "{found:#?}");

    // The offset of a field.
    let facts = p.facts();
    let pair = facts.types.iter().find_map(|t| match &t.shape {
        Shape::Struct { members } if t.name.as_deref().is_some_and(|n| n.ends_with(".Pair")) => Some(members),
        _ => None,
    });
    let offset = pair.unwrap()[1].offset_at.clone().unwrap();
    let found = p.patched(|p| {
        assert_eq!(*p.at(&offset), [8]);
        p.at(&offset)[0] = 4;
    });
    assert_eq!((found.len(), found[0].0.as_str()), (1, "dwarf.params[2].type"), "{found:#?}");
    assert!(found[0].2.contains("offset 4"), "{found:#?}");

    // Not to be flagged: where a parameter is later on is for the compiler to choose.
    if let Some(later) = p.expressions(0).get(1).cloned() {
        let found = p.patched(|p| match p.at(&later) {
            [whole] => *whole = op(5),
            [.., operand] => *operand ^= 1,
            [] => panic!("an expression of no bytes"),
        });
        assert_eq!(found, [], "a later range");
    }
}

#[test]
fn patched_dwarf_is_found_in_optimised_amd64() {
    sabotage_dwarf("amd64", Build::Opt);
}

#[test]
fn patched_dwarf_is_found_in_unoptimised_amd64() {
    sabotage_dwarf("amd64", Build::Noopt);
}

#[test]
fn patched_dwarf_is_found_in_optimised_arm64() {
    sabotage_dwarf("arm64", Build::Opt);
}

#[test]
fn ruined_dwarf_is_never_agreement() {
    for section in [".debug_info", ".debug_abbrev"] {
        let mut p = Patient::new("amd64", Build::Opt);
        p.at(&SectionOffset { section, offset: 0, len: 64 }).fill(0xff);
        let function = &p.program.functions[0];
        let read = dwarf::read_packages(&p.bytes, &|x| x == function.package, &|f| f == function.symbol);
        if read.is_ok() {
            let agreed = p.checks().iter().all(|c| matches!(c.judgement, Judgement::Agree | Judgement::NotDescribed));
            assert!(!agreed, "{section}: {:#?}", p.checks());
        }
    }
}

/// The program in a cache that holds just one.
fn program(cache: &Path) -> PathBuf {
    let list = |dir: &Path| std::fs::read_dir(dir).unwrap().flatten().map(|e| e.path()).collect::<Vec<_>>();
    let shelves = list(&cache.join("artifacts"));
    let mut found: Vec<_> = shelves.iter().flat_map(|s| list(s)).filter(|e| e.is_dir()).collect();
    assert_eq!(found.len(), 1);
    found.swap_remove(0).join("program")
}

/// Where a text stands in a program.
fn find(bytes: &[u8], text: &str) -> usize {
    bytes.windows(text.len()).position(|w| w == text.as_bytes()).unwrap()
}

const TEXT: &str = "sabotage/plain/text";
const OTHERS: [&str; 2] = ["sabotage/plain/placed", "sabotage/plain/neighbour"];

#[test]
fn a_patched_program_is_judged_by_what_it_does() {
    let place = Place::without_artifacts();
    let run = |code: u8| -> Record {
        place.run(&fixtures("sabotage"), &[]).failed(code, &[]);
        place.record()
    };
    let record = run(0);
    assert_eq!(record.totals.pass, 3);
    let program = program(&place.path("cache"));
    let sound = std::fs::read(&program).unwrap();
    let patched = |patch: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = sound.clone();
        patch(&mut bytes);
        replace(&program, &bytes);
    };

    // What the function returns, and nothing else.
    patched(&|b| {
        let at = find(b, "patch me if you can");
        b[at] = b'm';
    });
    let record = run(1);
    fails(&record, TEXT, "values", "vectors[0].results[1]", "\"match me if you can\"");
    for case in OTHERS {
        assert_eq!(cell(&record, case).outcome, Outcome::Pass);
    }

    // A transcript that is not this program's: nothing in it is believed.
    patched(&|b| {
        let at = find(b, "goabi 1 ");
        b[at + 6] = b'2';
    });
    let record = run(1);
    assert_eq!((record.totals.pass, record.totals.fail), (0, 3));
    for c in &record.cells {
        let unobserved: Vec<&str> = c.unobserved().map(|(oracle, _)| oracle).collect();
        assert!(["values", "panics", "layout"].iter().all(|o| unobserved.contains(o)), "{}: {unobserved:?}", c.cell);
    }
    assert_eq!(record.findings, [], "silence is no wrong value");

    // A program whose first instruction is nowhere: it comes to nothing.
    patched(&|b| {
        let entry = object::elf::FileHeader64::<object::Endianness>::parse(b.as_slice()).unwrap();
        assert!(entry.e_entry.get(entry.endian().unwrap()) > 0);
        let at = std::mem::offset_of!(object::elf::FileHeader64<object::Endianness>, e_entry);
        b[at..at + 8].fill(0);
    });
    let record = run(3);
    assert_eq!((record.totals.pass, record.findings.len()), (0, 0));
    assert_eq!(record.problems.iter().map(|p| p.kind).collect::<Vec<_>>(), [ProblemKind::NotExecuted]);
    assert!(record.cells.iter().all(|c| c.outcome == Outcome::Fail));

    // And back again.
    replace(&program, &sound);
    assert_eq!(run(0).totals.pass, 3);
    place.is_clean();
}
