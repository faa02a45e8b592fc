//! Differences between cells that the Go specification permits: operations
//! whose result it leaves open, each with its sentence and the values that may
//! come of it. They concern what a case leaves open, and only cases in whose own
//! body the operation stands: a result that merely travels must not differ.

use crate::case::{Case, CaseFile};
use crate::decode::{Reader, mapping};
use crate::mistake::{Mistake, did_you_mean};
use crate::selector::{Selector, glob};
use crate::syntax::{Fragment, Parsed, children, parse};
use crate::types::Basic;
use crate::yaml::Text;
use std::collections::BTreeSet;
use std::path::Path;
use tree_sitter::Node;

/// An operation whose result the specification leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// A floating-point product and a sum, which may be one operation.
    FusedMultiplyAdd,
    /// A product or quotient of complex numbers, which are made of such.
    ComplexProduct,
    /// A float that the integer type cannot represent.
    FloatToInteger,
    /// Sign and payload of a NaN that an operation makes.
    MadeNan,
    /// The size of `int`, `uint` and `uintptr`.
    IntSize,
    /// Sizes, offsets and alignment of structs.
    StructLayout,
    /// The capacity that `append` leaves.
    AppendGrowth,
    /// The order of `range` over a map.
    MapOrder,
    /// Which communication `select` chooses.
    SelectChoice,
    /// Which of several goroutines is first.
    GoroutineOrder,
    /// Memory seen as another type: byte order.
    UnsafeView,
}

/// One permitted difference.
#[derive(Clone, Debug)]
pub struct Permitted {
    /// `file:line`, as it is named in records.
    pub id: String,
    pub operation: Operation,
    /// The specification's section, as its address has it.
    pub section: String,
    /// The specification's own words.
    pub sentence: String,
    /// Pattern over a result's path.
    pub path: String,
    /// Patterns of the values that may come of it.
    pub values: Vec<String>,
    /// The cases in whose body the operation stands; empty before [`Permitted::settle`].
    pub cases: BTreeSet<String>,
    /// What selects cases, and the place of a mistake about it.
    select: Vec<(Selector, Mistake)>,
}

mapping! {
    /// A difference between cells that the Go specification permits. It concerns results that a case leaves open, and only cases whose own body has the operation.
    pub struct RawPermitted as "a permitted difference" {
        /// The cases concerned, as selectors.
        select: Vec<Text>,
        /// The operation: fused_multiply_add, complex_product, float_to_integer, made_nan, int_size, struct_layout, append_growth, map_order, select_choice, goroutine_order, unsafe_view.
        operation: Text,
        /// The specification's sentence.
        sentence: Text,
        /// The specification's section, as its address has it: Floating_point_operators.
        section: Text,
        /// The result's path; `*` stands for any text.
        path: Text,
        /// The values that may come of it, as findings show them; `*` stands for any text. Any other value fails.
        values: Vec<Text>,
    }
}

impl Operation {
    /// All operations.
    pub const ALL: [Operation; 11] = [
        Operation::FusedMultiplyAdd,
        Operation::ComplexProduct,
        Operation::FloatToInteger,
        Operation::MadeNan,
        Operation::IntSize,
        Operation::StructLayout,
        Operation::AppendGrowth,
        Operation::MapOrder,
        Operation::SelectChoice,
        Operation::GoroutineOrder,
        Operation::UnsafeView,
    ];

    /// The word in files and records.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Operation::FusedMultiplyAdd => "fused_multiply_add",
            Operation::ComplexProduct => "complex_product",
            Operation::FloatToInteger => "float_to_integer",
            Operation::MadeNan => "made_nan",
            Operation::IntSize => "int_size",
            Operation::StructLayout => "struct_layout",
            Operation::AppendGrowth => "append_growth",
            Operation::MapOrder => "map_order",
            Operation::SelectChoice => "select_choice",
            Operation::GoroutineOrder => "goroutine_order",
            Operation::UnsafeView => "unsafe_view",
        }
    }

    /// What must stand in the body, for a person.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Operation::FusedMultiplyAdd => "a product and a sum or difference",
            Operation::ComplexProduct => "a product or quotient",
            Operation::FloatToInteger => "a conversion to an integer type",
            Operation::MadeNan => "arithmetic, or a function of package math",
            Operation::IntSize => "int, uint or uintptr, or their sizes",
            Operation::StructLayout => "unsafe.Sizeof, Offsetof or Alignof",
            Operation::AppendGrowth => "a call of append",
            Operation::MapOrder => "a range",
            Operation::SelectChoice => "a select",
            Operation::GoroutineOrder => "a go statement",
            Operation::UnsafeView => "unsafe.Pointer",
        }
    }

    /// Whether it can stand in the case's own Go: its body, and the
    /// declarations that the body calls.
    #[must_use]
    pub fn stands_in(self, case: &Case) -> bool {
        let Some(body) = &case.body else { return false };
        let parts = [(Fragment::Body, body), (Fragment::Declarations, &case.decls)];
        let parts: Vec<Parsed> = parts.iter().filter_map(|(kind, text)| parse(*kind, text).ok()).collect();
        let any = |what: &dyn Fn(&Parsed, Node) -> bool| parts.iter().any(|p| found(p, p.root(), what));
        let operator = |all: &'static [&'static str]| {
            any(&|p, n| {
                let operates = matches!(n.kind(), "binary_expression" | "assignment_statement");
                operates && n.child_by_field_name("operator").is_some_and(|o| all.contains(&p.text(o)))
            })
        };
        let identifier = |all: &[&str]| {
            any(&|p, n| {
                matches!(n.kind(), "identifier" | "field_identifier" | "type_identifier") && all.contains(&p.text(n))
            })
        };
        match self {
            Operation::FusedMultiplyAdd => operator(&["*", "*="]) && operator(&["+", "-", "+=", "-="]),
            Operation::ComplexProduct => operator(&["*", "*=", "/", "/="]),
            Operation::FloatToInteger => any(&|p, n| {
                let converts = match n.kind() {
                    "call_expression" => n.child_by_field_name("function"),
                    "type_conversion_expression" => n.child_by_field_name("type"),
                    _ => None,
                };
                converts.is_some_and(|t| Basic::from_name(p.text(t)).is_some_and(integer))
            }),
            Operation::MadeNan => {
                operator(&["*", "*=", "/", "/=", "+", "+=", "-", "-="])
                    || any(&|p, n| n.kind() == "identifier" && p.text(n) == "math")
            }
            Operation::IntSize => identifier(&["int", "uint", "uintptr", "Sizeof", "UintSize"]),
            Operation::StructLayout => identifier(&["Sizeof", "Offsetof", "Alignof"]),
            Operation::AppendGrowth => identifier(&["append"]),
            Operation::MapOrder => any(&|_, n| n.kind() == "range_clause"),
            Operation::SelectChoice => any(&|_, n| n.kind() == "select_statement"),
            Operation::GoroutineOrder => any(&|_, n| n.kind() == "go_statement"),
            Operation::UnsafeView => identifier(&["Pointer"]),
        }
    }
}

