//! One function that was stepped through: what is wrong, and all its lines.

use super::judge::{Judge, Point};
use super::report::{Claimed, Compared, Finding, FunctionReport, Line, ORACLE};
use crate::audit::{Claim as Side, Place, Symptom, alike, is_mended, known};
use goabi_cases::arch::Arch;
use goabi_runners::observe::disasm::{Symbols, disassemble, starts};
use goabi_runners::observe::step::{Claim, End, PlaceSeen, Stepped, Told};
use goabi_runners::observe::unwind::{Binary, Func, FuncTable, UnwindError};
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// How much of a function is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// Each instruction that ran.
    All,
    /// Each, if something is wrong, else none.
    IfWrong,
}

/// Judges what was seen of a function.
pub(super) fn judged<'a>(
    binary: &Binary<'_>,
    table: &'a FuncTable<'a>,
    func: Func<'a>,
    arch: &Arch,
    seen: &'a Stepped,
    detail: Detail,
) -> Result<FunctionReport, UnwindError> {
    let pushed = if arch.roles.link_register.is_none() { arch.word_size } else { 0 };
    let judge = Judge::new(table, func, pushed.cast_signed(), &seen.places)?;
    let (mut points, mut compared, mut wrong_at) = (Vec::new(), Compared::default(), Vec::new());
    let (mut ran, mut preemptible) = (BTreeSet::new(), BTreeSet::new());
    for (n, place) in seen.places.iter().enumerate() {
        let wrong = judge.points(n)?;
        let safe = judge.preempted_at(place)?.is_some();
        if safe {
            preemptible.insert(place.pc);
        }
        // Of an instruction that was seen in different ways, each is compared.
        if ran.insert(place.pc) {
            compared.pcsp += 1;
            compared.runtime += u64::from(place.claims.runtime.is_some());
            compared.cfi += u64::from(place.claims.cfi.is_some());
            compared.frame_pointer += u64::from(place.claims.frame_pointer.is_some() && judge.is_traced(place));
        }
        wrong_at.push((safe, !wrong.is_empty()));
        points.extend(wrong);
    }
    let told = match detail {
        Detail::All => true,
        Detail::IfWrong => !points.is_empty(),
    };
    let seen_there = seen.places.iter().zip(wrong_at).filter(|_| told);
    let lines = seen_there.map(|(place, (safe, wrong))| line(binary, table, &func, arch, (&judge, place, safe, wrong)));
    let lines = lines.collect();
    let end = func.pcline().end()?.or(func.pcsp().end()?).unwrap_or(func.limit());
    let code = binary.code(func.entry(), end).unwrap_or_default();
    let mut findings = findings(binary, &func, (arch, code), points)?;
    findings.sort_by_key(|f| (Reverse(f.level), f.class, f.place.address));
    let all = starts(&arch.goarch, code).unwrap_or_default();
    Ok(FunctionReport {
        function: seen.function.clone(),
        address: seen.entry,
        not_observed: match &seen.end {
            End::Returned | End::Left => None,
            End::NotEntered(why) => Some(format!("it was not entered: {why}")),
            End::Cut(why) => Some(format!("it was lost before it returned: {why}")),
            End::GivenUp(why) => Some(format!("it was given up before it returned: {why}")),
        },
        given_up: matches!(seen.end, End::GivenUp(_)),
        steps: seen.steps,
        begun: seen.begun,
        instructions: all.len() as u64,
        ran: ran.len() as u64,
        preemptible: preemptible.len() as u64,
        compared,
        findings,
        lines,
    })
}

