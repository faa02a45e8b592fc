//! What the HTML renderings share: the page around them, the signs of
//! outcomes, texts and want against got. Each page is one file that refers to
//! nothing outside of it.

pub mod contrast;
pub mod differ;
pub mod page;
pub mod sign;
pub mod text;
