//! Puts Go expressions where a vector says `graffiti`: for one argument or
//! result, or for all of a list.

use crate::decode::{Reader, Values};
use crate::graffiti::{Painter, WORD, words};
use crate::raw::RawVector;
use crate::signature::{Param, Signature};
use crate::types::GoType;
use crate::yaml::Text;
use std::ops::Range;

/// What a list's words are for.
struct List<'a> {
    params: &'a [Param],
    variadic: bool,
    /// The number of the first word.
    first: u32,
}

/// The vector with all graffiti written out; `None` after a mistake was noted.
pub(crate) fn vector(r: &mut Reader, raw: &RawVector, sig: &Signature) -> Option<RawVector> {
    let before = r.mistakes.len();
    let mut out = raw.clone();
    let all = |l: &[Param]| l.iter().fold(0, |sum: u32, p| sum.saturating_add(words(&p.ty)));
    let args = List { params: &sig.params, variadic: sig.variadic, first: 1 };
    let results = List { params: &sig.results, variadic: false, first: all(&sig.params).saturating_add(1) };
    args.write(r, &mut out.args);
    if let Some(l) = &mut out.returns {
        results.write(r, l);
    }
    if let Some(l) = out.wants.as_mut().and_then(|w| w.results.as_mut()) {
        results.write(r, l);
    }
    (r.mistakes.len() == before).then_some(out)
}

impl List<'_> {
    fn write(&self, r: &mut Reader, values: &mut Values) {
        let mut p = Painter::new(self.first);
        match values {
            Values::Graffiti(span) => {
                let span = span.clone();
                let mut list = Vec::new();
                for (i, param) in self.params.iter().enumerate() {
                    let mut text = self.paint(r, &mut p, &param.ty, &span);
                    if self.variadic && i + 1 == self.params.len() {
                        text.value.push_str("...");
                    }
                    list.push(text);
                }
                *values = Values::List(list);
            }
            Values::List(list) => {
                for (i, text) in list.iter_mut().enumerate() {
                    // Of too many values the count is the mistake.
                    let Some(ty) = self.type_at(i) else { return };
                    let mut painted = p.value(ty);
                    if text.value.trim() == WORD {
                        if let Err(why) = &mut painted {
                            r.mistake(text.span.clone(), std::mem::take(why), None);
                        }
                        text.value = painted.unwrap_or_default();
                    }
                }
            }
        }
    }

    /// The type of the value at this place of the list.
    fn type_at(&self, i: usize) -> Option<&GoType> {
        let last = self.params.len().checked_sub(1)?;
        match &self.params.get(i.min(last))?.ty {
            GoType::Slice(e) if self.variadic && i >= last => Some(e),
            _ if i > last => None,
            other => Some(other),
        }
    }

    fn paint(&self, r: &mut Reader, p: &mut Painter, ty: &GoType, span: &Range<usize>) -> Text {
        let value = p.value(ty).unwrap_or_else(|why| {
            r.mistake(span.clone(), why, None);
            String::new()
        });
        Text { value, span: span.clone() }
    }
}
