//! The run record with its closed words (verdict, finding, outcome), and every
//! rendering of it. The record is written first; every format is a view of it.

pub mod compare;
pub mod coordinate;
pub mod environment;
pub mod explain;
pub mod function;
pub mod groups;
pub mod html;
pub mod nightly;
pub mod outcome;
pub mod overview;
pub mod pairs;
pub mod record;
pub mod render;
pub mod schema;
pub mod store;
mod text;
pub mod verdict;