/// Points that are alike are one finding.
fn findings(
    binary: &Binary<'_>,
    func: &Func<'_>,
    (arch, code): (&Arch, &[u8]),
    points: Vec<Point>,
) -> Result<Vec<Finding>, UnwindError> {
    let frame = func.max_sp_delta()?.unwrap_or_default();
    let mut out = Vec::new();
    for group in alike(points, |p| (p.class, p.pattern)) {
        // The worst one, of these the first.
        let Some(first) = group.iter().max_by_key(|p| (p.level, Reverse(p.pc))) else { continue };
        let source = func.file_line(first.pc)?;
        let offsets: Vec<u32> = group.iter().map(|p| offset(func, p.pc)).collect();
        let (class, pattern) = (first.class, first.pattern);
        let symptom = Symptom { goarch: &arch.goarch, frame, class, pattern, offsets: &offsets, code };
        let known = known(&symptom);
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        out.push(Finding {
            oracle: ORACLE.to_string(),
            class: first.class,
            level: first.level,
            pattern: first.pattern.to_string(),
            place: Place {
                address: first.pc,
                offset: offset(func, first.pc),
                line: source.as_ref().and_then(|(_, line)| u32::try_from(*line).ok()),
                file: source.map(|(file, _)| file.into_owned()),
            },
            points: number(group.iter().map(|p| p.pc).collect::<BTreeSet<_>>().len()),
            preemptible: number(group.iter().filter(|p| p.preemptible).map(|p| p.pc).collect::<BTreeSet<_>>().len()),
            claims: first.claims.iter().map(|(by, says)| Side { by: (*by).to_string(), says: says.clone() }).collect(),
            danger: first.class.danger().to_string(),
            issue: known.map(|k| k.issue.to_string()),
            fixed_in: known.and_then(|k| k.fixed_in).map(str::to_string),
            regressed: known.is_some_and(|k| is_mended(binary, k)),
        });
    }
    Ok(out)
}

fn offset(func: &Func<'_>, pc: u64) -> u32 {
    u32::try_from(pc - func.entry()).unwrap_or(u32::MAX)
}

fn line(
    binary: &Binary<'_>,
    table: &FuncTable<'_>,
    func: &Func<'_>,
    arch: &Arch,
    (judge, place, preemptible, here): (&Judge<'_>, &PlaceSeen, bool, bool),
) -> Line {
    let claimed = |claim: &Claim| Claimed {
        cfa: told(&claim.cfa),
        return_address: told(&claim.return_address),
        finds_caller: judge.finds_caller(place, claim),
        why: why(&claim.cfa).or(why(&claim.return_address)),
    };
    let name = |address: u64| {
        let name = table.find(address).ok().flatten().and_then(|f| f.name().ok().map(str::to_string));
        name.unwrap_or_else(|| format!("{address:#x}"))
    };
    Line {
        offset: offset(func, place.pc),
        text: instruction(binary, func, arch, place.pc),
        stops: place.stops,
        cfa: place.cfa,
        return_address: place.return_address,
        pcsp: claimed(&place.claims.pcsp),
        runtime: place.claims.runtime.as_ref().map(claimed),
        cfi: place.claims.cfi.as_ref().map(claimed),
        frame_pointer: place.claims.frame_pointer.as_ref().map(claimed),
        preemptible,
        behind_call: place.behind_call,
        left_to: place.left_to.map(name),
        here,
    }
}

fn told<T: Copy>(told: &Told<T>) -> Option<T> {
    match told {
        Told::Is(value) => Some(*value),
        Told::Nothing(_) | Told::Inapplicable => None,
    }
}

fn why<T>(told: &Told<T>) -> Option<String> {
    match told {
        Told::Nothing(why) => Some(why.clone()),
        Told::Is(_) | Told::Inapplicable => None,
    }
}

/// One instruction in words: its bytes where there is no decoder for the port.
fn instruction(binary: &Binary<'_>, func: &Func<'_>, arch: &Arch, pc: u64) -> String {
    let rest = binary.code(pc, func.limit()).unwrap_or_default();
    let len = starts(&arch.goarch, rest).and_then(|s| s.get(1).copied()).unwrap_or(rest.len() as u64);
    let bytes = usize::try_from(len).ok().and_then(|len| rest.get(..len)).unwrap_or(rest);
    match disassemble(&arch.goarch, bytes, pc, &Symbols::default()) {
        Some(all) => all.into_iter().map(|i| i.text).collect::<Vec<_>>().join("; "),
        None => bytes.iter().map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(" "),
    }
}
