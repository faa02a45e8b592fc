//! `goabi explain`.

use super::{CommandError, Common};
use crate::c_compilers::CCompilers;
use crate::cli::Explain;
use crate::explain::asm::{Bench, assembly};
use crate::explain::case::staged;
use crate::explain::from;
use crate::explain::make::{Column, Subject, explain};
use crate::explain::observe::observe;
use crate::job::Shared;
use crate::witness::How;
use crate::{exit, plan, setup};
use goabi_cases::arch::Arch;
use goabi_cases::cell::{Build, Target};
use goabi_cases::mistake::Source;
use goabi_cases::scope::Scope;
use goabi_cases::version::{BadVersion, GoVersion};
use goabi_cases::{mistake::Mistake, resolve};
use goabi_reports::explain::text::Style;
use goabi_reports::explain::{frame, html, model, text};
use goabi_runners::error::RunnerError;
use goabi_runners::package;
use goabi_runners::process::Limits;
use goabi_runners::provision::{NEWEST, Provision};
use goabi_runners::toolchain::Toolchain;
use std::io::IsTerminal;
use std::path::Path;

/// What a mistake in a signature names as its file.
const PLACE: &str = "the signature";

pub(super) fn run(common: &Common, args: &Explain) -> Result<u8, CommandError> {
    let mut targets = plan::targets(&args.target)?;
    if targets.is_empty() {
        targets = super::default_targets(&[])?;
    }
    let mode = build(args)?;
    // What works from the signature alone needs no toolchain, and asks for none.
    let goroots = args.go.iter().flat_map(|w| w.split(',')).any(|w| w.contains('/'));
    let needed = args.asm || args.from.is_some() || goroots;
    let tools = if needed || args.observe { Some(tools(common, args, needed)?) } else { None };
    let subject = match (&args.from, &tools) {
        (Some(words), Some(tools)) => imported(common, tools, words, &targets)?,
        (Some(_), None) | (None, _) => written(args.signature.as_deref().unwrap_or_default())?,
    };
    let versions = match &tools {
        Some(tools) => tools.versions(),
        None => versions(&args.go)?,
    };
    let columns = columns(&targets, &versions, mode);
    let mut explanation = explain(&subject, &columns).map_err(|e| CommandError::Usage(e.to_string()))?;
    if let Some(tools) = &tools {
        if args.asm {
            assemble(common, tools, &subject, &columns, &mut explanation)?;
        }
        if args.observe {
            watch(common, tools, &subject, (&targets, &columns), &mut explanation)?;
        }
    }
    show(args, &explanation)?;
    Ok(exit::OK)
}

/// Toolchains, and where they build.
struct Tools {
    provision: Provision,
    toolchains: Vec<Toolchain>,
    /// Versions whose toolchain cannot be had, and why: these are explained and not observed.
    missing: Vec<(GoVersion, String)>,
}

impl Tools {
    fn versions(&self) -> Vec<GoVersion> {
        self.toolchains.iter().map(|t| t.version).chain(self.missing.iter().map(|(v, _)| *v)).collect()
    }
}

/// The toolchains asked for; where they are not `needed`, those that there are.
fn tools(common: &Common, args: &Explain, needed: bool) -> Result<Tools, CommandError> {
    let provision = setup::provision(common.cache.clone(), common.offline, &common.cancel)?;
    let (mut toolchains, mut missing) = (Vec::new(), Vec::new());
    match setup::toolchains(&provision, &args.go, &[]) {
        Ok(all) => toolchains = all,
        Err(e) if needed || matches!(e, RunnerError::Cancelled) => return Err(e.into()),
        Err(_) => {
            for version in versions(&args.go)? {
                match provision.toolchain(&version.to_string()) {
                    Ok(t) => toolchains.push(t),
                    Err(RunnerError::Cancelled) => return Err(RunnerError::Cancelled.into()),
                    Err(e) => missing.push((version, e.to_string())),
                }
            }
        }
    }
    Ok(Tools { provision, toolchains, missing })
}

/// Ticks what a machine held, port by port.
fn watch(
    common: &Common,
    tools: &Tools,
    subject: &Subject,
    (targets, columns): (&[Target], &[Column]),
    e: &mut model::Explanation,
) -> Result<(), CommandError> {
    let staged = match staged(&subject.signature, &subject.declarations) {
        Ok(staged) => staged,
        Err(why) => {
            e.ports.iter_mut().for_each(|p| p.not_observed = Some(why.clone()));
            return Ok(());
        }
    };
    let execs = setup::execs(&tools.provision, targets)?;
    let observers = setup::observers(&tools.provision, &execs, &[How::Native, How::Emulated])?;
    let shared = Shared {
        files: std::slice::from_ref(&staged.file),
        toolchains: &tools.toolchains,
        cache: &tools.provision.cache,
        cancel: &common.cancel,
        build_limits: Limits::BUILD,
        run_limits: Limits::BUILD,
        watch_limits: Limits::WATCH,
        cases_per_program: 1,
        fresh: false,
        repeat: crate::job::REPEAT,
        c: &CCompilers::default(),
        observers: &observers,
        wanted: None,
        progress: &|_, _| {},
    };
    for (column, port) in columns.iter().zip(&mut e.ports) {
        match tools.toolchains.iter().position(|t| t.version == column.version) {
            Some(toolchain) => observe(port, (column, toolchain), &staged.untold, &execs, &shared)?,
            None => {
                let missing = tools.missing.iter().find(|(v, _)| *v == column.version);
                port.not_observed = Some(missing.map_or("there is no toolchain".into(), |(_, why)| why.clone()));
            }
        }
    }
    Ok(())
}

