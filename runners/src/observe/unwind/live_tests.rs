//! The tables of real programs, against what Go itself says of them: the
//! runtime, `debug/gosym`, the symbol table, the compiler's listing, and
//! `.debug_frame`, which the linker makes from `pcsp`.

use super::*;
use crate::cache::CacheDirs;
use crate::cancel::Cancel;
use crate::goenv;
use crate::provision::Provision;
use crate::toolchain::Toolchain;
use goabi_cases::arch::Arch;
use object::{Object, ObjectSymbol, SymbolKind};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

const PROGRAM: &str = include_str!("live_fixture.go");

/// A toolchain, and a folder with the program's sources.
struct Go {
    toolchain: Toolchain,
    gocache: PathBuf,
    dir: tempfile::TempDir,
}

impl Go {
    /// On the CI there must be one; elsewhere its lack is said and the test ends.
    fn new() -> Option<Go> {
        let cache = CacheDirs::open(CacheDirs::default_root().unwrap()).unwrap();
        let provision = Provision::new(cache, true, Cancel::new(), Box::new(|_| {}));
        let asked = std::env::var("GOABI_GO").ok().filter(|go| !go.is_empty());
        let toolchain = match asked.map_or_else(|| provision.default_toolchain(), |go| provision.toolchain(&go)) {
            Ok(toolchain) => toolchain,
            Err(why) => {
                assert!(std::env::var_os("CI").is_none(), "{why}");
                eprintln!("not tested: {why}");
                return None;
            }
        };
        let gocache = provision.cache.gocache(&toolchain.fingerprint);
        fs::create_dir_all(&gocache).unwrap();
        let dir = tempfile::tempdir().unwrap();
        // Go ignores a go.mod in the temporary folder itself.
        let sources = dir.path().join("sources");
        fs::create_dir(&sources).unwrap();
        fs::write(sources.join("go.mod"), "module tables\n\ngo 1.21\n").unwrap();
        fs::write(sources.join("main.go"), PROGRAM).unwrap();
        Some(Go { toolchain, gocache, dir })
    }

    /// What a command says on both of its outputs.
    fn says(&self, mut command: Command) -> String {
        let path = self.dir.path().join("said");
        let out = File::create(&path).unwrap();
        let status = command.stdout(out.try_clone().unwrap()).stderr(out).status().unwrap();
        let said = fs::read_to_string(&path).unwrap();
        assert!(status.success(), "{command:?}: {said}");
        said
    }

    /// Builds the program, and says what the compiler said.
    fn build(&self, (goos, goarch): (&str, &str), flags: &[&str]) -> (PathBuf, String) {
        let path = self.dir.path().join(format!("{goos}-{goarch}{}", flags.join("")).replace(' ', ""));
        let mut go = goenv::command(&self.toolchain.goroot, self.dir.path(), &self.gocache);
        go.env("GOOS", goos).env("GOARCH", goarch).current_dir(self.dir.path().join("sources"));
        go.args(["build", "-trimpath", "-buildvcs=false", "-o"]).arg(&path).args(flags).arg(".");
        let said = self.says(go);
        (path, said)
    }

    /// Asks the program for pcs: its own, or those of another binary.
    fn ask(&self, program: &Path, other: Option<&Path>, pcs: &BTreeSet<u64>) -> BTreeMap<u64, Answer> {
        let asked = self.dir.path().join("asked");
        fs::write(&asked, pcs.iter().map(|pc| format!("{pc:x}\n")).collect::<String>()).unwrap();
        let mut command = Command::new(program);
        command.args(other).stdin(File::open(&asked).unwrap());
        let number = |text: &str| u64::from_str_radix(text, 16).unwrap();
        let said = self.says(command);
        said.lines()
            .map(|line| {
                let words: Vec<&str> = line.split('\t').collect();
                let [pc, entry, name, file, line] = words[..] else { panic!("{line}") };
                let answer = Answer { entry: number(entry), name: name.into(), file: file.into(), line: line.into() };
                (number(pc), answer)
            })
            .collect()
    }
}

