//! The renderings of a record. One file each, named in the `renderers!` list
//! below; the command line's choices and the docs come from that list.

use crate::record::Record;

#[cfg(test)]
pub(crate) mod example;

/// Why a record could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The record holds what the format cannot.
    #[error("cannot render the record as {format}: {message}")]
    Format {
        /// The renderer's id.
        format: &'static str,
        /// Why.
        message: String,
    },
}

/// One report format.
#[derive(Clone, Copy)]
pub struct Renderer {
    /// Its id on the command line.
    pub id: &'static str,
    /// The file that it writes in the output directory.
    pub file: &'static str,
    /// What it is for, in a sentence.
    pub about: &'static str,
    /// The rendering itself.
    pub render: fn(&Record) -> Result<String, RenderError>,
}

macro_rules! renderers {
    ($($id:ident),* $(,)?) => {
        $(pub mod $id;)*
        /// All renderers.
        pub const RENDERERS: &[Renderer] = &[
            $(Renderer { id: stringify!($id), file: $id::FILE, about: $id::ABOUT, render: $id::render }),*
        ];
    };
}

renderers! { json, junit, summary, markdown, html, compatibility }

/// The renderer of this id; `md` is markdown's, too.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static Renderer> {
    let id = if id == "md" { "markdown" } else { id };
    RENDERERS.iter().find(|r| r.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_is_found_by_its_id() {
        for r in RENDERERS {
            assert_eq!(by_id(r.id).unwrap().file, r.file);
        }
        assert_eq!(by_id("md").unwrap().id, "markdown");
        assert!(by_id("pdf").is_none());
    }

    #[test]
    fn every_file_here_is_listed() {
        let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/render");
        let files: BTreeSet<String> = std::fs::read_dir(dir)
            .unwrap()
            .map(|e| e.unwrap().path())
            .filter(|p| p.extension().is_some_and(|x| x == "rs"))
            .map(|p| p.file_stem().unwrap().to_str().unwrap().to_string())
            // The list itself, and the tests' example.
            .filter(|s| s != "mod" && s != "example")
            .collect();
        let listed: BTreeSet<String> = RENDERERS.iter().map(|r| r.id.to_string()).collect();
        assert_eq!(files, listed);
        let outputs: BTreeSet<&str> = RENDERERS.iter().map(|r| r.file).collect();
        assert_eq!(outputs.len(), RENDERERS.len(), "two renderers write one file");
    }

    #[test]
    fn each_renders_an_empty_and_a_full_record() {
        let full = example::record();
        let mut empty = full.clone();
        (empty.cells, empty.findings, empty.problems) = (vec![], vec![], vec![]);
        empty.seal();
        for r in RENDERERS {
            let text = (r.render)(&full).unwrap();
            assert!(text.ends_with('\n') && !text.contains('\x1b'), "{}", r.id);
            assert!((r.render)(&empty).unwrap().len() < text.len(), "{}", r.id);
        }
    }
}
