//! `unwind`: whether the unwinding tables are right wherever a goroutine can be
//! stopped in a function under test: at each instruction that it executes, by the
//! machine, and at each that it has, by its code.
//!
//! What must hold is the runtime's own demand (`isAsyncSafePoint` in
//! `runtime/preempt.go`, `(*unwinder).next` in `runtime/traceback.go`), and that of
//! DWARF 5, 6.4: a row of call frame information holds at each pc of its range.

use super::{Oracle, Subject};
use crate::audit::{Claim, Class, Finding as Audited, Level, about_issue};
use crate::step::{Finding as Stepped, FunctionReport, drawing};
use crate::unwinding::{Audit, Stepped as Seen};
use crate::witness::How;
use goabi_reports::verdict::{Basis, Verdict};

pub(super) struct Kind;

impl Oracle for Kind {
    fn id(&self) -> &'static str {
        "unwind"
    }
    fn about(&self) -> &'static str {
        "unwinding tables at each instruction, against the machine and the code"
    }
    fn judge(&self, s: &Subject) -> Vec<Verdict> {
        if !s.cell.stress.is_none() {
            return vec![Verdict::Inapplicable("unwinding is looked at in cells without stress".into())];
        }
        let Some(u) = s.unwinding else {
            return vec![Verdict::Inapplicable("unwinding is looked at in programs without C".into())];
        };
        if s.cell.call != u.home {
            let why = format!("unwinding is looked at in the cells of `{}`", u.home);
            return vec![Verdict::Inapplicable(why)];
        }
        let mut out = match &u.stepped {
            Seen::Skipped(why) => vec![Verdict::Inapplicable(format!("not stepped through: {why}"))],
            Seen::Unavailable(why) => vec![Verdict::Unobserved(why.clone())],
            Seen::Seen(how, all) => all.iter().flat_map(|(vector, f)| stepped(s, *how, *vector, f)).collect(),
        };
        match &u.audit {
            Audit::Skipped(why) => out.push(Verdict::Inapplicable(why.clone())),
            Audit::Unavailable(why) => out.push(Verdict::Unobserved(why.clone())),
            Audit::Seen(functions, findings) => {
                // What is not wrong agrees, function by function.
                let mut wrong: Vec<&str> = findings.iter().map(|f| f.function.as_str()).collect();
                wrong.dedup();
                let sound = usize::try_from(*functions).unwrap_or(usize::MAX).saturating_sub(wrong.len());
                out.extend(std::iter::repeat_n(Verdict::Agree, sound));
                out.extend(findings.iter().map(|f| audited(s, f)));
            }
        }
        out
    }
}

/// Whether something wrong counts: where a goroutine may be stopped, the runtime's
/// tables and those for debuggers must be right. Elsewhere it is recorded.
fn counts(class: Class, level: Level, preemptible: u32) -> bool {
    match level {
        Level::Error => true,
        Level::Warning => class == Class::Cfi && preemptible > 0,
        Level::Note => false,
    }
}

fn recorded(class: Class, pattern: &str) -> Verdict {
    Verdict::Inapplicable(format!("recorded, where no goroutine is stopped: {} ({})", pattern, class.id()))
}

fn stepped(s: &Subject, how: How, vector: usize, f: &FunctionReport) -> Vec<Verdict> {
    let mut out = Vec::new();
    if let Some(why) = &f.not_observed {
        // What was seen of it is judged.
        out.push(match f.given_up {
            true => Verdict::Inapplicable(why.clone()),
            false => Verdict::Unobserved(format!("vectors[{vector}]: {}: {why} ({how})", f.function)),
        });
    }
    for finding in &f.findings {
        out.push(match counts(finding.class, finding.level, finding.preemptible) {
            true => disagree(s, how, vector, f, finding),
            false => recorded(finding.class, &finding.pattern),
        });
    }
    if f.findings.is_empty() && (f.not_observed.is_none() || f.given_up) {
        out.push(Verdict::Agree);
    }
    out
}

