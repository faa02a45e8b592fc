//! Building a generated program, or taking it from the cache.

use crate::c_compiler::CCompiler;
use crate::cache::{CacheDirs, make};
use crate::cancel::Cancel;
pub use crate::diagnostics::Diagnostic;
use crate::diagnostics::{packages, parse};
use crate::digest::{Parts, sha256_file};
use crate::error::{Result, RunnerError, how};
use crate::goenv;
use crate::lock::Lock;
use crate::process::{self, Completed, Limits, Stop, show};
use crate::store::{Entry, Slot};
use crate::toolchain::Toolchain;
use goabi_cases::cell::{Build, Target};
use goabi_cases::stress::{PROFILE, Stress};
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Part of every entry's key: raise it when the way of building changes.
const FORMAT: &str = "goabi artifact 1";

/// A whole program. Its main package lies at its root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// Relative path, with forward slashes, to text. A `go.mod` is among them.
    pub files: BTreeMap<String, String>,
}

/// What to build, and with what.
#[derive(Clone, Debug)]
pub struct BuildSpec<'a> {
    pub toolchain: &'a Toolchain,
    pub target: &'a Target,
    pub build: Build,
    pub stress: Stress,
    pub sources: &'a Sources,
    /// On top of our own environment, such as a `GOEXPERIMENT`.
    pub extra_env: &'a [(String, String)],
    /// What compiles the sources' C, and links all of it statically; without one
    /// there is no C in them.
    pub c: Option<&'a CCompiler>,
    pub limits: Limits,
}

/// How a build ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Built {
    Artifact(Artifact),
    /// The compiler, assembler or loader found mistakes in the sources; an
    /// internal compiler error with a position is among these.
    Rejected {
        diagnostics: Vec<Diagnostic>,
        /// All that was printed.
        output: String,
    },
}

/// A program on disk.
#[derive(Clone, Debug, PartialEq)]
pub struct Artifact {
    pub path: PathBuf,
    /// SHA-256 of the binary.
    pub digest: String,
    /// Whether it was there already.
    pub cached: bool,
    /// How long this call took.
    pub wall: Duration,
}

/// Builds a program, unless an entry of the same sources, toolchain, flags,
/// environment and target is in the cache and sound. Two runs that want the
/// same thing at once build it once. Rejections are remembered as well.
///
/// # Errors
///
/// Whatever is not the sources' fault: the go command fails, hangs, says
/// success without a binary, the disk is full. Never for mistakes in sources.
pub fn build(cache: &CacheDirs, spec: &BuildSpec<'_>, cancel: &Cancel) -> Result<Built> {
    let start = Instant::now();
    let flags = flags(spec);
    let slot = Slot::lock(cache, &key(spec, &flags), cancel)?;
    let (entry, cached) = match slot.get()? {
        Some(entry) => (entry, true),
        None => (make_entry(cache, spec, &flags, &slot, cancel)?, false),
    };
    Ok(match entry {
        Entry::Rejected { diagnostics, output } => Built::Rejected { diagnostics, output },
        Entry::Program { sha256, .. } => {
            Built::Artifact(Artifact { path: slot.program(), digest: sha256, cached, wall: start.elapsed() })
        }
    })
}

fn make_entry(
    cache: &CacheDirs,
    spec: &BuildSpec<'_>,
    flags: &[String],
    slot: &Slot,
    cancel: &Cancel,
) -> Result<Entry> {
    let scratch = cache.temp("build-")?;
    let (sources, new) = (scratch.path().join("src"), scratch.path().join("new"));
    write_sources(&sources, spec.sources)?;
    make(&new)?;
    let program = Slot::program_in(&new);
    let cmd = command(cache, spec, flags, scratch.path(), &sources, &program);
    let shown = show(&cmd);
    let standard = StandardLibrary::wait(cache, spec, cancel)?;
    let done = process::run(cmd, &spec.limits, None, cancel)?;
    let entry = if done.success() {
        standard.built();
        program_entry(&shown, &program, &done)?
    } else {
        rejected_entry(cache, shown, spec.sources, &done)?
    };
    slot.put(&new, &entry)?;
    Ok(entry)
}

