//! Evaluating the Go expressions of a case to [`Value`]s, without Go: what a
//! case wants is known before any toolchain is asked.
//!
//! * [`core`]: operands, names, operators, assignment to a type
//! * [`literal`]: composite literals, zero values
//! * [`convert`]: constants to types, conversions
//! * [`call`]: builtins, `errors`, `fmt`, `math`
//! * [`text`]: string and rune literals, `fmt` verbs

mod call;
mod convert;
mod core;
mod literal;
mod text;

pub use core::Evaluator;