/// The function of somebody's package, as the first toolchain and target have it.
fn imported(common: &Common, tools: &Tools, words: &str, targets: &[Target]) -> Result<Subject, CommandError> {
    let (pattern, wanted) = from::request(words).map_err(CommandError::Usage)?;
    let (Some(toolchain), Some(target)) = (tools.toolchains.first(), targets.first()) else {
        return Err(CommandError::Usage("there is no toolchain or no target".into()));
    };
    let here = std::env::current_dir().map_err(|e| CommandError::Output(format!("the current folder: {e}")))?;
    let request = (pattern.as_str(), &wanted, target.goarch.as_str());
    let found = package::look_up(toolchain, &tools.provision.cache, &here, request, common.offline, &common.cancel)?;
    let function = found.map_err(|why| CommandError::Usage(format!("--from {words}: {why}")))?;
    from::subject(&function).map_err(|e| CommandError::Usage(format!("--from {words}: {}", e.message)))
}

/// Adds the instructions, port by port.
fn assemble(
    common: &Common,
    tools: &Tools,
    subject: &Subject,
    columns: &[Column],
    e: &mut model::Explanation,
) -> Result<(), CommandError> {
    for (column, port) in columns.iter().zip(&mut e.ports) {
        let Some(toolchain) = tools.toolchains.iter().find(|t| t.version == column.version) else { continue };
        let bench = Bench { toolchain, cache: &tools.provision.cache, cancel: &common.cancel };
        let target = Target { goarch: column.arch.goarch.clone() };
        let function = (&subject.signature, subject.declarations.as_str());
        port.assembly = Some(match column.build.applies(column.arch, column.version) {
            Ok(()) => assembly(&bench, function, &target, column.build)?,
            Err(why) => model::Assembly { source: String::new(), lines: vec![], none: Some(why) },
        });
    }
    Ok(())
}

/// The signature on the command line.
fn written(text: &str) -> Result<Subject, CommandError> {
    let text = text.trim();
    let (name, nameless) = without_name(text);
    let scope = Scope::empty().map_err(|e| CommandError::Usage(e.message))?;
    let signature = resolve::signature(&scope, &nameless).map_err(|e| {
        // What a case file may do, a command line cannot.
        let help = e.help.filter(|h| !h.contains("types:") && !h.contains("decls:")).or_else(|| hint(&e.message));
        CommandError::Signature(Box::new(Source::new(Path::new(PLACE), text).mistake(e.at, e.message, help)))
    })?;
    let text = nameless.split_whitespace().collect::<Vec<_>>().join(" ").replacen("func (", "func(", 1);
    Ok(Subject { name, signature, text, declarations: String::new() })
}

/// What would be right, where the message alone does not say it.
fn hint(message: &str) -> Option<String> {
    if message.contains("is not declared") || message.contains("goabi can look into") {
        return Some("write what it is declared as, or explain your own function with --from ./pkg.Func".into());
    }
    let none = message.contains("not Go") || message.contains("Go is wanted");
    none.then(|| "a signature is wanted, like 'func(n int) (v any, err error)'".into())
}

/// A signature as it stands in a file has the function's name behind `func`.
/// Gives the name, and the text with blanks in its place, so that all else
/// stays where it is.
fn without_name(text: &str) -> (String, String) {
    let Some(rest) = text.strip_prefix("func ") else { return (String::new(), text.to_string()) };
    let rest = rest.trim_start();
    let start = text.len() - rest.len();
    let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
    let (name, tail) = rest.split_at(length);
    if name.is_empty() || !tail.trim_start().starts_with('(') {
        return (String::new(), text.to_string());
    }
    (name.to_string(), format!("{}{}{tail}", &text[..start], " ".repeat(length)))
}

/// The versions asked for, as far as a model needs them.
fn versions(asked: &[String]) -> Result<Vec<GoVersion>, CommandError> {
    let mut out = Vec::new();
    for word in asked.iter().flat_map(|w| w.split(',')).map(str::trim).filter(|w| !w.is_empty()) {
        let version = word.parse().map_err(|e: BadVersion| CommandError::Usage(format!("--go: {e}")))?;
        if !out.contains(&version) {
            out.push(version);
        }
    }
    if out.is_empty() {
        out.push(NEWEST);
    }
    Ok(out)
}

fn build(args: &Explain) -> Result<Build, CommandError> {
    let word = args.build.as_deref().unwrap_or(Build::Opt.id());
    let known = || Build::ALL.map(Build::id).join(", ");
    Ok(Build::from_id(word).ok_or_else(|| plan::PlanError::BadBuild(word.to_string(), known()))?)
}

fn columns(targets: &[Target], versions: &[GoVersion], build: Build) -> Vec<Column> {
    let arches = targets.iter().filter_map(|t| Arch::get(&t.goarch));
    arches.flat_map(|arch| versions.iter().map(move |version| Column { arch, version: *version, build })).collect()
}

fn show(args: &Explain, e: &model::Explanation) -> Result<(), CommandError> {
    let failed = |e: goabi_reports::render::RenderError| CommandError::Output(e.to_string());
    if let Some(path) = &args.html {
        super::run::write_text(path, &html::render(e))?;
        eprintln!("goabi: {}", path.display());
    }
    if args.json {
        print!("{}", model::json(e).map_err(failed)?);
    } else if args.abi0 {
        print!("{}", frame::render(e));
    } else if args.html.is_none() {
        let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        print!("{}", text::render(e, Style { colour, width: width() }));
    }
    Ok(())
}

/// Characters to a line: what the shell says, if it does.
fn width() -> usize {
    let said = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
    said.filter(|n| *n >= 40).unwrap_or(100)
}

/// Prints a mistake in the signature with a caret.
pub(super) fn print_mistake(m: Mistake) {
    eprintln!("goabi: {}", m.message);
    eprintln!("{:?}", miette::Report::new(m));
}
