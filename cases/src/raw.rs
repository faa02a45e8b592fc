//! The case file's mappings, key by key: what may be written, before any of
//! the Go inside is looked at.

use crate::decode::{FromNode, Pairs, Values, mapping};
use crate::yaml::Text;

mapping! {
    /// A goabi case file: Go functions, how they are called, and what must come of it.
    pub struct RawFile as "a case file" {
        /// One sentence about the file.
        about: Text,
        /// Go declarations that all cases of the file share: types, methods, constants, helper functions. No package clause, no imports.
        types: Option<Text>,
        /// Import paths of the standard library beyond those that are imported by themselves when used.
        imports: Vec<Text>,
        /// The cases.
        cases: Vec<RawCase>,
    }
}

mapping! {
    /// One case: a function, and vectors of arguments with the wanted outcome.
    pub struct RawCase as "a case" {
        /// The name, in lower case: letters, digits, underscores. Unique in the file.
        name: Text,
        /// Why the case is there: what it would show.
        why: Text,
        /// The function's signature as Go writes it, from `func(` on.
        func: Text,
        /// The function's statements. Without it the function returns or panics as its vectors say.
        body: Option<Text>,
        /// Further package-level Go declarations of this case.
        decls: Option<Text>,
        /// Whether the function first records its parameters as it sees them. Default true.
        record_args: Option<bool>,
        /// The function's body calls recover itself, outside of any function literal: deferred, it ends a panic of its caller's. Default false.
        recovers: Option<bool>,
        /// The function is go:nosplit wherever it is a package-level function that is called by name or by value: no stack check, and never a larger stack. Default false.
        nosplit: Option<bool>,
        /// Run the case only there.
        only: Option<RawScope>,
        /// Do not run the case there.
        except: Option<RawScope>,
        /// Arguments and wanted outcomes.
        vectors: Vec<RawVector>,
    }
}

mapping! {
    /// A part of the matrix, with the reason for singling it out.
    pub struct RawScope as "a restriction" {
        /// GOARCH names.
        targets: Vec<Text>,
        /// Build modes: opt, noopt, noregabi.
        builds: Vec<Text>,
        /// Call kinds.
        calls: Vec<Text>,
        /// The first Go version concerned.
        since: Option<Text>,
        /// The first Go version no longer concerned.
        until: Option<Text>,
        /// The reason.
        why: Text,
    }
}

mapping! {
    /// Arguments of one call, and what must come of it.
    pub struct RawVector as "a vector" {
        /// Values that arguments and results share: name to Go expression, evaluated in order.
        lets as "let": Pairs,
        /// One Go expression a parameter; `xs...` spreads a slice into a variadic one. `graffiti` for one of them, or for the list.
        args: Values,
        /// The wanted results, one Go expression each; `_` where the case does not say. `graffiti` for one of them, or for the list.
        returns: Option<Values>,
        /// Makes the generated function panic.
        panics: Option<RawPanics>,
        /// The wanted outcome where it is not a plain return.
        wants: Option<RawWants>,
    }
}

mapping! {
    /// How the generated function panics.
    pub struct RawPanics as "`panics`" {
        /// The Go expression given to panic.
        value: Text,
        /// How many results are set before, from the first on. Default 0.
        after: Option<u32>,
        /// Who recovers: callee, caller or nobody.
        recovered_by: Text,
    }
}

mapping! {
    /// The wanted outcome.
    pub struct RawWants as "`wants`" {
        /// The value that recover gives, as a Go expression.
        recovered: Option<Text>,
        /// The dynamic type of the value that recover gives, as package reflect prints it.
        recovered_type: Option<Text>,
        /// The text (Error or String method, or the string itself) of the value that recover gives.
        recovered_text: Option<Text>,
        /// Who recovers in a function with a body: callee (default) or caller.
        by: Option<Text>,
        /// The results that the caller sees after the callee recovered; `graffiti` as in `returns`.
        results: Option<Values>,
        /// The events noted by trace("..."), in order.
        trace: Option<Vec<Text>>,
        /// The goroutine ends by runtime.Goexit.
        goexit: Option<bool>,
        /// The process dies; the first line of what the runtime prints, from `panic: ` or `fatal error: ` on.
        dies: Option<Text>,
        /// The exit status of a process that dies. Default 2.
        exit: Option<u32>,
        /// All lines of what the runtime prints of the panics, the first as under `dies`, the others without their indentation; `*` stands for any text.
        chain: Option<Vec<Text>>,
        /// Frames of the traceback, the innermost first: `callee` for the function under test, or a function of the file as tracebacks name it; behind ` at ` a part of the frame's line. Others may stand between.
        frames: Option<Vec<Text>>,
        /// How many goroutines the call leaves behind. Default 0.
        goroutines: Option<u32>,
    }
}

/// The JSON schema of case files, for an editor's completion.
#[must_use]
pub fn json_schema() -> serde_json::Value {
    let mut schema = RawFile::schema();
    if let Some(o) = schema.as_object_mut() {
        o.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
        o.insert("title".into(), "goabi case file".into());
    }
    schema
}
