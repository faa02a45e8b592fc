//! The command line.

use crate::audit::Level;
use crate::exit;
use crate::witness::How;
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::fmt::Write;
use std::path::PathBuf;

/// Differential cross-architecture ABI test harness for Go.
#[derive(Debug, Parser)]
#[command(name = "goabi", version, about, after_help = exit_help(), propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    /// Never fetch anything.
    #[arg(long, global = true)]
    pub offline: bool,
    /// The folder for toolchains, emulators and built programs [default: goabi in the user's cache folder; also GOABI_CACHE].
    #[arg(long, global = true, value_name = "DIR")]
    pub cache: Option<PathBuf>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Build, run and judge; write the reports.
    Run(Run),
    /// Compare a development tip of Go with a release: has tip a finding that the release has not?
    Nightly(Box<Nightly>),
    /// Find the first release with a finding, or the first without it.
    Bisect(Box<Bisect>),
    /// Print the cells, one a line. Builds and fetches nothing.
    List(List),
    /// Check case files and expectations, and nothing else.
    Check(Check),
    /// Render an old record again.
    Report(Report),
    /// Compare two records; exit code 1 when something regressed.
    Diff(Diff),
    /// Say where each word of a function's parameters and results travels, port by port.
    Explain(Box<Explain>),
    /// Compare the code of Go binaries with their unwinding tables, without running them.
    Audit(Box<Audit>),
    /// Run a Go binary, and compare its unwinding tables with the machine at each instruction of some functions.
    Step(Step),
    /// Print a JSON schema.
    Schema(Schema),
    /// Say what is on this machine, and what each missing part costs.
    Doctor(Doctor),
    /// Bring what is missing: toolchains and emulators.
    Setup(Setup),
    /// The cache on disk.
    Cache(Cache),
}

/// Which cells.
#[derive(Args, Clone, Debug)]
pub struct Selection {
    /// Cells: topic/file/case@toolchain/target/build/call; parts left out, or *, widen.
    #[arg(value_name = "SELECTOR")]
    pub selectors: Vec<String>,
    /// Targets: linux/arm64, arm64, or all; commas between [default: linux/amd64,linux/arm64, or what the selectors name].
    #[arg(long, value_name = "LIST")]
    pub target: Vec<String>,
    /// Toolchains: versions, tip, or paths of GOROOTs; commas between [default: GOABI_GO, else what the selectors name, else Go on PATH].
    #[arg(long, value_name = "LIST")]
    pub go: Vec<String>,
    /// Build modes: opt, noopt, noregabi; commas between [default: opt,noopt].
    #[arg(long, value_name = "LIST")]
    pub build: Vec<String>,
    /// Call kinds, and chains of two like defer_late+method_value; commas between [default: all kinds].
    #[arg(long, value_name = "LIST", long_help = calls_help())]
    pub call: Vec<String>,
    /// Sets of stress, like move or gc+clobberdead; commas between [default: none, or what the profile has].
    #[arg(long, value_name = "LIST", long_help = stress_help())]
    pub stress: Vec<String>,
    /// Which cells there are where none are named: quick, default, thorough, or a file of one's own.
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Case files, or folders of them [default: cases/suite].
    #[arg(long, value_name = "PATH")]
    pub cases: Vec<PathBuf>,
    /// Files of expectations, or folders of them [default: cases/expectations where --cases is not given].
    #[arg(long, value_name = "PATH")]
    pub expectations: Vec<PathBuf>,
}

