//! Cases as the rest of the program sees them: checked, and still in Go's own
//! words where Go will compile them.

use crate::cell::{Build, CaseId, Target};
use crate::eval::Evaluator;
use crate::scope::Scope;
use crate::signature::Signature;
use crate::syntax::GoError;
use crate::types::GoType;
use crate::value::{Value, at_rest, identify};
use crate::version::GoVersion;
use std::path::PathBuf;

/// A case file that was read and checked.
pub struct CaseFile {
    pub path: PathBuf,
    /// The folder below the suite's root.
    pub topic: String,
    /// The file's name without its ending.
    pub stem: String,
    pub about: String,
    /// Declarations shared by the cases, as Go text.
    pub types: String,
    /// Import paths that `types` needs.
    pub imports: Vec<String>,
    /// All declarations of the file, its cases' included.
    pub scope: Scope,
    pub cases: Vec<Case>,
}

/// One case.
pub struct Case {
    pub id: CaseId,
    pub why: String,
    /// The 1-based line on which it begins.
    pub line: usize,
    /// The signature's text, from `func(` on.
    pub func: String,
    pub signature: Signature,
    pub body: Option<String>,
    /// Further declarations, as Go text; empty where there are none.
    pub decls: String,
    /// Import paths that `decls` needs.
    pub decl_imports: Vec<String>,
    /// Import paths that the function, its body and its vectors need.
    pub imports: Vec<String>,
    pub record_args: bool,
    /// Whether the function itself calls recover, so that it ends a panic of
    /// its caller's where it is deferred.
    pub recovers: bool,
    /// Whether the function, where it is a package-level one, is `go:nosplit`.
    pub nosplit: bool,
    pub only: Option<Restriction>,
    pub except: Option<Restriction>,
    pub vectors: Vec<Vector>,
}

/// A part of the matrix; an empty list or `None` restricts nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restriction {
    pub targets: Vec<String>,
    pub builds: Vec<Build>,
    pub calls: Vec<String>,
    /// The first Go version concerned.
    pub since: Option<GoVersion>,
    /// The first Go version no longer concerned.
    pub until: Option<GoVersion>,
    pub why: String,
}

/// Who recovers a panic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecoveredBy {
    Callee,
    Caller,
    Nobody,
}

/// Arguments of one call and what must come of it, as Go text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vector {
    /// Values shared by arguments and results: name, expression.
    pub lets: Vec<(String, String)>,
    /// One expression a parameter; for a variadic one any number.
    pub args: Vec<String>,
    /// Whether the last argument is spread (`xs...`; the dots are not in `args`).
    pub spread: bool,
    pub action: Action,
    pub want: Want,
    /// The events that are to be noted, in order, where the case says.
    pub trace: Option<Vec<String>>,
    /// How many goroutines the call is to leave behind.
    pub goroutines: u32,
}

/// What the generated function does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Returns these expressions.
    Return(Vec<String>),
    /// Sets the first results to these expressions, then panics.
    Panic { value: String, set: Vec<String>, by: RecoveredBy },
    /// What the case's body says.
    Body,
}

/// The wanted outcome, as Go text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Want {
    Returns(Vec<String>),
    Recovered {
        /// Callee or caller.
        by: RecoveredBy,
        value: Option<String>,
        ty: Option<String>,
        text: Option<String>,
        /// What the caller gets after the callee recovered.
        results: Option<Vec<String>>,
    },
    Dies {
        /// The first line of the runtime's message, from `panic: ` or `fatal error: ` on.
        line: String,
        exit: u32,
        /// The whole message, line by line, where the case says.
        chain: Option<Vec<String>>,
        /// Frames of the traceback, the innermost first; there may be others between.
        frames: Vec<Frame>,
    },
    Goexit,
}

/// A frame that a traceback is to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The function under test, called [`Frame::CALLEE`], or one of the case
    /// file's, as tracebacks name it: `throws`, `(*T).Throw`.
    pub function: String,
    /// What the frame's line says, where the case tells: it must be part of it.
    pub statement: Option<String>,
}