fn integer(b: Basic) -> bool {
    match b {
        Basic::Int | Basic::Int8 | Basic::Int16 | Basic::Int32 | Basic::Int64 => true,
        Basic::Uint | Basic::Uint8 | Basic::Uint16 | Basic::Uint32 | Basic::Uint64 | Basic::Uintptr => true,
        Basic::Bool | Basic::Float32 | Basic::Float64 | Basic::Complex64 | Basic::Complex128 => false,
        Basic::String | Basic::UnsafePointer => false,
    }
}

/// Whether something is true of a node or of one below it.
fn found(p: &Parsed, n: Node, what: &dyn Fn(&Parsed, Node) -> bool) -> bool {
    what(p, n) || children(n).into_iter().any(|c| found(p, c, what))
}

impl Permitted {
    /// Reads one; `None` after a mistake was noted.
    pub(crate) fn read(r: &mut Reader, raw: &RawPermitted) -> Option<Permitted> {
        let before = r.mistakes.len();
        let mut select = Vec::new();
        for s in &raw.select {
            match s.value.parse::<Selector>() {
                Ok(_) if s.value.contains('@') => {
                    let help = "leave out what is behind `@`".to_string();
                    r.mistake(s.span.clone(), "what the specification permits it permits in every cell", Some(help));
                }
                Ok(selector) => select.push((selector, r.source.mistake(s.span.clone(), "", None))),
                Err(m) => r.mistake(s.span.clone(), m.to_string(), None),
            }
        }
        let operation = Operation::ALL.into_iter().find(|o| o.id() == raw.operation.value);
        if operation.is_none() {
            let known = || Operation::ALL.iter().map(|o| o.id());
            let help = did_you_mean(&raw.operation.value, known())
                .unwrap_or_else(|| format!("there are {}", known().collect::<Vec<_>>().join(", ")));
            r.mistake(raw.operation.span.clone(), "the specification's freedom has another name", Some(help));
        }
        if raw.section.value.is_empty() || !raw.section.value.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            let help = "as in https://go.dev/ref/spec#Floating_point_operators".to_string();
            r.mistake(raw.section.span.clone(), "a section is written as its address has it", Some(help));
        }
        if raw.sentence.value.trim().is_empty() {
            r.mistake(raw.sentence.span.clone(), "which sentence of the specification permits it?", None);
        }
        if raw.values.is_empty() {
            let help = "list them; '*' where the specification says nothing of them".to_string();
            r.mistake(raw.operation.span.clone(), "a permitted difference without `values`", Some(help));
        }
        let (line, _) = r.source.line_column(raw.span.start);
        let name = r.source.path.file_name().unwrap_or(Path::new("?").as_os_str()).to_string_lossy().into_owned();
        (r.mistakes.len() == before).then_some(Permitted {
            id: format!("{name}:{line}"),
            operation: operation?,
            section: raw.section.value.clone(),
            sentence: raw.sentence.value.trim().to_string(),
            path: raw.path.value.clone(),
            values: raw.values.iter().map(|v| v.value.clone()).collect(),
            cases: BTreeSet::new(),
            select,
        })
    }

    /// Finds the cases that it selects; each in whose own body the operation
    /// does not stand is a mistake.
    pub(crate) fn settle(&mut self, files: &[CaseFile]) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        for (selector, place) in &self.select {
            for case in files.iter().flat_map(|f| &f.cases).filter(|c| selector.matches_case(&c.id)) {
                if self.operation.stands_in(case) {
                    self.cases.insert(case.id.to_string());
                    continue;
                }
                let lacks = match case.body {
                    None => "has no body: its results only travel".to_string(),
                    Some(_) => format!("has no such operation in its body: {} is wanted", self.operation.words()),
                };
                let mut mistake = place.clone();
                mistake.message = format!("`{}` {lacks}", case.id);
                mistake.help = Some("a result that merely travels must not differ: narrow the selector".into());
                mistakes.push(mistake);
                break;
            }
        }
        mistakes
    }

    /// Whether it speaks of that result of that case.
    #[must_use]
    pub fn covers(&self, case: &str, path: &str) -> bool {
        self.cases.contains(case) && glob(&self.path, path)
    }

    /// Whether that value may come of it.
    #[must_use]
    pub fn allows(&self, value: &str) -> bool {
        self.values.iter().any(|v| glob(v, value))
    }
}

#[cfg(test)]
#[path = "permitted_tests.rs"]
mod tests;
