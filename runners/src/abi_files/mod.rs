//! What a toolchain's own source files say of its register ABI: the counts in
//! `src/internal/abi`, the switch in `src/internal/buildcfg/exp.go`, and the
//! sequences in the compiler's generated tables. Facts only; what cannot be
//! read is unavailable, never zero.

mod constants;
mod constraint;
mod experiments;
mod facts;
mod sequences;

#[cfg(test)]
mod tests;

pub use facts::{AbiFacts, AbiFiles, Cited};
