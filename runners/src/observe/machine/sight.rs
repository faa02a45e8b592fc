//! What a debugger would show of a variable, against the bytes that it really has.

use super::decode::Decoder;
use super::facts::Sight;
use super::limits::{MAX_VALUE, Unread};
use super::plan::{Code, SlotAt, Watched};
use super::state::{Image, ImageSeen, State};
use super::types::{Ty, Types};
use crate::observe::dwarf::{Variable, words};

/// The bytes that the inputs had at entry and the results at the return, by
/// the model; or why they could not be read.
#[derive(Clone, Debug, Default)]
pub(super) struct Truth {
    pub inputs: Vec<ImageSeen>,
    pub results: Option<Vec<ImageSeen>>,
}

impl Truth {
    /// The function is begun anew where it stood, and these are its inputs now:
    /// what it need not have kept is from here on what is there.
    pub(super) fn begin_anew(&mut self, mut now: Vec<ImageSeen>, watched: &Watched) {
        for n in watched.loses() {
            if let (Some(old), Some(new)) = (self.inputs.get_mut(n), now.get_mut(n)) {
                std::mem::swap(old, new);
            }
        }
    }

    fn of(&self, at: SlotAt) -> Option<&ImageSeen> {
        match at {
            SlotAt::Input(i) => self.inputs.get(i),
            SlotAt::Result(i) => self.results.as_ref()?.get(i),
        }
    }
}

/// Indexes of variables, and what was seen of each.
pub(super) type Sights = Vec<(usize, Sight)>;

/// All of a function's variables at one place: their indexes and what was seen.
/// Results are looked at where the truth has them.
pub(super) fn sights(
    state: &mut State<'_, '_, '_, '_>,
    types: &Types<'_>,
    watched: &Watched,
    code: &Code<'_>,
    truth: &Truth,
    pc: u64,
    look: &dyn Fn(SlotAt) -> bool,
) -> Sights {
    let mut out = Vec::new();
    for (i, (v, at)) in code.dwarf.params.iter().zip(&watched.variables).enumerate() {
        let Some(at) = at.filter(|at| look(*at)) else { continue };
        let Some(truth) = truth.of(at) else { continue };
        let number = match at {
            SlotAt::Input(n) => n,
            SlotAt::Result(n) => watched.assignment.inputs.len() + n,
        };
        let solid = code.solid.get(number).map(Vec::as_slice).unwrap_or_default();
        let same_type = code.same_type.get(i).copied().unwrap_or(false);
        state.memory.next_value();
        out.push((i, sight(state, types, code, v, truth, solid, same_type, pc)));
    }
    out
}

/// What a result shows before the function returns, where that is not nothing.
#[derive(Clone, Debug)]
pub(super) struct Early {
    /// Index of the variable.
    pub variable: usize,
    pub at: usize,
    pub image: Image,
    /// What is to be said if it is not the value that is returned in the end.
    pub sight: Sight,
}

/// The results at a statement: what can be said at once, and what must wait for
/// the return. Before it is set a result is zero (the Go specification,
/// "Function declarations" and "The zero value").
pub(super) fn early(
    state: &mut State<'_, '_, '_, '_>,
    types: &Types<'_>,
    watched: &Watched,
    code: &Code<'_>,
    pc: u64,
) -> (Sights, Vec<Early>) {
    let zero = |size: u64| {
        let n = usize::try_from(size).ok().filter(|_| size <= MAX_VALUE);
        let n = n.ok_or_else(|| Unread::TooMuch(format!("a value of {size} bytes")))?;
        Ok(Image { bytes: vec![0; n], known: vec![true; n] })
    };
    let results = Some(watched.assignment.results.iter().map(|s| zero(s.size)).collect());
    let truth = Truth { inputs: vec![], results };
    let all = sights(state, types, watched, code, &truth, pc, &|at| matches!(at, SlotAt::Result(_)));
    let (mut settled, mut open) = (Vec::new(), Vec::new());
    for (variable, sight) in all {
        let at = match watched.variables.get(variable) {
            Some(Some(SlotAt::Result(n))) => *n,
            Some(Some(SlotAt::Input(_)) | None) | None => continue,
        };
        let later = matches!(sight, Sight::Other { .. });
        let size = watched.assignment.results.get(at).map_or(0, |s| s.size);
        let v = code.dwarf.params.get(variable).filter(|_| later);
        state.memory.next_value();
        let image = v.and_then(|v| state.located(v.location.at(pc).ok()?, size, &code.dwarf.frame_base).ok());
        match image {
            Some(image) => open.push(Early { variable, at, image, sight }),
            None => settled.push((variable, sight)),
        }
    }
    (settled, open)
}

