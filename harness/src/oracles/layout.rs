//! The `layout` oracle: sizes, alignments and field offsets that the generated
//! program reports, against our model of the port.

use super::dwarf::{Check, Judgement};
use goabi_cases::arch::Arch;
use goabi_cases::types::GoType;

/// What a program reports of one type: `reflect.Type.String`, `unsafe.Sizeof`
/// and `Alignof` in bytes, and for a struct each field's name and offset.
pub type ReportedType = (String, u64, u64, Vec<(String, u64)>);

/// Compares what was reported with what is expected of each type, in order. A
/// type that was not reported is unobserved; one reported twice must be
/// reported alike.
#[must_use]
pub fn check_layout(reported: &[ReportedType], expected: &[GoType], arch: &Arch) -> Vec<Check> {
    let mut out = Vec::new();
    for ty in expected {
        let name = ty.reflect_name();
        let path = |what: &str| format!("layout[{name}].{what}");
        let layout = match ty.layout(arch) {
            Ok(l) => l,
            Err(e) => {
                out.push(Check::new(path("type"), Judgement::Unobserved(e.to_string())));
                continue;
            }
        };
        let mut found = false;
        for (_, size, align, fields) in reported.iter().filter(|r| r.0 == name) {
            found = true;
            out.push(Check::equal(path("size"), layout.size, size));
            out.push(Check::equal(path("align"), layout.align, align));
            let names: Vec<&str> = match ty.underlying() {
                GoType::Struct(s) => s.fields.iter().map(|f| f.name.as_str()).collect(),
                GoType::Basic(_)
                | GoType::Slice(_)
                | GoType::Array(..)
                | GoType::Pointer(_)
                | GoType::Map(..)
                | GoType::Chan(..)
                | GoType::Func(_)
                | GoType::Interface(_)
                | GoType::Named(_) => vec![],
            };
            let got: Vec<&str> = fields.iter().map(|(n, _)| n.as_str()).collect();
            out.push(Check::equal(path("fields"), names.join(" "), got.join(" ")));
            for ((field, got), want) in fields.iter().zip(&layout.offsets) {
                out.push(Check::equal(path(&format!("{field}.offset")), want, got));
            }
        }
        if !found {
            out.push(Check::new(path("type"), Judgement::Unobserved("the program did not report it".to_string())));
        }
    }
    out
}
