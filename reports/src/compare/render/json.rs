//! The comparison itself, pretty-printed; its schema is committed as
//! `reports/schema/comparison.schema.json`.

use crate::compare::model::Comparison;
use crate::render::RenderError;

/// See [`super::Format::about`].
pub const ABOUT: &str = "every row, for programs";

/// The comparison as JSON.
pub fn render(c: &Comparison) -> Result<String, RenderError> {
    crate::render::json::pretty(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::tests::example;

    #[test]
    fn comes_back_as_it_went() {
        let c = example();
        assert_eq!(serde_json::from_str::<Comparison>(&render(&c).unwrap()).unwrap(), c);
    }
}
