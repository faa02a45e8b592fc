//! `goabi explain`: where each word of each parameter and result travels. The
//! model, and its renderings, all of them views of it.

pub mod frame;
pub mod html;
pub mod model;
pub mod text;

#[cfg(test)]
mod tests;
