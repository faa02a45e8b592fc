//! The harness: it plans, schedules, judges and reconciles, and is the command line.
//!
//! The way of data, one stage a module: [`plan`] (load, expand), [`job`]
//! (generate, build, run, observe), [`oracles`] (judge), [`peers`] (judge cells
//! against each other), [`c_compilers`] (what builds programs with C), [`reconcile`] (expectations),
//! [`exhibits`] (what the record shows of the code), [`session`] (all of it,
//! and the record).

pub mod abi_check;
pub mod audit;
pub mod bisect;
pub mod c_compilers;
pub mod chunks;
pub mod cli;
pub mod commands;
pub mod cover;
pub mod exhibits;
pub mod exit;
pub mod explain;
pub mod job;
mod judge;
pub mod oracles;
pub mod peers;
pub mod permitted;
pub mod plan;
pub mod progress;
pub mod reconcile;
pub mod session;
pub mod setup;
mod stdout;
pub mod step;
mod stressable;
pub mod traceback;
mod unbuilt;
pub mod unwinding;
pub mod witness;

#[cfg(test)]
mod mutation_tests;