fn disagree(s: &Subject, how: How, vector: usize, f: &FunctionReport, finding: &Stepped) -> Verdict {
    let (want, got) = sides(&finding.pattern, finding.issue.as_deref(), &finding.claims);
    let mut evidence = vec![
        format!(
            "{} at +{:#x}, {} such instructions, {} preemptible",
            f.function, finding.place.offset, finding.points, finding.preemptible
        ),
        format!("seen {how}"),
    ];
    evidence.extend(drawing(f, finding.place.offset).lines().map(str::to_string));
    evidence.push(finding.danger.clone());
    evidence.extend(about_issue(finding.issue.as_deref(), finding.fixed_in.as_deref(), finding.regressed));
    s.finding("unwind", format!("vectors[{vector}].{}", finding.class.id()), Basis::Spec, want, got, evidence)
}

fn audited(s: &Subject, f: &Audited) -> Verdict {
    if !counts(f.class, f.level, f.preemptible) {
        return recorded(f.class, &f.pattern);
    }
    let (want, got) = sides(&f.pattern, f.issue.as_deref(), &f.claims);
    let mut evidence = vec![
        format!(
            "{} at +{:#x}, {} such instructions, {} preemptible",
            f.function, f.place.offset, f.points, f.preemptible
        ),
        "seen in the code".to_string(),
    ];
    evidence.extend(f.disassembly.iter().map(|l| {
        let cell = |n: Option<i64>| n.map_or_else(|| "?".to_string(), |n| n.to_string());
        let mark = if l.here { ">" } else { " " };
        let (sp, pcsp) = (cell(l.sp.map(i64::from)), cell(l.pcsp.map(i64::from)));
        format!("{mark} {:>#7x}  SP {sp:>8}  pcsp {pcsp:>8}  CFI {:>8}  {}", l.offset, cell(l.cfi), l.text)
    }));
    evidence.push(f.danger.clone());
    evidence.extend(f.about_issue());
    s.finding("unwind", format!("code.{}", f.class.id()), Basis::Spec, want, got, evidence)
}

/// What the machine or the code has, and what is wrong with what the tables say:
/// a known bug by its name, so that an expectation of it forgives nothing else.
fn sides(pattern: &str, issue: Option<&str>, claims: &[Claim]) -> (String, String) {
    let said = |c: &Claim| format!("{}: {}", c.by, c.says);
    let named = issue.map_or_else(|| pattern.to_string(), |issue| format!("{pattern} ({issue})"));
    match claims.split_first() {
        Some((truth, others)) => {
            let got = std::iter::once(named).chain(others.iter().map(said)).collect::<Vec<_>>();
            (said(truth), got.join("; "))
        }
        None => ("tables that are right wherever a goroutine can be stopped".to_string(), named),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_misleads_where_goroutines_are_stopped_counts() {
        assert!(counts(Class::Pcsp, Level::Error, 0));
        assert!(counts(Class::Cfi, Level::Warning, 1));
        // Nobody is stopped there.
        assert!(!counts(Class::Cfi, Level::Warning, 0));
        assert!(!counts(Class::Pcsp, Level::Warning, 0));
        assert!(!counts(Class::Cfi, Level::Note, 1));
    }

    #[test]
    fn both_sides_are_told() {
        let claim = |by: &str, says: &str| Claim { by: by.into(), says: says.into() };
        let claims = [claim("the machine", "16 bytes"), claim("pcsp", "32 bytes"), claim("CFI", "16 bytes")];
        let (want, got) = sides("deeper", None, &claims);
        assert_eq!((want.as_str(), got.as_str()), ("the machine: 16 bytes", "deeper; pcsp: 32 bytes; CFI: 16 bytes"));
        assert_eq!(sides("in steps", Some("golang/go#1"), &claims[..2]).1, "in steps (golang/go#1); pcsp: 32 bytes");
        assert_eq!(sides("no check", None, &[]).1, "no check");
    }
}
