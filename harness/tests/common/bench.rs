//! A program whose bytes, and whose model, can be changed between its build and
//! its run: what is then said of it is what the real run says.

// Each test binary uses a part of it.
#![allow(dead_code)]

use super::common::{Place, fixtures, replace, toolchain};
use goabi::c_compilers::CCompilers;
use goabi::chunks::chunks;
use goabi::job::{Shared, program_of};
use goabi::plan::{self, PlannedToolchain, Request, expand};
use goabi::setup::{self, Execs};
use goabi::witness::{How, Observers};
use goabi_cases::arch::Arch;
use goabi_cases::case::CaseFile;
use goabi_cases::cell::{Build, Target};
use goabi_generators::program::Function;
use goabi_reports::record::Record;
use goabi_runners::build::{BuildSpec, Built, Sources, build};
use goabi_runners::cancel::Cancel;
use goabi_runners::observe::dwarf::{self, DwarfFacts, SectionOffset, Variable};
use goabi_runners::process::Limits;
use goabi_runners::provision::Provision;
use goabi_runners::toolchain::Toolchain;
use object::{Object, ObjectSection};
use std::path::PathBuf;

/// The cases of one folder of fixtures, built for one port in one mode.
pub struct Bench {
    _place: Place,
    provision: Provision,
    toolchains: Vec<Toolchain>,
    files: Vec<CaseFile>,
    request: Request,
    execs: Execs,
    observers: Observers,
    c: CCompilers,
    program: PathBuf,
    /// The program as it was built, its DWARF not compressed.
    pub bytes: Vec<u8>,
    functions: Vec<Function>,
    pub goarch: &'static str,
}

impl Bench {
    /// Natively watched where the host runs such programs, else under the
    /// emulator. `None` where that cannot be had, which on the CI it must.
    pub fn new(folder: &str, goarch: &'static str, mode: Build) -> Option<Bench> {
        let (_, toolchain) = toolchain();
        let place = Place::without_artifacts();
        let offline = std::env::var_os("GOABI_OFFLINE").is_some();
        let provision = setup::provision(place.cache.clone(), offline, &Cancel::new()).unwrap();
        let target = Target { goarch: goarch.into() };
        let execs = setup::execs(&provision, std::slice::from_ref(&target)).unwrap();
        let how = if super::common::host() == goarch { How::Native } else { How::Emulated };
        let observers = setup::observers(&provision, &execs, &[how]).unwrap();
        let there = observers.get(goarch).is_some_and(|ways| ways.iter().all(|(_, exec)| exec.is_ok()));
        assert!(there || std::env::var_os("CI").is_none(), "{observers:?}");
        if !there {
            eprintln!("skipped: {goarch} programs cannot be watched here");
            return None;
        }
        let request = Request {
            cases: vec![fixtures(folder)],
            expectations: vec![],
            selectors: vec![],
            targets: vec![target.clone()],
            builds: vec![mode],
            calls: vec!["direct".into()],
            stress: vec![goabi_cases::stress::Stress::NONE],
            profile: None,
        };
        let (files, mistakes) = plan::load(&request.cases).unwrap();
        assert!(mistakes.is_empty(), "{mistakes:#?}");
        let mut bench = Bench {
            _place: place,
            provision,
            toolchains: vec![toolchain],
            files,
            request,
            execs,
            observers,
            c: CCompilers::default(),
            program: PathBuf::new(),
            bytes: vec![],
            functions: vec![],
            goarch,
        };
        bench.build(&target, mode);
        Some(bench)
    }

