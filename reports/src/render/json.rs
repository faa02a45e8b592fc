//! The record itself, a line for each cell and each finding.

use super::RenderError;
use crate::record::Record;
use serde_json::ser::Formatter;
use std::io;

/// See [`super::Renderer::file`].
pub const FILE: &str = "record.json";
/// See [`super::Renderer::about`].
pub const ABOUT: &str = "everything that the run found out, for programs";

/// The record as JSON.
pub fn render(record: &Record) -> Result<String, RenderError> {
    pretty(record)
}

/// Anything as JSON with a line for each field and each element of its lists
/// (a cell a line, a finding a line), and a closing newline: a record of a
/// hundred thousand lines can be searched and compared line by line, and is
/// half as large as one that is indented throughout.
pub(crate) fn pretty(value: &impl serde::Serialize) -> Result<String, RenderError> {
    let failed = |message: String| RenderError::Format { format: "json", message };
    let mut bytes = Vec::new();
    let mut to = serde_json::Serializer::with_formatter(&mut bytes, Lines { depth: 0 });
    value.serialize(&mut to).map_err(|e| failed(e.to_string()))?;
    bytes.push(b'\n');
    String::from_utf8(bytes).map_err(|e| failed(e.to_string()))
}

/// Breaks lines down to the second level.
struct Lines {
    depth: usize,
}

impl Lines {
    fn item<W: io::Write + ?Sized>(&self, to: &mut W, first: bool) -> io::Result<()> {
        if !first {
            to.write_all(b",")?;
        }
        match self.depth {
            0..=2 => write!(to, "\n{:1$}", "", self.depth),
            _ => Ok(()),
        }
    }

    fn end<W: io::Write + ?Sized>(&mut self, to: &mut W, with: &[u8]) -> io::Result<()> {
        self.depth -= 1;
        if self.depth == 0 {
            to.write_all(b"\n")?;
        }
        to.write_all(with)
    }
}

impl Formatter for Lines {
    fn begin_array<W: io::Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.depth += 1;
        to.write_all(b"[")
    }

    fn end_array<W: io::Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.end(to, b"]")
    }

    fn begin_array_value<W: io::Write + ?Sized>(&mut self, to: &mut W, first: bool) -> io::Result<()> {
        self.item(to, first)
    }

    fn begin_object<W: io::Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.depth += 1;
        to.write_all(b"{")
    }

    fn end_object<W: io::Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.end(to, b"}")
    }

    fn begin_object_key<W: io::Write + ?Sized>(&mut self, to: &mut W, first: bool) -> io::Result<()> {
        self.item(to, first)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn snapshot() {
        insta::assert_snapshot!(super::render(&super::super::example::record()).unwrap());
    }
}
