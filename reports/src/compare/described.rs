//! How much of the functions under test DWARF describes, before and now.

use crate::function::{FunctionRecord, VariableRecord};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The budget, in thousandths: an optimiser may move a location a little, but
/// what was described and is not any more by more than this is a loss.
const BUDGET: u64 = 20;

/// Parameters or results of one target and build, over the functions that have
/// code on both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Described {
    /// `linux-arm64`.
    pub target: String,
    /// `opt` or `noopt`.
    pub build: String,
    /// What is described.
    pub what: What,
    /// How many functions are compared.
    pub functions: u64,
    /// How it was.
    pub old: Share,
    /// How it is.
    pub new: Share,
}

/// Parameters and results are told apart: of results an optimised build says
/// little (golang/go#50990).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum What {
    Parameters,
    Results,
}

/// Pairs of a variable and an instruction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Share {
    /// At which the variable has a location.
    pub described: u64,
    /// All.
    pub instructions: u64,
}

impl What {
    /// The word in reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            What::Parameters => "parameters",
            What::Results => "results",
        }
    }
}

impl Share {
    fn add(&mut self, of: &[(u64, u64)]) {
        for (described, instructions) in of {
            self.described += described;
            self.instructions += instructions;
        }
    }

    /// In thousandths, rounded down.
    #[must_use]
    pub fn thousandths(self) -> u64 {
        (self.described * 1000).checked_div(self.instructions).unwrap_or(0)
    }

    /// As `61.2 %`.
    #[must_use]
    pub fn percent(self) -> String {
        let n = self.thousandths();
        format!("{}.{} %", n / 10, n % 10)
    }
}

impl Described {
    /// Whether more than the budget is not described any more.
    #[must_use]
    pub fn less(&self) -> bool {
        self.new.thousandths() + BUDGET < self.old.thousandths()
    }
}

/// Compares two sides' functions, matched by target, build, case and symbol,
/// and by toolchain unless that is ignored.
#[must_use]
pub fn described<'a>(
    old: impl IntoIterator<Item = &'a FunctionRecord>,
    new: impl IntoIterator<Item = &'a FunctionRecord>,
    ignore_toolchains: bool,
) -> Vec<Described> {
    let key = |f: &'a FunctionRecord| {
        let toolchain = if ignore_toolchains { "" } else { f.toolchain.as_str() };
        (toolchain, f.target.as_str(), f.build.as_str(), f.case.as_str(), f.symbol.as_str())
    };
    let before: BTreeMap<_, &FunctionRecord> = old.into_iter().map(|f| (key(f), f)).collect();
    let mut sums: BTreeMap<(&str, &str, What), Described> = BTreeMap::new();
    for f in new {
        let Some(was) = before.get(&key(f)) else { continue };
        for what in [What::Parameters, What::Results] {
            let (Some(a), Some(b)) = (counts(was, what), counts(f, what)) else { continue };
            let sum = sums.entry((&f.target, &f.build, what)).or_insert_with(|| Described {
                target: f.target.clone(),
                build: f.build.clone(),
                what,
                functions: 0,
                old: Share::default(),
                new: Share::default(),
            });
            sum.functions += 1;
            sum.old.add(&a);
            sum.new.add(&b);
        }
    }
    sums.into_values().collect()
}

/// For each variable of a kind: at how many instructions it is described, and
/// of how many. `None` where there is none, or they were not counted.
fn counts(f: &FunctionRecord, what: What) -> Option<Vec<(u64, u64)>> {
    let instructions = f.code?.instructions?;
    let mine = |v: &&VariableRecord| v.result == (what == What::Results);
    let all: Vec<(u64, u64)> =
        f.variables.iter().filter(mine).map(|v| Some((v.described?, instructions))).collect::<Option<_>>()?;
    (!all.is_empty()).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::CodeRecord;

    fn function(instructions: u64, params: &[u64], results: &[u64]) -> FunctionRecord {
        let variable = |result: bool| {
            move |n: &u64| VariableRecord {
                name: "v".into(),
                result,
                ty: "int".into(),
                assigned: "R{ I0 }".into(),
                locations: vec![],
                described: Some(*n),
            }
        };
        FunctionRecord {
            case: "t/f/c".into(),
            toolchain: "go1.27.3".into(),
            target: "linux-amd64".into(),
            build: "opt".into(),
            symbol: "p.f".into(),
            calls: vec![],
            assignment: vec![],
            code: Some(CodeRecord { text_bytes: 1, frame_bytes: None, instructions: Some(instructions) }),
            variables: params.iter().map(variable(false)).chain(results.iter().map(variable(true))).collect(),
            instructions: vec![],
            not_disassembled: None,
        }
    }

    #[test]
    fn shares_are_over_variables_and_instructions() {
        let all = described([&function(10, &[10, 5], &[0])], [&function(20, &[20, 9], &[2])], false);
        let texts: Vec<_> = all.iter().map(|d| (d.what.word(), d.old.percent(), d.new.percent(), d.less())).collect();
        assert_eq!(
            texts,
            [
                ("parameters", "75.0 %".to_string(), "72.5 %".to_string(), true),
                ("results", "0.0 %".to_string(), "10.0 %".to_string(), false)
            ]
        );
    }

    #[test]
    fn a_little_less_is_within_the_budget_and_one_side_alone_is_no_change() {
        let all = described([&function(100, &[60], &[])], [&function(100, &[58], &[])], false);
        assert!(!all[0].less() && all.len() == 1);
        let other = FunctionRecord { symbol: "p.g".into(), ..function(100, &[60], &[]) };
        assert!(described([&other], [&function(100, &[1], &[])], false).is_empty());
        let uncounted = FunctionRecord { code: None, ..function(100, &[60], &[]) };
        assert!(described([&uncounted], [&function(100, &[1], &[])], false).is_empty());
    }
}