    fn build(&mut self, target: &Target, mode: Build) {
        let cancel = Cancel::new();
        let shared = self.shared(&cancel);
        let planned = self.planned();
        let job = &expand(&self.files, &self.request, &planned)[0];
        let chunks = chunks(job, &shared);
        assert_eq!(chunks.len(), 1);
        let program = program_of(job, &shared, &chunks[0].iter().collect::<Vec<_>>());
        let sources = Sources { files: program.files.clone() };
        let built = |env: &[(String, String)]| {
            let spec = BuildSpec {
                toolchain: &self.toolchains[0],
                target,
                build: mode,
                stress: goabi_cases::stress::Stress::NONE,
                sources: &sources,
                extra_env: env,
                c: None,
                limits: Limits::BUILD,
            };
            match build(&self.provision.cache, &spec, &cancel).unwrap() {
                Built::Artifact(a) => a.path,
                Built::Rejected { output, .. } => panic!("{output}"),
            }
        };
        let plain = built(&[("GOFLAGS".into(), "-ldflags=-compressdwarf=false".into())]);
        let (bytes, path) = (std::fs::read(plain).unwrap(), built(&[]));
        (self.program, self.bytes, self.functions) = (path, bytes, program.functions);
    }

    fn planned(&self) -> Vec<PlannedToolchain> {
        self.toolchains.iter().map(|t| PlannedToolchain { label: t.label.clone(), version: t.version }).collect()
    }

    fn shared<'a>(&'a self, cancel: &'a Cancel) -> Shared<'a> {
        Shared {
            files: &self.files,
            toolchains: &self.toolchains,
            cache: &self.provision.cache,
            cancel,
            build_limits: Limits::BUILD,
            run_limits: Limits::RUN,
            watch_limits: Limits::WATCH,
            cases_per_program: goabi::chunks::CASES_PER_PROGRAM,
            fresh: true,
            repeat: goabi::job::REPEAT,
            c: &self.c,
            observers: &self.observers,
            wanted: None,
            progress: &|_, _| {},
        }
    }

    /// What a run says of the program with these bytes, by this model.
    pub fn record_by(&self, bytes: &[u8], arch: &'static Arch) -> Record {
        replace(&self.program, bytes);
        let cancel = Cancel::new();
        let mut jobs = expand(&self.files, &self.request, &self.planned());
        jobs[0].arch = arch;
        let record = goabi::session::run(
            &jobs,
            &self.execs,
            &goabi_cases::expectation::Expectations::default(),
            &self.shared(&cancel),
            &[],
        );
        assert!(record.problems.is_empty(), "{:#?}", record.problems);
        record
    }

    /// The same, by the port's own model.
    pub fn record(&self, bytes: &[u8]) -> Record {
        self.record_by(bytes, Arch::get(self.goarch).unwrap())
    }

    /// What DWARF says of the function of a case.
    pub fn facts(&self, case: &str) -> DwarfFacts {
        let f = self.function(case);
        dwarf::read_packages(&self.bytes, &|p| p == f.package, &|s| s == f.symbol).unwrap()
    }

    /// A parameter of a case's function, or a result behind them.
    pub fn variable(&self, case: &str, i: usize) -> Variable {
        self.facts(case).functions[&self.function(case).symbol].params[i].clone()
    }

    pub fn function(&self, case: &str) -> &Function {
        let end = format!("GoabiFunc_{case}");
        self.functions.iter().find(|f| f.symbol.ends_with(&end)).unwrap()
    }

    /// The program with the bytes of one place changed.
    pub fn patched(&self, place: &SectionOffset, change: impl FnOnce(&mut [u8])) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        let elf = object::File::parse(self.bytes.as_slice()).unwrap();
        let (start, size) = elf.section_by_name(place.section).unwrap().file_range().unwrap();
        assert!(place.offset + place.len <= size);
        let start = usize::try_from(start + place.offset).unwrap();
        change(&mut bytes[start..start + usize::try_from(place.len).unwrap()]);
        assert!(bytes != self.bytes, "nothing was patched");
        bytes
    }

    /// The file's bytes at a place.
    pub fn at(&self, place: &SectionOffset) -> Vec<u8> {
        let elf = object::File::parse(self.bytes.as_slice()).unwrap();
        let data = elf.section_by_name(place.section).unwrap().data().unwrap();
        let start = usize::try_from(place.offset).unwrap();
        data[start..start + usize::try_from(place.len).unwrap()].to_vec()
    }
}

/// All findings of a run: oracle, path, what was wanted, what was there.
pub fn said(record: &Record) -> Vec<[&str; 4]> {
    record.findings.iter().map(|f| &f.finding).map(|f| [&*f.oracle, &*f.path, &*f.expected, &*f.actual]).collect()
}