impl Sight {
    /// The same where the stack was moved after it was looked at what is there:
    /// what points into the old one differs, and is no lie.
    pub(super) fn on_moved_stack(self, points: bool) -> Sight {
        match self {
            Sight::Other { .. } if points => Sight::Unknown("the stack was moved".to_string()),
            Sight::Other { .. }
            | Sight::True
            | Sight::NotDescribed
            | Sight::Partly
            | Sight::Unknown(_)
            | Sight::Unreadable(_) => self,
        }
    }
}

impl Early {
    /// What is to be said of it once the results are known.
    pub(super) fn settle(self, truth: &Truth, solid: &[bool], sets: bool) -> (usize, Sight) {
        let same = truth.of(SlotAt::Result(self.at)).and_then(|t| t.as_ref().ok()).is_some_and(|t| {
            let means = solid.iter().enumerate().filter(|(_, m)| **m);
            means.into_iter().all(|(n, _)| self.image.bytes.get(n) == t.bytes.get(n))
        });
        let sight = match (same, sets) {
            (true, _) => Sight::True,
            (false, true) => Sight::Unknown("the body may set the result more than once".to_string()),
            (false, false) => self.sight,
        };
        (self.variable, sight)
    }
}

#[expect(clippy::too_many_arguments, reason = "one variable's facts, each of another kind")]
fn sight(
    state: &mut State<'_, '_, '_, '_>,
    types: &Types<'_>,
    code: &Code<'_>,
    v: &Variable,
    truth: &ImageSeen,
    solid: &[bool],
    same_type: bool,
    pc: u64,
) -> Sight {
    let pieces = match v.location.at(pc) {
        Ok([]) => return Sight::NotDescribed,
        Ok(pieces) => pieces,
        Err(why) => return Sight::Unreadable(why),
    };
    let size = solid.len() as u64;
    let image = match state.located(pieces, size, &code.dwarf.frame_base) {
        Ok(image) => image,
        // Of what is too large the location is not read either; one that says
        // that of a smaller value is a lie.
        Err(Unread::TooMuch(why)) if matches!(truth, Err(Unread::TooMuch(_))) => return Sight::Unknown(why),
        Err(why) => return Sight::Unreadable(why.to_string()),
    };
    if !image.known.contains(&true) {
        return if size == 0 { Sight::True } else { Sight::NotDescribed };
    }
    let truth = match truth {
        Ok(truth) => truth,
        Err(why) => return Sight::Unknown(why.to_string()),
    };
    let (mut missing, mut wrong) = (false, false);
    for (n, _) in solid.iter().enumerate().filter(|(_, means)| **means) {
        match (image.known.get(n), truth.known.get(n)) {
            (Some(true), Some(true)) => wrong |= image.bytes.get(n) != truth.bytes.get(n),
            (Some(false) | None, _) => missing = true,
            // Bytes of which the machine itself says nothing.
            (Some(true), Some(false) | None) => {}
        }
    }
    if !wrong && same_type {
        return if missing { Sight::Partly } else { Sight::True };
    }
    let ty = v.ty.map(Ty::Dwarf);
    // A debugger takes what is missing for nothing.
    let mut bytes = image.bytes.clone();
    bytes.resize(bytes.len().max(solid.len()), 0);
    let shown = match ty {
        Some(ty) => Decoder::new(types, state.memory).value(&ty, &bytes),
        None => Err("it has no type".into()),
    };
    let described = image.known.iter().filter(|k| **k).count() as u64;
    Sight::Other {
        shown,
        location: words(pieces, state.arch),
        described: (described != size).then_some((described, size)),
    }
}

#[cfg(test)]
#[path = "sight_tests.rs"]
mod tests;
