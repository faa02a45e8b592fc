//! Where a row of versions changes from good to bad or back: by halving, or one
//! after the other. What cannot be tried is passed over, as `git bisect skip` does.

/// What one version is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Good,
    Bad,
    /// It cannot be told: it could not be had, or does not build the cases.
    Skipped,
}

/// Two versions, by their places, with different states and nothing between
/// them that could be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    pub before: usize,
    pub after: usize,
    /// What the later one is.
    pub to: State,
}

/// Tries both ends, and if they differ halves what is between them. Gives each
/// place's state, where it was tried.
///
/// # Errors
/// Those of `test`.
pub fn halve<E>(n: usize, mut test: impl FnMut(usize) -> Result<State, E>) -> Result<Vec<Option<State>>, E> {
    let mut tried: Vec<Option<State>> = vec![None; n];
    let mut ask = |i: usize, tried: &mut Vec<Option<State>>| -> Result<State, E> {
        let state = test(i)?;
        tried[i] = Some(state);
        Ok(state)
    };
    let mut low = None;
    for i in 0..n {
        let state = ask(i, &mut tried)?;
        if state != State::Skipped {
            low = Some((i, state));
            break;
        }
    }
    let Some((mut low, first)) = low else { return Ok(tried) };
    let mut high = None;
    for i in (low + 1..n).rev() {
        let state = ask(i, &mut tried)?;
        if state != State::Skipped {
            high = Some((i, state));
            break;
        }
    }
    let Some((mut high, last)) = high else { return Ok(tried) };
    if first == last {
        return Ok(tried);
    }
    loop {
        let middle = low + (high - low) / 2;
        // The nearest to the middle that was not tried yet.
        let open = (low + 1..high).filter(|i| tried[*i].is_none());
        let Some(next) = open.min_by_key(|i| (i.abs_diff(middle), *i)) else { return Ok(tried) };
        match ask(next, &mut tried)? {
            State::Skipped => {}
            state if state == first => low = next,
            _ => high = next,
        }
    }
}

/// Tries every version, in order.
///
/// # Errors
/// Those of `test`.
pub fn each<E>(n: usize, mut test: impl FnMut(usize) -> Result<State, E>) -> Result<Vec<Option<State>>, E> {
    (0..n).map(|i| test(i).map(Some)).collect()
}

/// Where neighbours that could be told differ.
#[must_use]
pub fn changes(tried: &[Option<State>]) -> Vec<Change> {
    let told: Vec<(usize, State)> = tried
        .iter()
        .enumerate()
        .filter_map(|(i, state)| state.filter(|s| *s != State::Skipped).map(|s| (i, s)))
        .collect();
    told.windows(2)
        .filter(|pair| pair[0].1 != pair[1].1)
        .map(|pair| Change { before: pair[0].0, after: pair[1].0, to: pair[1].1 })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use State::{Bad, Good, Skipped};

    /// A history in letters, and what the search makes of it: its changes, and how often it asked.
    fn search(history: &str, every: bool) -> (Vec<Change>, usize) {
        let states: Vec<State> = history
            .chars()
            .map(|c| match c {
                'g' => Good,
                'b' => Bad,
                _ => Skipped,
            })
            .collect();
        let mut asked = Vec::new();
        let test = |i: usize| {
            asked.push(i);
            Ok::<State, ()>(states[i])
        };
        let tried = if every { each(states.len(), test) } else { halve(states.len(), test) };
        let mut once = asked.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), asked.len(), "{history}: none is tried twice");
        (changes(&tried.unwrap()), asked.len())
    }

    fn is(before: usize, after: usize, to: State) -> Vec<Change> {
        vec![Change { before, after, to }]
    }

    #[test]
    fn the_first_bad_and_the_first_good_one_are_found() {
        assert_eq!(search("ggggbbbb", false).0, is(3, 4, Bad));
        assert_eq!(search("bg", false).0, is(0, 1, Good));
        for n in 2..40 {
            for at in 1..n {
                let history = "b".repeat(at) + &"g".repeat(n - at);
                let (found, asked) = search(&history, false);
                assert_eq!(found, is(at - 1, at, Good), "{history}");
                assert!(asked <= 3 + n.ilog2() as usize, "{history}: {asked}");
            }
        }
    }

    #[test]
    fn what_cannot_be_tried_is_passed_over() {
        assert_eq!(search("sggssbbs", false).0, is(2, 5, Bad));
        assert_eq!(search("gsssb", false).0, is(0, 4, Bad));
        assert_eq!(search("gsbsb", false).0, is(0, 2, Bad));
        assert_eq!(search("sss", false), (vec![], 3));
        assert_eq!(search("sgs", false).0, vec![]);
        assert_eq!(search("", false), (vec![], 0));
    }

    #[test]
    fn ends_that_are_alike_end_it() {
        assert_eq!(search("ggggg", false), (vec![], 2));
        // What lies between is not seen by halving, and is by trying each.
        assert_eq!(search("gbbgg", false), (vec![], 2));
        let both = vec![Change { before: 0, after: 1, to: Bad }, Change { before: 2, after: 3, to: Good }];
        assert_eq!(search("gbbgg", true), (both, 5));
    }
}
