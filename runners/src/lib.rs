//! Finding and fetching toolchains and emulators, building, running and
//! observing. Runners record facts and hold no opinion.

pub mod abi_files;
pub mod build;
pub mod c_compiler;
pub mod cache;
pub mod cancel;
pub mod digest;
pub mod doctor;
pub mod error;
pub mod gdbremote;
pub mod host;
pub mod install;
pub mod observe;
pub mod package;
pub mod process;
pub mod provision;
pub mod reuse;
pub mod run;
pub mod stood;
pub mod toolchain;
pub mod transcript;

mod child;
mod diagnostics;
mod emulator;
mod fetch;
mod fingerprint;
mod goenv;
mod group;
mod lock;
mod settle;
mod store;
mod wait;