/// The standard library of one target and build in Go's cache. Go does not
/// keep two builds that start at once from compiling it twice; so the first one
/// does it, and all others wait for that.
enum StandardLibrary {
    There,
    Mine { marker: PathBuf, _lock: Lock },
}

impl StandardLibrary {
    fn wait(cache: &CacheDirs, spec: &BuildSpec<'_>, cancel: &Cancel) -> Result<StandardLibrary> {
        let mut parts = Parts::new();
        parts.add(&spec.target.goarch);
        for text in spec.build.go_flags() {
            parts.add(text);
        }
        for (name, value) in environment(spec) {
            parts.add(name).add(value);
        }
        if let Some(c) = spec.c {
            parts.add(&c.fingerprint);
        }
        // In Go's cache, so that it goes when that is cleaned.
        let dir = cache.gocache(&spec.toolchain.fingerprint);
        make(&dir)?;
        let marker = dir.join(format!("goabi-std-{}", parts.hex()));
        if marker.exists() {
            return Ok(StandardLibrary::There);
        }
        let lock = Lock::exclusive(&marker.with_extension("lock"), cancel)?;
        Ok(if marker.exists() { StandardLibrary::There } else { StandardLibrary::Mine { marker, _lock: lock } })
    }

    fn built(self) {
        match self {
            StandardLibrary::There => {}
            // Without the marker others wait for each other, and no more.
            StandardLibrary::Mine { marker, _lock } => drop(fs::write(marker, "")),
        }
    }
}

fn program_entry(command: &str, program: &Path, done: &Completed) -> Result<Entry> {
    let mut magic = [0; 4];
    match fs::File::open(program).and_then(|mut f| f.read_exact(&mut magic)) {
        Ok(()) if magic == *b"\x7fELF" => {}
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            let (command, path) = (command.to_string(), program.to_path_buf());
            return Err(RunnerError::NoOutput { command, path, output: done.output() });
        }
        Ok(()) | Err(_) => {
            return Err(RunnerError::NotAnElf { command: command.to_string(), path: program.to_path_buf() });
        }
    }
    let (sha256, size) = sha256_file(program)?;
    Ok(Entry::Program { sha256, size, built_in: done.wall })
}

/// A failed build: a rejection only if the go command itself ended it, with
/// diagnostics that point into our sources.
fn rejected_entry(cache: &CacheDirs, command: String, sources: &Sources, done: &Completed) -> Result<Entry> {
    let output = done.output();
    let packages = packages(&output);
    match done.stopped {
        Some(Stop::Cancelled) => return Err(RunnerError::Cancelled),
        Some(stop) => return Err(RunnerError::GoStopped { command, stop, packages, output }),
        None => {}
    }
    if output.contains("no space left on device") {
        return Err(RunnerError::DiskFull { path: cache.root().to_path_buf() });
    }
    let diagnostics = parse(&output, |file| sources.files.contains_key(file));
    let exited = matches!(done.ended, process::Ended::Exited(_));
    if diagnostics.is_empty() || !exited {
        return Err(RunnerError::GoTool { command, how: how(done.ended, done.stopped), packages, output });
    }
    Ok(Entry::Rejected { diagnostics, output })
}

fn command(
    cache: &CacheDirs,
    spec: &BuildSpec<'_>,
    flags: &[String],
    scratch: &Path,
    sources: &Path,
    program: &Path,
) -> Command {
    let gocache = cache.gocache(&spec.toolchain.fingerprint);
    let mut cmd = goenv::command(&spec.toolchain.goroot, scratch, &gocache);
    cmd.arg("build").args(flags).arg("-o").arg(program).arg(".");
    cmd.current_dir(sources).env("GOOS", "linux").env("GOARCH", &spec.target.goarch);
    cmd.envs(environment(spec));
    if let Some(c) = spec.c {
        cmd.env("CGO_ENABLED", "1").env("CC", c.command()).envs(c.env.iter().map(|(name, value)| (name, value)));
    }
    cmd
}

