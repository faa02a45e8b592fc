//! `cargo bench`: where a run's time goes, what goabi itself takes of it, and
//! how all that grows. Everything is measured in one go on one machine, so the
//! ratios mean something; none of it is a test. `cargo bench -- suite sizes`
//! measures only these parts (`suite`, `sizes`, `scale`, `scale10000`, `stops`).

mod floor;
mod many;
mod measure;
mod stops;

use measure::{Bench, Measured, Result};
use std::process::ExitCode;

/// Prints a row of a table.
fn row(name: &str, m: &Measured, base: f64, note: &str) {
    println!(
        "{name:<34} {:>8.2} s {:>6.2}x {:>6.0}% {:>7} MiB  {note}",
        m.wall,
        m.wall / base,
        m.own_share * 100.0,
        m.memory >> 20
    );
}

fn heading(title: &str) {
    println!("\n{title}\n{:<34} {:>10} {:>7} {:>7} {:>11}", "", "wall", "ratio", "ours", "memory");
}

/// The suite as it is run by default, in all states of the cache.
fn suite(b: &Bench) -> Result<()> {
    let cases = b.copy_of_suite()?;
    let plain = cases.join("registers/integers.yaml");
    let dying = cases.join("panics/unrecovered.yaml");
    heading("the suite: 2 targets x 2 builds x all calls (ratio: to a plain `go build` of the same programs)");
    let plan = floor::plan(b, &cases)?;
    b.clear()?;
    let floor = floor::go_build(b, &plan)?;
    println!("{:<34} {floor:>8.2} s {:>6.2}x", format!("go build, {} programs", plan.programs.len()), 1.0);
    b.clear()?;
    let first = b.goabi(&cases, &[])?;
    let per_second =
        format!("{:.0} cases/s, {:.0} cells/s", plan.cases as f64 / first.wall, first.cells as f64 / first.wall);
    row("no artifacts, standard library warm", &first, floor, &per_second);
    row("nothing changed", &b.goabi(&cases, &[])?, floor, "");
    b.edit(&plain, "a7, a8 uint64) uint64", "a7, a8 uint64) int64")?;
    row("one case changed", &b.goabi(&cases, &[])?, floor, "");
    b.edit(&dying, "nobody cares", "nobody minds")?;
    row("one case that dies changed", &b.goabi(&cases, &[])?, floor, "");
    let bare = b.goabi(&cases, &["--fresh", "--observe", "none"])?;
    row("run again (--fresh), not watched", &bare, floor, "");
    for (ways, words) in [("native", "natively"), ("emulated", "under emulators"), ("native,emulated", "in both ways")]
    {
        let m = b.goabi(&cases, &["--fresh", "--observe", ways])?;
        let more = format!("{:.1} s more; {:.0} s of watching", m.wall - bare.wall, m.stage("watch"));
        row(&format!("run again, watched {words}"), &m, floor, &more);
    }
    println!("generated Go: {:.1} lines a case and call (without rt.go)", plan.lines as f64 / plan.calls as f64);
    Ok(())
}

/// What other sizes of programs cost.
fn sizes(b: &Bench) -> Result<()> {
    let cases = b.copy_of_suite()?;
    heading("cases a program at most (ratio: to the default)");
    let default = goabi::chunks::CASES_PER_PROGRAM;
    let mut base = None;
    for n in [default, default / 4, default / 2, default * 2, default * 4] {
        b.clear()?;
        let m = b.goabi(&cases, &["--cases-per-program", &n.to_string()])?;
        let base = *base.get_or_insert(m.wall);
        row(&n.to_string(), &m, base, &format!("build {:.1} s, run {:.1} s", m.stage("build"), m.stage("run")));
    }
    Ok(())
}

/// Many cases, made by a script: time should grow as they do.
fn scale(b: &Bench, counts: &[usize]) -> Result<()> {
    heading("cases by script, host's port, opt, all calls (ratio: time a case, to 250 cases)");
    let mut base = None;
    for n in counts {
        let cases = many::write(b, *n)?;
        b.clear()?;
        let plan = floor::plan_of(b, &cases, &["host"], &["opt"])?;
        let floor = floor::go_build(b, &plan)?;
        b.clear()?;
        // How long watching takes is the suite's question.
        let m = b.goabi(&cases, &["--target", b.host(), "--build", "opt", "--observe", "none"])?;
        let each = m.wall / *n as f64;
        let note = format!(
            "{:.2}x a case; go build {floor:.2} s ({:.2}x); {:.0} cases/s, {:.0} cells/s",
            each / *base.get_or_insert(each),
            m.wall / floor,
            *n as f64 / m.wall,
            m.cells as f64 / m.wall
        );
        row(&format!("{n} cases"), &m, m.wall, &note);
    }
    Ok(())
}

fn run() -> Result<()> {
    // cargo adds `--bench`.
    let asked: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let wants = |part: &str| asked.is_empty() || asked.iter().any(|a| a == part);
    if asked.iter().any(|a| a == "stops-here") {
        return stops::measure_all(&Bench::bare()?, "one processor");
    }
    let b = if asked == ["stops"] { Bench::bare()? } else { Bench::new()? };
    println!("{} on {} processors, {}", b.toolchain.label, measure::processors(), b.host());
    if wants("suite") {
        suite(&b)?;
    }
    if wants("sizes") {
        sizes(&b)?;
    }
    if wants("stops") {
        stops::stops(&b)?;
    }
    if wants("scale10000") {
        scale(&b, &[250, 1000, 10_000])?;
    } else if wants("scale") {
        scale(&b, &[250, 1000])?;
    }
    Ok(())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("the benchmark cannot go on: {e}");
            ExitCode::FAILURE
        }
    }
}
