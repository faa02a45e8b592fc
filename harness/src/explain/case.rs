//! A case made of a signature: a function that takes and gives values of which
//! each word tells itself, to be watched on a machine.

use goabi_cases::case::CaseFile;
use goabi_cases::graffiti::Painter;
use goabi_cases::load::load_text;
use goabi_cases::mistake::Source;
use goabi_cases::signature::Signature;
use goabi_cases::types::{Basic, GoType};
use std::path::Path;

/// What the case's file is called in programs and mistakes.
const FILE: &str = "explain/observed.yaml";

/// A case file with one case of one vector.
pub struct Staged {
    pub file: CaseFile,
    /// For each input, then for each result: why its value tells nothing, if so.
    pub untold: Vec<Option<String>>,
}

/// Makes the case. A receiver is its first parameter, since it travels as one,
/// and the last parameter of a variadic function is the slice that it is.
///
/// # Errors
/// In words, what no case can say.
pub fn staged(sig: &Signature, declarations: &str) -> Result<Staged, String> {
    let mut painter = Painter::new(1);
    let mut untold = Vec::new();
    let mut values = |types: &[&GoType]| -> Vec<String> {
        let one = |ty: &&GoType| match painter.value(ty) {
            Ok(text) => {
                untold.push(None);
                text
            }
            Err(why) => {
                untold.push(Some(why.replace(": write the value out", "")));
                zero(ty)
            }
        };
        types.iter().map(one).collect()
    };
    let inputs: Vec<&GoType> = sig.receiver.iter().chain(&sig.params).map(|p| &p.ty).collect();
    let results: Vec<&GoType> = sig.results.iter().map(|p| &p.ty).collect();
    let (args, returns) = (values(&inputs), values(&results));
    let params: Vec<String> = inputs.iter().enumerate().map(|(i, t)| format!("p{i} {t}")).collect();
    let types: Vec<String> = results.iter().map(ToString::to_string).collect();
    let case = serde_json::json!({
        "name": "observed",
        "why": "explain --observe",
        "func": format!("func({}) ({})", params.join(", "), types.join(", ")),
        "vectors": [{"args": args, "returns": returns}],
    });
    let mut file = serde_json::json!({"about": "A signature to be observed.", "cases": [case]});
    if let Some(map) = file.as_object_mut().filter(|_| !declarations.trim().is_empty()) {
        map.insert("types".to_string(), declarations.into());
    }
    // JSON is YAML, and leaves no doubt about quoting.
    let text = file.to_string();
    let (loaded, mistakes) = load_text(&Source::new(Path::new(FILE), &text), &[super::observe::CALL]);
    match (loaded, mistakes.first()) {
        (Some(file), None) if !file.cases.is_empty() => Ok(Staged { file, untold }),
        (_, Some(m)) => Err(format!("goabi cannot make a call of it: {}", m.message)),
        (_, None) => Err("goabi cannot make a call of it".to_string()),
    }
}

/// The zero value of a type.
fn zero(ty: &GoType) -> String {
    match ty.underlying() {
        GoType::Basic(Basic::Bool) => "false".to_string(),
        GoType::Basic(Basic::String) => "\"\"".to_string(),
        GoType::Basic(Basic::UnsafePointer) => "nil".to_string(),
        GoType::Basic(_) => "0".to_string(),
        GoType::Struct(_) | GoType::Array(..) => format!("{ty}{{}}"),
        GoType::Slice(_)
        | GoType::Pointer(_)
        | GoType::Map(..)
        | GoType::Chan(..)
        | GoType::Func(_)
        | GoType::Interface(_)
        | GoType::Named(_) => "nil".to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use goabi_cases::resolve;
    use goabi_cases::scope::Scope;
    use goabi_cases::types::USER_PACKAGE;

    fn of(declarations: &str, sig: &str) -> Result<Staged, String> {
        let scope = Scope::read(USER_PACKAGE, declarations).unwrap();
        staged(&resolve::signature(&scope, sig).unwrap(), declarations)
    }

    #[test]
    fn each_word_of_each_value_tells_itself() {
        let s = of("", "func(n int32, _ string, rest ...uint8) (v any, err error)").unwrap();
        let case = &s.file.cases[0];
        assert_eq!(case.func, "func(p0 int32, p1 string, p2 []uint8) (any, error)");
        assert_eq!(case.vectors[0].args[..2], ["0x10111213", "\"2:a\""]);
        assert_eq!(s.untold, [None, None, None, None, None]);
    }

    #[test]
    fn what_has_no_telling_value_is_empty_and_says_so() {
        let s = of(
            "type Shape interface{ Area() int }\ntype Big struct{ A [130]int8 }",
            "func(s Shape, b Big, n int) (Shape, bool)",
        )
        .unwrap();
        assert_eq!(s.file.cases[0].vectors[0].args[..2], ["nil", "Big{}"]);
        assert_eq!(s.untold.iter().map(Option::is_some).collect::<Vec<_>>(), [true, true, true, true, true]);
        assert!(s.untold[0].as_ref().unwrap().contains("does not know what could be in a Shape"), "{:?}", s.untold);
        let s = of("", "func(a, b int)").unwrap();
        assert_eq!(s.untold, [None, None]);
    }
}
