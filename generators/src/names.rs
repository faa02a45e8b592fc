//! What generated things are called. Everything declared in a case file's
//! package begins with `Goabi`, which case files may not use themselves.

use goabi_cases::case::{Action, Case, CaseFile};

/// The module that a generated program is.
pub const MODULE: &str = "goabi.test";

/// The import path of the package that a case file becomes: `goabi.test/c/topic-file`.
#[must_use]
pub fn package_path(topic: &str, file: &str) -> String {
    // A dash cannot stand in topic or file: no two pairs give one path. No path
    // element ends in `_test`, or is `internal` or `vendor`, which Go treats apart.
    format!("{MODULE}/c/{topic}-{file}")
}

/// The folder of a case file's package.
#[must_use]
pub fn folder(file: &CaseFile) -> String {
    format!("c/{}-{}", file.topic, file.stem)
}

/// The folder of the package in which all callers of a program are: one for all case
/// files, since a package costs more to compile than many functions.
pub const CALLERS: &str = "u";

/// In the callers' package, the list of a case file's units. Only the words that a
/// capital begins are no parts of names, so that no two files have one list.
#[must_use]
pub fn units(topic: &str, file: &str) -> String {
    format!("Units_In_{topic}_File_{file}")
}

/// In the callers' package, the caller by a kind's word.
#[must_use]
pub fn caller(word: &str, case: &Case, vector: usize) -> String {
    let (topic, file) = (&case.id.topic, &case.id.file);
    format!("{word}_Calls_{}_In_{topic}_File_{file}", self::vector(case, vector))
}

/// The callers' files: the list of a case file's units, and the calls of one case.
#[must_use]
pub fn units_file(file: &CaseFile) -> String {
    format!("{CALLERS}/{}-{}_units.go", file.topic, file.stem)
}

/// See [`units_file`].
#[must_use]
pub fn callers_file(file: &CaseFile, case: &Case) -> String {
    format!("{CALLERS}/{}-{}_{}", file.topic, file.stem, go_file(case))
}

/// A case's Go file: nothing in the name is taken for a GOOS, a GOARCH or a test.
#[must_use]
pub fn go_file(case: &Case) -> String {
    format!("c_{}_case.go", case.id.name)
}

/// A file of the case's besides: no word that Go gives a meaning ends its name.
#[must_use]
pub fn further_file(case: &Case, what: &str, ending: &str) -> String {
    format!("c_{}_{what}_case.{ending}", case.id.name)
}

/// The last part of the names that a vector's calls declare: a body is the same
/// for all vectors. `behind`: for the outer part of a chain the inner kind's word,
/// after a capital, which no case's name has.
#[must_use]
pub fn stem(case: &Case, vector: usize, behind: Option<&str>) -> String {
    let stem = match case.vectors.get(vector).map(|v| &v.action) {
        Some(Action::Body) => case.id.name.clone(),
        // The capital keeps vector 1 of `x` apart from a case `x_1` with a body.
        _ => format!("{}_V{vector}", case.id.name),
    };
    behind.map_or(stem.clone(), |inner| format!("{stem}_Of_{inner}"))
}

/// A vector's own name.
#[must_use]
pub fn vector(case: &Case, vector: usize) -> String {
    format!("{}_{vector}", case.id.name)
}