/// What is said of a pc.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    entry: u64,
    name: String,
    file: String,
    line: String,
}

fn host() -> (&'static str, &'static str) {
    ("linux", if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" })
}

/// As the runtime prints names of generic functions.
fn printed(name: &str) -> String {
    match (name.find('['), name.rfind(']')) {
        (Some(open), Some(close)) if open < close => format!("{}[...]{}", &name[..open], &name[close + 1..]),
        _ => name.to_string(),
    }
}

/// A pc in the middle of each run of lines, and each entry.
fn pcs(table: &FuncTable<'_>) -> BTreeSet<u64> {
    let mut out = BTreeSet::new();
    for f in table.functions() {
        let f = f.unwrap();
        // Code of another language has no lines.
        if !f.pcline().is_absent() {
            out.insert(f.entry());
            let middles = f.pcline().runs().map(|r| r.unwrap()).map(|r| r.from + (r.to - r.from) / 2);
            // The runtime is asked for what returns to the next pc, which may be
            // the next function's.
            out.extend(middles.filter(|pc| pc + 1 < f.limit()));
        }
    }
    out
}

/// What our reader says of a pc: of the innermost inlined function, or of that
/// which has the code.
fn ours(table: &FuncTable<'_>, pc: u64, innermost: bool) -> Answer {
    let f = table.find(pc).unwrap().unwrap();
    let inlined = f.inlined_at(pc).unwrap().next().map(|call| call.unwrap().name);
    let name = inlined.filter(|_| innermost).unwrap_or(f.name().unwrap());
    let (file, line) = f.file_line(pc).unwrap().unwrap();
    Answer { entry: f.entry(), name: name.to_string(), file: file.into_owned(), line: line.to_string() }
}

/// `pcsp` and `.debug_frame` of each function must say the same. Says how many
/// functions there were.
fn depths_agree(binary: &Binary<'_>, table: &FuncTable<'_>) -> usize {
    let arch = Arch::get(binary.goarch().unwrap()).unwrap();
    let sp = arch.roles.stack_pointer.dwarf.unwrap();
    let pushed = if arch.roles.link_register.is_none() { i64::from(arch.word_size as u32) } else { 0 };
    let sections = binary.cfi().unwrap();
    let cfi = sections.read();
    assert!(cfi.unreadable().is_empty(), "{:?}", cfi.unreadable());
    let mut context = CfiContext::default();
    for entry in cfi.entries() {
        let f = table.find(entry.from).unwrap().unwrap();
        assert_eq!((entry.from, Some(entry.to)), (f.entry(), f.end().unwrap()));
        let mut rows: Vec<(u64, u64, i64)> = Vec::new();
        for row in cfi.rows(entry, None, &mut context).unwrap() {
            let row = row.unwrap();
            let CfaRule::Register { register, offset } = row.cfa else { panic!("{row:?}") };
            assert_eq!(register, sp);
            match rows.last_mut() {
                // The linker ends the last row one byte early.
                Some(last) if last.2 == offset - pushed => last.1 = row.to,
                _ => rows.push((row.from, row.to, offset - pushed)),
            }
        }
        let runs: Vec<_> = f.pcsp().runs().map(|r| r.unwrap()).map(|r| (r.from, r.to, i64::from(r.value))).collect();
        assert_eq!(rows, runs, "{}", f.name().unwrap());
    }
    cfi.entries().len()
}

/// Nothing of it is unreadable, and there is some of everything.
fn whole(binary: &Binary<'_>, go: &Go) {
    let census = Census::take(binary).unwrap();
    assert_eq!((census.unreadable, census.without_code, census.cfi_unreadable), (0, 0, 0), "{census:?}");
    assert!(census.functions > 1000 && census.runs > 20 * census.functions, "{census:?}");
    let Census { inlined, bitmaps, arg_infos, open_coded_defers, stack_objects, wrappers, .. } = census;
    let some = [inlined, bitmaps, arg_infos, open_coded_defers, stack_objects, wrappers];
    assert!(some.iter().all(|n| *n > 0), "{census:?}");
    assert_eq!(binary.build_info().unwrap().version, go.toolchain.version_text);
    let table = binary.functions().unwrap();
    let deferred = table.functions().map(|f| f.unwrap()).find(|f| f.name().unwrap() == "main.deferred").unwrap();
    assert!(deferred.open_coded_defers().unwrap().is_some() && deferred.deferreturn().is_some());
    let tree = deferred.inline_tree().unwrap().unwrap();
    let names: BTreeSet<&str> = tree.calls().unwrap().map(|c| c.unwrap().name).collect();
    assert!(names.is_superset(&BTreeSet::from(["main.inner", "main.outer"])), "{names:?}");
}

#[test]
fn the_runtime_and_gosym_say_the_same() {
    let Some(go) = Go::new() else { return };
    let (teller, _) = go.build(host(), &[]);
    let bytes = fs::read(&teller).unwrap();
    let binary = Binary::open(&bytes).unwrap();
    let table = binary.functions().unwrap();
    whole(&binary, &go);
    let pcs = pcs(&table);
    let first = table.get(0).unwrap().name().unwrap();
    let says = go.ask(&teller, None, &pcs);
    assert_eq!(says.len(), pcs.len());
    for (pc, said) in says {
        let ours = ours(&table, pc, true);
        // The runtime takes a name at the beginning of the table of names for none.
        let name = if ours.name == first { String::new() } else { printed(&ours.name) };
        let ours = Answer { name, ..ours };
        assert_eq!(ours, said, "{pc:#x}");
    }
    // Of another byte order and word size.
    let (other, _) = go.build(("linux", "mips"), &[]);
    let bytes = fs::read(&other).unwrap();
    let binary = Binary::open(&bytes).unwrap();
    let table = binary.functions().unwrap();
    assert_eq!((binary.goarch(), binary.word_size(), table.quantum()), (Some("mips"), 4, 4));
    whole(&binary, &go);
    let says = go.ask(&teller, Some(&other), &self::pcs(&table));
    assert!(says.len() > 10_000);
    for (pc, said) in says {
        assert_eq!(ours(&table, pc, false), said, "{pc:#x}");
    }
}

#[test]
fn symbols_and_depths_agree() {
    let Some(go) = Go::new() else { return };
    for target in [host(), ("linux", "s390x"), ("linux", "mips"), ("darwin", "arm64"), ("windows", "amd64")] {
        let (path, _) = go.build(target, &[]);
        let bytes = fs::read(&path).unwrap();
        let binary = Binary::open(&bytes).unwrap();
        let table = binary.functions().unwrap();
        assert_eq!(binary.goarch(), Some(target.1));
        assert!(depths_agree(&binary, &table) > 1000, "{target:?}");
        let file = object::File::parse(&*bytes).unwrap();
        let mut same = 0;
        for s in file.symbols().filter(|s| s.kind() == SymbolKind::Text && s.address() != 0) {
            let Some(f) = table.find(s.address()).unwrap().filter(|f| f.entry() == s.address()) else { continue };
            // The linker's own symbols, as of the text's beginning, are nobody's.
            let (name, own) = (s.name().unwrap(), f.name().unwrap());
            // As those of C there.
            let name = if target.0 == "darwin" { name.strip_prefix('_').unwrap_or(name) } else { name };
            let Some(abi) = name.strip_prefix(own) else { continue };
            assert!(["", ".abi0", ".abiinternal"].contains(&abi), "{target:?} {name} {own}");
            // Only ELF says sizes.
            let end = f.end().unwrap().filter(|_| s.size() != 0);
            assert!(end.is_none_or(|end| end - f.entry() == s.size()), "{target:?} {name}");
            same += 1;
        }
        // At least: assembly may call one function by two names.
        assert!(same >= table.len() - 4, "{target:?}: {same} of {}", table.len());
    }
}

#[test]
fn stripped_and_position_independent_binaries_say_as_much() {
    let Some(go) = Go::new() else { return };
    let stripped = "-ldflags=-s -w";
    let names = |target, flags: &[&str]| {
        let (path, _) = go.build(target, flags);
        let bytes = fs::read(&path).unwrap();
        let binary = Binary::open(&bytes).unwrap();
        whole(&binary, &go);
        assert_eq!(flags.contains(&stripped), binary.cfi().unwrap().read().entries().is_empty());
        let table = binary.functions().unwrap();
        let names: Vec<String> = table.functions().map(|f| f.unwrap().name().unwrap().to_string()).collect();
        (binary.is_position_independent(), names)
    };
    let plain = names(host(), &[]);
    assert!(!plain.0);
    assert_eq!(names(host(), &[stripped]), plain);
    assert_eq!(names(host(), &["-buildmode=pie", stripped]), (true, plain.1));
    let windows = ("windows", "amd64");
    assert_eq!(names(windows, &[stripped]), names(windows, &[]));
}

#[test]
fn the_compilers_listing_says_the_same() {
    let Some(go) = Go::new() else { return };
    let (path, said) = go.build(("linux", "amd64"), &["-gcflags=-S"]);
    let bytes = fs::read(&path).unwrap();
    let binary = Binary::open(&bytes).unwrap();
    let table = binary.functions().unwrap();
    let mut compared = 0;
    for name in ["main.deferred", "main.sinking", "main.main"] {
        let f = table.functions().map(|f| f.unwrap()).find(|f| f.name().unwrap() == name).unwrap();
        let listing = said.split_once(&format!("\n{name} STEXT ")).unwrap().1;
        let (head, rest) = listing.split_once('\n').unwrap();
        let word = |name: &str| head.split(' ').find_map(|w| w.strip_prefix(name)).unwrap();
        assert_eq!(word("size="), (f.end().unwrap().unwrap() - f.entry()).to_string());
        assert_eq!(word("args="), format!("{:#x}", f.args().unwrap()));
        let mut funcdata = BTreeSet::new();
        let mut pcdata: BTreeMap<u32, BTreeMap<u64, i32>> = BTreeMap::new();
        for line in rest.lines().take_while(|l| l.starts_with("\t0x")).filter(|l| !l.contains("\tPCDATA\t$2")) {
            let words: Vec<&str> = line.split('\t').collect();
            let dollar = |text: &str| text.split(", ").next().unwrap().trim_start_matches('$').parse::<u32>().unwrap();
            match words[..] {
                [_, _, "FUNCDATA", what] => {
                    funcdata.insert(dollar(what));
                }
                [_, pc, "PCDATA", what] => {
                    let pc = u64::from_str_radix(&pc[2..6], 16).unwrap();
                    let value = what.split_once(", $").unwrap().1.parse().unwrap();
                    pcdata.entry(dollar(what)).or_default().insert(pc, value);
                }
                _ => {}
            }
        }
        // The linker makes the inline tree.
        let kinds = FuncData::ALL.into_iter().filter(|k| *k != FuncData::InlTree);
        let have: BTreeSet<u32> =
            kinds.filter(|k| f.funcdata_offset(*k).is_some()).map(|k| k.number().into()).collect();
        assert_eq!(have, funcdata, "{name}");
        for kind in [PcData::UnsafePoint, PcData::StackMapIndex, PcData::ArgLiveIndex] {
            let mut want = String::new();
            let mut value = NO_VALUE;
            for (pc, next) in pcdata.get(&kind.number()).into_iter().flatten() {
                if *next != value {
                    writeln!(want, "{pc:#x} {next}").unwrap();
                    compared += 1;
                }
                value = *next;
            }
            let runs = f.pcdata(kind).runs().map(|r| r.unwrap());
            let starts = runs.filter(|r| (r.from, r.value) != (f.entry(), NO_VALUE));
            let got: String = starts.map(|r| format!("{:#x} {}\n", r.from - f.entry(), r.value)).collect();
            assert_eq!(got, want, "{name} {kind:?}");
        }
    }
    assert!(compared > 20, "{compared}");
}