impl Frame {
    /// The word for the function under test, whatever it is called.
    pub const CALLEE: &'static str = "callee";
}

/// A vector with its expressions evaluated.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    /// One value a parameter, as the callee must see them. Identified together
    /// with the results.
    pub args: Vec<Value>,
    pub outcome: Outcome,
    pub trace: Option<Vec<String>>,
    /// How many goroutines the call is to leave behind.
    pub goroutines: u32,
}

/// The wanted outcome with its expressions evaluated.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Returns(Vec<Value>),
    Recovered {
        by: RecoveredBy,
        value: Option<Value>,
        ty: Option<String>,
        text: Option<String>,
        results: Option<Vec<Value>>,
    },
    Dies {
        line: String,
        exit: u32,
        chain: Option<Vec<String>>,
        frames: Vec<Frame>,
    },
    Goexit,
}

/// An expression of a vector that cannot be evaluated.
#[derive(Clone, Debug)]
pub struct BadExpression {
    pub slot: Slot,
    pub error: GoError,
}

/// Which expression of a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    Let(usize),
    Arg(usize),
    Return(usize),
    Result(usize),
    PanicValue,
    Recovered,
}

impl Restriction {
    /// Whether the coordinates lie in this part.
    #[must_use]
    pub fn covers(&self, target: &Target, build: Build, call: &str, version: GoVersion) -> bool {
        (self.targets.is_empty() || self.targets.contains(&target.goarch))
            && (self.builds.is_empty() || self.builds.contains(&build))
            && (self.calls.is_empty() || self.calls.iter().any(|c| c == call))
            && self.since.is_none_or(|v| version >= v)
            && self.until.is_none_or(|v| version < v)
    }
}

impl Case {
    /// Why the case does not run at these coordinates, if it does not.
    #[must_use]
    pub fn excluded(&self, target: &Target, build: Build, call: &str, version: GoVersion) -> Option<&str> {
        if let Some(o) = self.only.as_ref().filter(|o| !o.covers(target, build, call, version)) {
            return Some(&o.why);
        }
        self.except.as_ref().filter(|e| e.covers(target, build, call, version)).map(|e| e.why.as_str())
    }

    /// What the vector's expressions are worth where an `int` has `word` bytes.
    ///
    /// # Errors
    /// An expression that has no value there: a constant that overflows, say.
    pub fn expected(&self, scope: &Scope, vector: &Vector, word: u32) -> Result<Expected, BadExpression> {
        let mut expected = self.evaluated(scope, vector, word)?;
        // Takes no part in telling what shares memory with what, either.
        self.mask(&mut expected.args);
        expected.identify();
        Ok(expected)
    }

    /// The first vector that is the same as this one, if it is not the first: what
    /// shows by chance is called again and again.
    #[must_use]
    pub fn repeats(&self, vector: usize) -> Option<usize> {
        let this = self.vectors.get(vector)?;
        self.vectors.get(..vector)?.iter().position(|v| v == this)
    }

    /// As [`Case::expected`], of what registers and memory must show while the
    /// machine stands still: all parameters, those without a name too, and
    /// nothing that only running code can tell ([`at_rest`]).
    ///
    /// # Errors
    /// As [`Case::expected`].
    pub fn expected_at_rest(&self, scope: &Scope, vector: &Vector, word: u32) -> Result<Expected, BadExpression> {
        let mut expected = self.evaluated(scope, vector, word)?;
        expected.args.iter_mut().for_each(at_rest);
        match &mut expected.outcome {
            Outcome::Returns(results) | Outcome::Recovered { results: Some(results), .. } => {
                results.iter_mut().for_each(at_rest);
            }
            Outcome::Recovered { results: None, .. } | Outcome::Dies { .. } | Outcome::Goexit => {}
        }
        let mut args = expected.args.clone();
        identify(args.iter_mut());
        self.mask(&mut expected.args);
        expected.identify();
        expected.args = args;
        Ok(expected)
    }

