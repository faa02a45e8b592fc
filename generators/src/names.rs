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

/// The folder of a case file's package, and of its callers' package.
#[must_use]
pub fn folders(file: &CaseFile) -> (String, String) {
    (format!("c/{}-{}", file.topic, file.stem), format!("u/{}-{}", file.topic, file.stem))
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
