//! What a case is: Go types, values, signatures, layouts, the ABI assignment,
//! the coordinates of the matrix, and the loading of case files.

pub mod arch;
pub mod assignment;
mod bounds;
pub mod case;
pub mod cell;
pub mod constant;
pub mod debug_registers;
pub mod decode;
pub mod eval;
mod excerpt;
mod expand;
pub mod expectation;
pub mod frame;
pub mod graffiti;
mod imports;
pub mod layout;
pub mod load;
pub mod mistake;
pub mod parts;
pub mod permitted;
pub mod profile;
pub mod raw;
pub mod resolve;
pub mod scope;
pub mod selector;
pub mod signature;
mod source;
pub mod stress;
pub mod syntax;
pub mod types;
pub mod value;
pub mod version;
mod want;
pub mod yaml;
