//! What a case is: Go types, values, signatures, layouts, the ABI assignment,
//! the coordinates of the matrix, and the loading of case files.

pub mod cell;
pub mod signature;
pub mod types;
pub mod version;