/// `goabi run`.
#[derive(Args, Debug)]
pub struct Run {
    #[command(flatten)]
    pub selection: Selection,
    /// Where the reports go.
    #[arg(long, value_name = "DIR", default_value = "target/goabi")]
    pub out: PathBuf,
    /// A program is stopped when it writes no record for so long.
    #[arg(long, value_name = "SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..))]
    pub timeout: u64,
    /// A program that is watched is stopped when one call takes so long.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    pub watch_timeout: u64,
    /// A build is stopped after so long; `go version` too, and after a minute at most.
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..))]
    pub build_timeout: u64,
    /// A program is stopped when it has printed, or written to files in its folder, so much.
    #[arg(long, value_name = "MIB", default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..))]
    pub max_output: u64,
    /// A program is stopped when it uses so much memory.
    #[arg(long, value_name = "MIB", default_value_t = 2048, value_parser = clap::value_parser!(u64).range(16..))]
    pub max_memory: u64,
    /// Run every program again, also those that did nothing that failed when they ran before.
    #[arg(long)]
    pub fresh: bool,
    /// How programs are watched: native (under gdbserver, the host's port only), emulated, none; commas between.
    #[arg(long, value_name = "LIST", default_value = "native,emulated", value_delimiter = ',')]
    pub observe: Vec<Observe>,
    /// How many cases share a program, at most.
    #[arg(long, value_name = "N", default_value_t = crate::chunks::CASES_PER_PROGRAM, hide = true)]
    pub cases_per_program: usize,
    /// How long each call is repeated under the stress preempt and singlestep.
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 20, value_parser = clap::value_parser!(u64).range(..=10_000))]
    pub repeat: u64,
    /// No progress, only the summary.
    #[arg(long, short)]
    pub quiet: bool,
}

/// A way of watching programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Observe {
    /// The machine itself, under gdbserver.
    Native,
    /// An emulator with a debug stub.
    Emulated,
    /// Registers and memory are not looked at.
    None,
}

impl Observe {
    /// The ways that words name.
    #[must_use]
    pub fn ways(words: &[Observe]) -> Vec<How> {
        let way = |w: &Observe| match w {
            Observe::Native => Some(How::Native),
            Observe::Emulated => Some(How::Emulated),
            Observe::None => None,
        };
        let mut ways: Vec<How> = words.iter().filter_map(way).collect();
        ways.sort();
        ways.dedup();
        ways
    }
}

/// `goabi nightly`.
#[derive(Args, Debug)]
pub struct Nightly {
    /// The release: a version, or the path of a GOROOT [default: Go on PATH, else the newest].
    #[arg(long, value_name = "VERSION")]
    pub release: Option<String>,
    /// The GOROOT of tip, whatever its VERSION says [default: GOABI_TIP, else gotip on PATH].
    #[arg(long, value_name = "GOROOT")]
    pub tip: Option<PathBuf>,
    #[command(flatten)]
    pub run: Run,
}

/// `goabi bisect`. Expectations do not count: a known bug is what one bisects.
#[derive(Args, Debug)]
#[command(
    after_help = "--go takes ranges (1.24.3..1.26, all that can be had of it), versions, tip, and paths of GOROOTs.\n\
    The reports are those of the bad version next to the change.\n\n\
    Exit codes:\n  0    a change was found\n  1    all versions that were tried are alike\n  \
    2    a mistake on the command line or in a case file\n  3    something needed is missing or broken\n  \
    4    no version could be told good or bad\n  130  interrupted"
)]
pub struct Bisect {
    #[command(flatten)]
    pub run: Run,
    /// Only findings of these oracles count; commas between [default: all].
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub oracle: Vec<String>,
    /// Try every version, so that what comes and goes is seen.
    #[arg(long)]
    pub every: bool,
}

/// `goabi list`.
#[derive(Args, Debug)]
pub struct List {
    #[command(flatten)]
    pub selection: Selection,
}

/// `goabi check`.
#[derive(Args, Debug)]
pub struct Check {
    /// Case files, or folders of them [default: cases/suite, and the expectations beside it].
    pub files: Vec<PathBuf>,
}

/// `goabi report`.
#[derive(Args, Debug)]
pub struct Report {
    /// The record.json of some run.
    pub record: PathBuf,
    /// The format, printed where no folder is given; commas between [default: all, for which a folder is needed].
    #[arg(long, value_name = "ID", long_help = formats_help())]
    pub format: Vec<String>,
    /// Where the reports go, each under its own name.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// `goabi diff`.
#[derive(Args, Debug)]
pub struct Diff {
    /// The record.json of the old run.
    pub old: PathBuf,
    /// The record.json of the new run.
    pub new: PathBuf,
    /// How to print it.
    #[arg(long, value_name = "ID", default_value = "text", value_parser = comparison_formats())]
    pub format: String,
    /// Print cells that are the same, too.
    #[arg(long)]
    pub all: bool,
    /// Whether toolchains belong to what cells are matched by.
    #[arg(long, value_enum, default_value_t = ToolchainMatch::Auto)]
    pub toolchains: ToolchainMatch,
}

/// How `goabi diff` treats the toolchains of cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ToolchainMatch {
    /// Ignored where each record has exactly one and they differ.
    Auto,
    /// Matched.
    Match,
    /// Ignored.
    Ignore,
}

