//! What a case is: Go types, values, signatures, layouts, the ABI assignment,
//! the coordinates of the matrix, and the loading of case files.

pub mod arch;
pub mod assignment;
pub mod cell;
pub mod mistake;
pub mod layout;
pub mod signature;
pub mod types;
pub mod version;
pub mod yaml;
pub mod decode;
pub mod raw;
pub mod syntax;
pub mod constant;
pub mod value;
pub mod eval;
pub mod resolve;
pub mod scope;
pub mod case;
mod imports;
pub mod load;
mod want;
pub mod expectation;
pub mod selector;
