//! The record itself, pretty-printed.

use super::RenderError;
use crate::record::Record;

/// See [`super::Renderer::file`].
pub const FILE: &str = "record.json";
/// See [`super::Renderer::about`].
pub const ABOUT: &str = "everything that the run found out, for programs";

/// The record as JSON.
pub fn render(record: &Record) -> Result<String, RenderError> {
    pretty(record)
}

/// Anything as pretty-printed JSON with a closing newline.
pub(crate) fn pretty(value: &impl serde::Serialize) -> Result<String, RenderError> {
    let mut text = serde_json::to_string_pretty(value)
        .map_err(|e| RenderError::Format { format: "json", message: e.to_string() })?;
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    #[test]
    fn snapshot() {
        insta::assert_snapshot!(super::render(&super::super::example::record()).unwrap());
    }
}
