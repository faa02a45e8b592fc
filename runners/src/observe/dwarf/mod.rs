//! What an artifact's DWARF says of functions, their parameters and types.

mod facts;
mod functions;
mod location;
mod read;
mod sections;
mod types;

#[cfg(test)]
mod tests;

pub use facts::{
    DwarfFacts, Function, LocationFact, Member, Piece, Place, Range, SectionOffset, Shape, TypeNode, TypeRef, Variable,
    words,
};
pub use read::{read, read_packages};
pub use sections::{DwarfError, file_offset};
pub(super) use sections::{Slice, load};