/// `goabi explain`.
#[derive(Args, Debug)]
pub struct Explain {
    /// The function's signature in Go: 'func(n int) (any, error)'.
    #[arg(value_name = "SIGNATURE", required_unless_present = "from")]
    pub signature: Option<String>,
    /// A function of a package of yours instead: ./pkg.Func, ./pkg.Type.Method, or file.go:line.
    #[arg(long, value_name = "FUNCTION", conflicts_with = "signature")]
    pub from: Option<String>,
    /// Targets: linux/arm64, arm64, or all; commas between [default: linux/amd64,linux/arm64].
    #[arg(long, value_name = "LIST")]
    pub target: Vec<String>,
    /// Go versions; commas between [default: the newest known; with --asm, --observe and --from, as for `run`].
    #[arg(long, value_name = "LIST")]
    pub go: Vec<String>,
    /// The build mode: opt, noopt or noregabi [default: opt].
    #[arg(long, value_name = "MODE")]
    pub build: Option<String>,
    /// Add the instructions of such a function, built by a toolchain.
    #[arg(long)]
    pub asm: bool,
    /// Build and run a function of that signature, and tick each word that a machine held where it is said to be.
    #[arg(long, conflicts_with = "abi0")]
    pub observe: bool,
    /// Print the stack layout of ABI0 as a comment for a Go assembly file.
    #[arg(long, conflicts_with = "json")]
    pub abi0: bool,
    /// Print the data as JSON.
    #[arg(long)]
    pub json: bool,
    /// Write a page with maps of the registers.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

/// `goabi audit`.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit codes:\n  0    no finding of the denied level that is not in the baseline\n  1    such findings\n  \
    2    a mistake on the command line: no such file, no Go binary, a port other than amd64 and arm64, a package that does not build\n  \
    3    a toolchain is missing, or a report cannot be written"
)]
pub struct Audit {
    /// Go binaries for amd64 or arm64, of any OS; or packages (./..., ./cmd/x, a folder), whose programs are built first.
    #[arg(value_name = "BINARY|PACKAGES", required = true)]
    pub subjects: Vec<PathBuf>,
    /// What packages are built for: linux/arm64, arm64; commas between [default: linux/amd64,linux/arm64].
    #[arg(long, value_name = "LIST")]
    pub target: Vec<String>,
    /// What packages are built with: versions, tip, or paths of GOROOTs; commas between [default: GOABI_GO, else Go on PATH].
    #[arg(long, value_name = "LIST")]
    pub go: Vec<String>,
    /// How to report.
    #[arg(long, value_enum, default_value_t = AuditFormat::Text)]
    pub format: AuditFormat,
    /// Write the report to a file, and print nothing.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The exit code is 1 if there is a finding of this level or a worse one.
    #[arg(long, value_enum, default_value_t = Deny::Error)]
    pub deny: Deny,
    /// Findings that are known, and do not count.
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write all findings to a file, as a baseline.
    #[arg(long, value_name = "FILE")]
    pub write_baseline: Option<PathBuf>,
}

/// How an audit is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AuditFormat {
    /// For people.
    Text,
    /// All of it.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// A page for a browser.
    Html,
}

/// Which findings of an audit make it fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Deny {
    /// The runtime itself goes wrong.
    Error,
    /// Or debuggers and profilers are misled.
    Warning,
    /// Any.
    Note,
}

impl Deny {
    #[must_use]
    pub fn level(self) -> Level {
        match self {
            Deny::Error => Level::Error,
            Deny::Warning => Level::Warning,
            Deny::Note => Level::Note,
        }
    }
}