    /// Takes out the arguments that the callee cannot or shall not report: a
    /// case says nothing of what they share with the results.
    pub fn mask(&self, args: &mut [Value]) {
        for (arg, param) in args.iter_mut().zip(&self.signature.params) {
            if param.visible_name().is_none() || !self.record_args {
                *arg = Value::Unstated;
            }
        }
    }

    /// The values of a vector's expressions, with the addresses that the
    /// evaluator gave out.
    fn evaluated(&self, scope: &Scope, vector: &Vector, word: u32) -> Result<Expected, BadExpression> {
        let mut e = Evaluator::new(scope, word);
        let at = |slot| move |error| BadExpression { slot, error };
        for (i, (name, text)) in vector.lets.iter().enumerate() {
            e.bind(name, text).map_err(at(Slot::Let(i)))?;
        }
        let mut args = Vec::new();
        let fixed = self.signature.params.len() - usize::from(self.signature.variadic);
        for (i, (text, param)) in vector.args.iter().zip(&self.signature.params).enumerate().take(fixed) {
            args.push(e.value(text, &param.ty).map_err(at(Slot::Arg(i)))?);
        }
        if let Some(last) = self.signature.params.last().filter(|_| self.signature.variadic) {
            args.push(variadic(&mut e, &last.ty, vector, fixed)?);
        }
        let types: Vec<&GoType> = self.signature.results.iter().map(|r| &r.ty).collect();
        let list = |e: &mut Evaluator, texts: &[String], slot: fn(usize) -> Slot| {
            let values = texts.iter().zip(&types).enumerate();
            values.map(|(i, (text, ty))| e.value(text, ty).map_err(at(slot(i)))).collect::<Result<Vec<_>, _>>()
        };
        if let Action::Panic { value, set, .. } = &vector.action {
            list(&mut e, set, Slot::Result)?;
            e.value(value, &GoType::any()).map_err(at(Slot::PanicValue))?;
        }
        let outcome = match &vector.want {
            Want::Returns(texts) => Outcome::Returns(list(&mut e, texts, Slot::Return)?),
            Want::Recovered { by, value, ty, text, results } => {
                let value =
                    value.as_ref().map(|v| e.value(v, &GoType::any()).map_err(at(Slot::Recovered))).transpose()?;
                let results = results.as_ref().map(|r| list(&mut e, r, Slot::Result)).transpose()?;
                Outcome::Recovered { by: *by, value, ty: ty.clone(), text: text.clone(), results }
            }
            Want::Dies { line, exit, chain, frames } => {
                Outcome::Dies { line: line.clone(), exit: *exit, chain: chain.clone(), frames: frames.clone() }
            }
            Want::Goexit => Outcome::Goexit,
        };
        Ok(Expected { args, outcome, trace: vector.trace.clone(), goroutines: vector.goroutines })
    }
}

impl Expected {
    /// Replaces addresses by numbers of first sight.
    fn identify(&mut self) {
        let args = self.args.iter_mut();
        match &mut self.outcome {
            Outcome::Returns(results) => identify(args.chain(results)),
            Outcome::Recovered { value, results, .. } => {
                identify(args.chain(results.iter_mut().flatten()));
                // The recovered value comes on its own: it is identified on its own.
                identify(value.iter_mut());
            }
            Outcome::Dies { .. } | Outcome::Goexit => identify(args),
        }
    }
}

/// The slice that a variadic parameter gets.
fn variadic(e: &mut Evaluator, ty: &GoType, vector: &Vector, fixed: usize) -> Result<Value, BadExpression> {
    let bad = |i: usize| move |error| BadExpression { slot: Slot::Arg(i), error };
    let rest = vector.args.get(fixed..).unwrap_or_default();
    if vector.spread
        && let [one] = rest
    {
        return e.value(one, ty).map_err(bad(fixed));
    }
    let GoType::Slice(elem) = ty else { return Ok(Value::Slice(None)) };
    let mut elems = Vec::new();
    for (i, text) in rest.iter().enumerate() {
        elems.push(e.value(text, elem).map_err(bad(fixed + i))?);
    }
    Ok(e.slice_of(ty, elems))
}
