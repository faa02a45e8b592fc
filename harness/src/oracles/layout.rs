//! The `layout` oracle: sizes, alignments and field offsets that the generated
//! program reports, against our model of the port.

use super::dwarf::{Check, Judgement};
use super::{Oracle, Subject};
use goabi_cases::arch::Arch;
use goabi_cases::types::GoType;
use goabi_reports::verdict::Verdict;
use goabi_runners::observe::records::Fact;

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

/// A signature's types and all that they are made of, as the program reports them.
fn involved<'a>(types: impl Iterator<Item = &'a GoType>) -> Vec<GoType> {
    fn walk(t: &GoType, out: &mut Vec<GoType>) {
        if out.contains(t) {
            return;
        }
        out.push(t.clone());
        match t.underlying() {
            GoType::Struct(s) => s.fields.iter().for_each(|f| walk(&f.ty, out)),
            GoType::Array(_, e) | GoType::Slice(e) | GoType::Pointer(e) | GoType::Chan(_, e) => walk(e, out),
            GoType::Map(k, v) => {
                walk(k, out);
                walk(v, out);
            }
            GoType::Basic(_) | GoType::Func(_) | GoType::Interface(_) | GoType::Named(_) => {}
        }
    }
    let mut out = Vec::new();
    types.for_each(|t| walk(t, &mut out));
    out
}

pub(super) struct Kind;

impl Oracle for Kind {
    fn id(&self) -> &'static str {
        "layout"
    }
    fn about(&self) -> &'static str {
        "size, alignment and field offsets of the types involved"
    }
    fn judge(&self, s: &Subject) -> Vec<Verdict> {
        let types = match s.types {
            Fact::Seen(t) => t,
            Fact::NotRequested => return vec![Verdict::Unobserved("the program was not asked for its types".into())],
            Fact::Unavailable(why) => return vec![Verdict::Unobserved(why.clone())],
        };
        let expected = involved(s.case.signature.types());
        if expected.is_empty() {
            return vec![Verdict::Inapplicable("the signature has neither parameters nor results".into())];
        }
        let reported: Vec<ReportedType> =
            types.iter().map(|t| (t.name.clone(), t.size, t.align, t.fields.clone())).collect();
        super::dwarf::verdicts(s, "layout", check_layout(&reported, &expected, s.arch), str::to_string)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use goabi_cases::types::{Basic, Field, StructType};
    use std::sync::Arc;

    /// `struct { A int8; B float64 }`: 16 bytes on amd64, 12 on 386.
    fn expected() -> Vec<GoType> {
        let field =
            |name: &str, b| Field { name: name.into(), ty: GoType::Basic(b), embedded: false, tag: String::new() };
        vec![GoType::Struct(Arc::new(StructType { fields: vec![field("A", Basic::Int8), field("B", Basic::Float64)] }))]
    }

    fn reported(size: u64, align: u64, b: u64) -> ReportedType {
        let fields = vec![("A".to_string(), 0), ("B".to_string(), b)];
        ("struct { A int8; B float64 }".to_string(), size, align, fields)
    }

    fn wrong(reported: &[ReportedType], goarch: &str) -> Vec<String> {
        let checks = check_layout(reported, &expected(), Arch::get(goarch).unwrap());
        let bad = |c: Check| match c.judgement {
            Judgement::Agree => None,
            Judgement::Disagree { expected, actual, .. } => Some(format!("{} {expected} {actual}", c.path)),
            Judgement::Unobserved(_) | Judgement::NotDescribed => Some(format!("{} unobserved", c.path)),
        };
        checks.into_iter().filter_map(bad).collect()
    }

    #[test]
    fn a_true_layout_agrees_on_each_port() {
        assert_eq!(wrong(&[reported(16, 8, 8)], "amd64"), Vec::<String>::new());
        assert_eq!(wrong(&[reported(12, 4, 4)], "386"), Vec::<String>::new());
    }

    #[test]
    fn wrong_sizes_alignments_and_offsets_are_found() {
        let path = |what: &str| format!("layout[struct {{ A int8; B float64 }}].{what}");
        assert_eq!(wrong(&[reported(12, 8, 8)], "amd64"), [path("size") + " 16 12"]);
        assert_eq!(wrong(&[reported(16, 4, 8)], "amd64"), [path("align") + " 8 4"]);
        assert_eq!(wrong(&[reported(16, 8, 4)], "amd64"), [path("B.offset") + " 8 4"]);
        let mut few = reported(16, 8, 8);
        few.3.pop();
        assert_eq!(wrong(&[few], "amd64"), [path("fields") + " A B A"]);
        assert_eq!(wrong(&[], "amd64"), [path("type") + " unobserved"]);
    }
}