/// `goabi step`.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit codes:\n  0    each function was observed from its entry to its return, and nothing is wrong where the runtime looks\n  \
    1    a finding of the level error, or a function that was not observed: not entered, not returned, a limit\n  \
    2    a mistake on the command line: no such file or function, no Go binary, a position-independent one\n  \
    3    something needed is missing or broken: emulator, debug stub\n  \
    130  interrupted"
)]
pub struct Step {
    /// A Go binary for linux, of any port; it is run without arguments.
    #[arg(value_name = "BINARY")]
    pub binary: PathBuf,
    /// Functions, by their names in the function table, as main.main; the first call of each is stepped through.
    #[arg(value_name = "FUNCTION", required = true)]
    pub functions: Vec<String>,
    /// How to report.
    #[arg(long, value_enum, default_value_t = StepFormat::Text)]
    pub format: StepFormat,
    /// Show every instruction that ran, not only those around what is wrong.
    #[arg(long)]
    pub all: bool,
    /// Instructions that are executed in a function, at most; more, and it was not observed.
    #[arg(long, value_name = "N", default_value_t = 500_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub limit: u64,
    /// How long a function may not be entered, and what it calls not return.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    pub timeout: u64,
}

/// How `goabi step` reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StepFormat {
    /// For people.
    Text,
    /// All of it.
    Json,
}

/// `goabi schema`.
#[derive(Args, Debug)]
pub struct Schema {
    /// Of what.
    #[arg(value_enum, default_value_t = SchemaKind::Cases)]
    pub of: SchemaKind,
}

/// The files that have a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaKind {
    /// Case files.
    Cases,
    /// Files of expectations.
    Expectations,
    /// record.json.
    Record,
    /// What `goabi diff --format json` prints.
    Comparison,
    /// What `goabi explain --json` prints.
    Explanation,
    /// Profiles of runs.
    Profile,
    /// What `goabi audit --format json` prints.
    Audit,
    /// What `goabi step --format json` prints.
    Step,
}

/// `goabi doctor`.
#[derive(Args, Debug)]
pub struct Doctor {
    /// Where the reports would go.
    #[arg(long, value_name = "DIR", default_value = "target/goabi")]
    pub out: PathBuf,
}

/// `goabi setup`.
#[derive(Args, Debug)]
pub struct Setup {
    /// Targets: linux/arm64, arm64, or all; commas between [default: linux/amd64,linux/arm64].
    #[arg(long, value_name = "LIST")]
    pub target: Vec<String>,
    /// Toolchains: versions, tip, or paths of GOROOTs; commas between [default: GOABI_GO, else Go on PATH].
    #[arg(long, value_name = "LIST")]
    pub go: Vec<String>,
    /// Bring C compilers too, for calls through C: Zig from PyPI, if a target has none (0.1 GB to fetch, 0.4 GB on disk).
    #[arg(long)]
    pub cgo: bool,
}

/// `goabi cache`.
#[derive(Args, Debug)]
pub struct Cache {
    #[command(subcommand)]
    pub command: CacheCommand,
}

/// What to do with the cache.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum CacheCommand {
    /// Print how many bytes each part takes.
    Size,
    /// Remove what can be rebuilt.
    Clean {
        /// Remove toolchains and emulators, too.
        #[arg(long)]
        all: bool,
    },
}

fn comparison_formats() -> PossibleValuesParser {
    let formats = goabi_reports::compare::render::FORMATS;
    PossibleValuesParser::new(formats.iter().map(|f| PossibleValue::new(f.id).help(f.about)))
}

fn exit_help() -> String {
    let mut out = String::from("Exit codes:\n");
    for (code, meaning) in exit::TABLE {
        let _ = writeln!(out, "  {code:<4} {meaning}");
    }
    out
}

fn calls_help() -> String {
    let mut out = String::from("Call kinds; commas between [default: all]:\n");
    for c in goabi_generators::call::KINDS {
        let _ = writeln!(out, "  {:<17} {}", c.id(), c.about());
    }
    out
}

fn stress_help() -> String {
    let mut out = String::from("Sets of stress, words with a plus between; commas between sets. Words:\n");
    for w in goabi_cases::stress::WORDS {
        let _ = writeln!(out, "  {:<17} {}", w.id, w.about);
    }
    out
}

fn formats_help() -> String {
    let mut out = String::from("Formats; commas between. One is printed where no folder is given [default: all]:\n");
    for r in goabi_reports::render::RENDERERS {
        let _ = writeln!(out, "  {:<10} {} ({})", r.id, r.about, r.file);
    }
    out
}
