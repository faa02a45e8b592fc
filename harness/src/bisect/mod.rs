//! `goabi bisect`: which release brought a finding, or took it away.
//!
//! [`versions`] reads what is asked for and puts it in order, [`search`] chooses
//! what is tried next, [`state`] says what a record means for one version.

pub mod search;
pub mod state;
pub mod versions;
