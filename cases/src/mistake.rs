//! A mistake in a file that a user wrote: where it is, and what would be right.

use crate::excerpt::{Excerpt, tidy};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file's name and text, shared by all mistakes found in it.
#[derive(Clone, Debug)]
pub struct Source {
    pub path: PathBuf,
    pub text: Arc<str>,
    /// Where each line starts.
    lines: Arc<[usize]>,
    /// How many characters stand before each block of bytes.
    characters: Arc<[usize]>,
}

/// A mistake that a user can mend: rendered with its line and a caret.
#[derive(Clone, Debug, thiserror::Error, miette::Diagnostic)]
#[error("{message}")]
pub struct Mistake {
    pub message: String,
    #[help]
    pub help: Option<String>,
    #[source_code]
    code: Excerpt,
    #[label("here")]
    shown: miette::SourceSpan,
    offset: usize,
    path: PathBuf,
    line: usize,
    column: usize,
}

/// Bytes between two counts of characters.
const BLOCK: usize = 1024;

/// The characters that start in these bytes of UTF-8.
fn starts(bytes: &[u8]) -> usize {
    bytes.iter().filter(|b| **b & 0xc0 != 0x80).count()
}

impl Source {
    /// A source of the given name.
    #[must_use]
    pub fn new(path: &Path, text: &str) -> Source {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(i, _)| i + 1)).collect();
        let blocks = text.as_bytes().chunks(BLOCK);
        let before = |sum: &mut usize, block| Some(std::mem::replace(sum, *sum + starts(block)));
        let characters = blocks.scan(0, before).collect();
        Source { path: path.to_path_buf(), text: Arc::from(text), lines, characters }
    }

    /// The characters before a byte.
    fn characters_before(&self, offset: usize) -> usize {
        let block = offset / BLOCK;
        let known = self.characters.get(block).or(self.characters.last()).copied().unwrap_or(0);
        let from = (block * BLOCK).min(self.characters.len().saturating_sub(1) * BLOCK);
        known + self.text.as_bytes().get(from..offset).map_or(0, starts)
    }

    /// The 1-based line and column (in characters) of a byte offset.
    #[must_use]
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.lines.partition_point(|start| *start <= offset);
        let start = self.lines.get(line.saturating_sub(1)).copied().unwrap_or(0);
        (line, self.characters_before(offset) - self.characters_before(start) + 1)
    }

    /// A mistake at a byte range of this source.
    #[must_use]
    pub fn mistake(&self, span: Range<usize>, message: impl Into<String>, help: Option<String>) -> Mistake {
        let start = span.start.min(self.text.len());
        let end = span.end.clamp(start, self.text.len());
        let (line, column) = self.line_column(start);
        let code = Excerpt::cut(tidy(&self.path.display().to_string()), &self.text, &self.lines, &(start..end));
        Mistake {
            message: tidy(&message.into()),
            help: help.map(|h| tidy(&h)),
            shown: (code.span.start, code.span.len()).into(),
            code,
            offset: start,
            path: self.path.clone(),
            line,
            column,
        }
    }
}

impl Mistake {
    /// The file's path, the 1-based line and the 1-based column.
    #[must_use]
    pub fn position(&self) -> (&Path, usize, usize) {
        (&self.path, self.line, self.column)
    }

    /// The byte offset in the file at which it is.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// `path:line:column`.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{}:{}:{}", tidy(&self.path.display().to_string()), self.line, self.column)
    }

    /// One line: `path:line:column: message (help)`.
    #[must_use]
    pub fn one_line(&self) -> String {
        let help = self.help.as_ref().map(|h| format!(" ({h})")).unwrap_or_default();
        format!("{}: {}{help}", self.place(), self.message)
    }
}

/// The candidate most like `word`, where one is like enough to be a slip of the keys.
#[must_use]
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    // Nobody's fingers slip that far; and to find it out takes time.
    if word.len() > 200 {
        return None;
    }
    candidates
        .into_iter()
        .map(|c| (strsim::damerau_levenshtein(word, c), c))
        .filter(|(d, c)| *d <= (c.len() / 3).max(1))
        .min()
        .map(|(_, c)| meant_instead(c))
}

/// The hint at the word that was probably meant.
#[must_use]
pub fn meant_instead(word: &str) -> String {
    format!("did you mean `{word}`?")
}
