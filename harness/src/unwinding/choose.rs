//! Which of a case's functions is stepped through, and in which units.

use crate::exhibits::Picks;
use goabi_cases::case::{RecoveredBy, Want};
use goabi_generators::program::{Function, Program, Unit, UnitKind};

/// The call kind whose functions are stepped through where a case has it.
const FIRST: &str = "direct";

/// What is chosen for one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    /// Index into the program's cases.
    pub case: usize,
    /// The call kind in whose cell the case's functions are judged.
    pub home: &'static str,
    /// The function's symbol; or why none can be stepped through.
    pub function: Result<String, String>,
    /// The units in which it is, each with the vector.
    pub units: Vec<(u32, usize)>,
}

/// One function a case, which several call kinds share, in the unit of a vector
/// that lets it return, and of one that lets it recover a panic: then it goes on at
/// another instruction. Only what is judged is chosen.
pub(crate) fn choose(program: &Program, all: &[Picks<'_>]) -> Vec<Choice> {
    let mut out = Vec::new();
    for (case, picks) in all.iter().enumerate() {
        let Some(home) = [FIRST].into_iter().chain(picks.calls.iter().copied()).find(|c| picks.wanted.contains(c))
        else {
            continue;
        };
        let reached = |f: &&Function| f.case == case && f.calls.contains(&home);
        let functions: Vec<&Function> = program.functions.iter().filter(reached).collect();
        let Some(function) = functions.iter().find(|f| !f.inlinable) else {
            let why = match functions.is_empty() {
                true => "the call reaches no function under test that is known",
                false => "the function may be inlined, and is then not entered",
            };
            out.push(Choice { case, home, function: Err(why.into()), units: vec![] });
            continue;
        };
        let mine = |u: &Unit| match u.kind {
            UnitKind::Call { call, vector } => {
                (u.case == case && call == home && function.vectors.contains(&vector)).then_some(vector)
            }
            UnitKind::Types => None,
        };
        let units = (0u32..).zip(&program.units).filter_map(|(n, u)| Some((n, mine(u)?, u.isolated)));
        let alive: Vec<(u32, usize)> = units.filter(|(.., dies)| !dies).map(|(n, vector, _)| (n, vector)).collect();
        let wants = |is: fn(&Want) -> bool| {
            alive.iter().copied().find(|(_, vector)| picks.case.vectors.get(*vector).is_some_and(|v| is(&v.want)))
        };
        let returns = wants(|w| matches!(w, Want::Returns(_)));
        let recovers = wants(|w| matches!(w, Want::Recovered { by: RecoveredBy::Callee, .. }));
        let mut units: Vec<(u32, usize)> = returns.into_iter().chain(recovers).collect();
        if units.is_empty() {
            units.extend(alive.first());
        }
        units.sort_unstable();
        let function = match units.is_empty() {
            true => Err("each call of it ends the process".into()),
            false => Ok(function.symbol.clone()),
        };
        out.push(Choice { case, home, function, units });
    }
    out
}