/// What the go command gets on top of our own environment.
fn environment<'a>(spec: &BuildSpec<'a>) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
    let experiment = spec.build.experiment().map(|e| ("GOEXPERIMENT", e));
    let stress = spec.stress.words().flat_map(|w| w.build_env).copied();
    experiment
        .into_iter()
        .chain(stress)
        .chain(spec.extra_env.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

/// The arguments of `go build`.
///
/// `-trimpath` keeps the temporary folder out of DWARF and the binary. `-e`
/// makes the compiler report all errors instead of the first ten; it goes to
/// the program's own packages alone, so that the standard library's packages
/// are those that any other build with the same flags uses.
fn flags(spec: &BuildSpec<'_>) -> Vec<String> {
    let mut flags: Vec<String> = ["-trimpath", "-buildvcs=false"].map(String::from).to_vec();
    flags.extend(spec.build.go_flags().iter().map(|f| (*f).to_string()));
    flags.extend(spec.stress.words().flat_map(|w| w.build_args).map(|f| (*f).to_string()));
    if spec.c.is_some() {
        // Static, so that an emulator needs no libraries of the port's.
        flags.push("-ldflags=-linkmode=external -extldflags=-static".to_string());
    }
    let all = spec.build.go_flags().iter().find_map(|f| f.strip_prefix("-gcflags=all="));
    if let Some(module) = module(spec.sources) {
        // Stress is for the program's own packages as well: each compiler flag
        // more would be another standard library.
        let version = spec.toolchain.version;
        let stress: Vec<&str> = spec.stress.words().flat_map(|w| w.compiler_flags(version)).collect();
        // The go command runs the compiler in the folder where it was called itself.
        let profile = format!("-pgoprofile={PROFILE}");
        let profile = spec.stress.words().any(|w| w.profiled).then_some(profile.as_str());
        let own: Vec<&str> = all.into_iter().chain(stress).chain(profile).chain(["-e"]).collect();
        let own = own.join(" ");
        // For each package, the last pattern that matches it counts.
        flags.push(format!("-gcflags={module}/...={own}"));
    }
    flags
}

/// The module's path, from its `go.mod`.
fn module(sources: &Sources) -> Option<&str> {
    let line = sources.files.get("go.mod")?.lines().find_map(|l| l.trim().strip_prefix("module "))?;
    line.split("//").next().map(|m| m.trim().trim_matches('"')).filter(|m| !m.is_empty())
}

fn key(spec: &BuildSpec<'_>, flags: &[String]) -> String {
    let mut parts = Parts::new();
    parts.add(FORMAT).add(&spec.toolchain.fingerprint).add(&spec.target.goarch);
    parts.add(flags.len().to_string());
    flags.iter().for_each(|flag| {
        parts.add(flag);
    });
    parts.add(environment(spec).count().to_string());
    for (name, value) in environment(spec) {
        parts.add(name).add(value);
    }
    for (path, text) in &spec.sources.files {
        parts.add(path).add(text);
    }
    if let Some(c) = spec.c {
        parts.add("c").add(&c.fingerprint).add(c.command());
    }
    parts.hex()
}

fn write_sources(dir: &Path, sources: &Sources) -> Result<()> {
    for (name, text) in &sources.files {
        let inside = !name.is_empty() && Path::new(name).components().all(|c| matches!(c, Component::Normal(_)));
        if !inside {
            return Err(RunnerError::BadSourcePath { path: name.clone() });
        }
        let path = dir.join(name);
        make(path.parent().unwrap_or(dir))?;
        fs::write(&path, text).map_err(RunnerError::io("write", &path))?;
    }
    make(dir)
}

#[cfg(test)]
#[path = "build_tests.rs"]
mod tests;
