//! Which cases share a program. A link costs more than many functions, so
//! programs should be large; a changed case rebuilds and reruns its program,
//! so they should be small. What dies needs a process of its own, and these
//! cost most under an emulator: such cases are kept from all others.

use crate::job::Shared;
use crate::plan::Job;
use goabi_cases::case::{Case, Want};

/// How many cases one program holds at most, unless one asks for another size:
/// `cargo bench` shows what other sizes cost. Where cases are called in few ways,
/// so many more that the cells are as many as [`CELLS`].
pub const CASES_PER_PROGRAM: usize = 64;

/// How many cells a program has that is no larger than need be.
const CELLS: usize = 256;

/// The same when vectors end the process.
const DYING_PER_PROGRAM: usize = 4;
const DYING_CELLS: usize = 32;

/// How many cases share a program with C: to build one takes a C compiler and a
/// linker besides, which costs more than its cases.
const CASES_WITH_C: usize = 1024;

/// One case of a job and the indexes of its cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picked {
    pub case: (usize, usize),
    pub cells: Vec<usize>,
}

/// Whether a case ends processes.
pub(crate) fn dies(case: &Case) -> bool {
    case.vectors.iter().any(|v| matches!(v.want, Want::Dies { .. }))
}

/// The programs of a job: whole topics together as long as they fit, so that
/// one more case in a topic moves no case of the others.
#[must_use]
pub fn chunks(job: &Job, s: &Shared) -> Vec<Vec<Picked>> {
    let (mut picked, mut with_c): (Vec<Picked>, Vec<Picked>) = (vec![], vec![]);
    for (i, c) in job.cells.iter().enumerate().filter(|(_, c)| c.skip.is_none()) {
        let to = if c.call.needs_c() { &mut with_c } else { &mut picked };
        match to.last_mut() {
            Some(p) if p.case == c.case => p.cells.push(i),
            _ => to.push(Picked { case: c.case, cells: vec![i] }),
        }
    }
    let wanted = |chunk: &[Picked]| chunk.iter().flat_map(|p| &p.cells).any(|i| s.wants(&job.cells[*i]));
    if !wanted(&with_c) || s.c.of(job, s).is_err() {
        with_c.clear();
    }
    let dies = |p: &Picked| dies(&s.files[p.case.0].cases[p.case.1]);
    let (dying, lasting): (Vec<_>, Vec<_>) = picked.into_iter().partition(dies);
    let topic = |p: &Picked| s.files[p.case.0].topic.as_str();
    let most = match s.cases_per_program {
        CASES_PER_PROGRAM => filled(&lasting, CELLS).max(CASES_PER_PROGRAM),
        other => other.max(1),
    };
    let mut out = packed(lasting, most, topic);
    let most = filled(&dying, DYING_CELLS).max(DYING_PER_PROGRAM);
    out.extend(dying.chunks(most).map(<[Picked]>::to_vec));
    // First what takes longest to build.
    let with_c = with_c.chunks(CASES_WITH_C).map(<[Picked]>::to_vec);
    with_c.chain(out).filter(|chunk| wanted(chunk)).collect()
}

/// How many of the cases have so many cells. A power of two, so that one case more or
/// less rarely changes it, and with it all programs.
fn filled(cases: &[Picked], cells: usize) -> usize {
    let all: usize = cases.iter().map(|p| p.cells.len()).sum();
    let exact = (cells * cases.len()).checked_div(all).unwrap_or(1).max(1);
    // To the nearest one: what lies beyond three quarters of the next is that.
    1 << (exact * 4 / 3).max(1).ilog2()
}

/// Runs of equal keys, packed whole while they fit; one that alone is too large
/// is cut into equal parts.
fn packed<T: Clone, K: PartialEq>(items: Vec<T>, most: usize, key: impl Fn(&T) -> K) -> Vec<Vec<T>> {
    let mut out: Vec<Vec<T>> = Vec::new();
    for run in items.chunk_by(|a, b| key(a) == key(b)) {
        let parts = run.len().div_ceil(most);
        for part in run.chunks(run.len().div_ceil(parts)) {
            match out.last_mut() {
                Some(last) if last.len() + part.len() <= most => last.extend_from_slice(part),
                _ => out.push(part.to_vec()),
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(runs: &[(char, usize)], most: usize) -> Vec<String> {
        let items: Vec<char> = runs.iter().flat_map(|(c, n)| std::iter::repeat_n(*c, *n)).collect();
        let packed = packed(items.clone(), most, |c| *c);
        assert_eq!(packed.concat(), items, "nothing is lost or moved");
        assert!(packed.iter().all(|p| !p.is_empty() && p.len() <= most));
        packed.into_iter().map(|p| p.into_iter().collect()).collect()
    }

    #[test]
    fn programs_of_few_calls_hold_more_cases() {
        let cases = |n: usize, calls: usize| {
            (0..n).map(|c| Picked { case: (0, c), cells: (0..calls).collect() }).collect::<Vec<_>>()
        };
        assert_eq!([1, 2, 4, 46].map(|calls| filled(&cases(700, calls), CELLS)), [256, 128, 64, 4]);
        // One case more or less changes nothing.
        assert_eq!([699, 700, 701].map(|n| filled(&cases(n, 2), CELLS)), [128; 3]);
        // No cases, or more cells in one than there should be.
        assert_eq!((filled(&[], CELLS), filled(&cases(3, 1000), CELLS)), (1, 1));
    }

    #[test]
    fn whole_topics_stay_together_while_they_fit() {
        assert_eq!(lengths(&[('a', 2), ('b', 1), ('c', 2)], 4), ["aab", "cc"]);
        // One more case in the last topic moves none of the others.
        assert_eq!(lengths(&[('a', 2), ('b', 1), ('c', 3)], 4), ["aab", "ccc"]);
        assert_eq!(lengths(&[], 4), [""; 0]);
    }

    #[test]
    fn a_topic_that_does_not_fit_is_cut_evenly() {
        assert_eq!(lengths(&[('a', 9)], 4), ["aaa", "aaa", "aaa"]);
        assert_eq!(lengths(&[('a', 5), ('b', 1)], 4), ["aaa", "aab"]);
        assert_eq!(lengths(&[('a', 3)], 1), ["a", "a", "a"]);
    }
}
