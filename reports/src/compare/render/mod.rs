//! The renderings of a comparison. One file each, named in the `formats!` list
//! below, from which the command line's choices come.

use super::model::Comparison;
use crate::compare::described::Described;
use crate::render::RenderError;

/// One format of a comparison.
#[derive(Clone, Copy)]
pub struct Format {
    /// Its id on the command line.
    pub id: &'static str,
    /// What it is for, in a sentence.
    pub about: &'static str,
    /// The rendering itself.
    pub render: fn(&Comparison) -> Result<String, RenderError>,
}

macro_rules! formats {
    ($($id:ident),* $(,)?) => {
        $(pub mod $id;)*
        /// All formats, the default first.
        pub const FORMATS: &[Format] = &[
            $(Format { id: stringify!($id), about: $id::ABOUT, render: $id::render }),*
        ];
    };
}

formats! { text, markdown, html, json }

/// How many cells of a group are named in the formats for people.
const CELLS_SHOWN: usize = 5;

/// The text in one line without what steers a terminal or turns text around.
fn plain(text: &str) -> String {
    let shown = |c: char| match c {
        '\n' | '\r' | '\t' => Some(' '),
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => None,
        c if c.is_control() => None,
        c => Some(c),
    };
    text.chars().filter_map(shown).collect::<String>().trim().to_string()
}

/// `1 cell`, `2 cells`.
fn counted(count: usize, noun: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{s}")
}

/// The verdict in a word.
fn verdict(c: &Comparison) -> &'static str {
    match (c.counts.regressed, c.counts.all(), c.counts.unknown) {
        (1.., _, _) => "REGRESSED",
        (0, 0, _) => "NOTHING TO COMPARE",
        (0, all, unknown) if all == unknown => "NOTHING KNOWN",
        (0, _, _) if c.described.iter().any(Described::less) => "DESCRIBED LESS",
        (0, _, _) => "NO REGRESSION",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::tests::example;
    use std::collections::BTreeSet;

    #[test]
    fn every_file_here_is_listed() {
        let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/compare/render");
        let files: BTreeSet<String> = std::fs::read_dir(dir)
            .unwrap()
            .map(|e| e.unwrap().path())
            .filter(|p| p.extension().is_some_and(|x| x == "rs"))
            .map(|p| p.file_stem().unwrap().to_str().unwrap().to_string())
            .filter(|s| s != "mod")
            .collect();
        assert_eq!(files, FORMATS.iter().map(|f| f.id.to_string()).collect());
    }

    #[test]
    fn each_ends_its_last_line_and_cannot_steer_the_terminal() {
        let mut c = example();
        for r in &mut c.rows {
            r.cell.insert_str(0, "\x1b[2J\u{202e}");
            r.old.why = Some("\x1b]0;title\x07".into());
            r.appeared.iter_mut().for_each(|s| s.actual = "\x1b[2J\n# gone".into());
        }
        for f in FORMATS {
            let text = (f.render)(&c).unwrap();
            assert!(text.ends_with('\n') && !text.contains(['\x1b', '\x07']) && !text.contains("\n# gone"), "{}", f.id);
        }
    }

    #[test]
    fn the_verdict_is_never_good_where_nothing_is_known() {
        let mut c = example();
        assert_eq!(verdict(&c), "REGRESSED");
        c.counts.regressed = 0;
        assert_eq!(verdict(&c), "NO REGRESSION");
        c.counts = crate::compare::model::Counts { unknown: 3, ..Default::default() };
        assert_eq!(verdict(&c), "NOTHING KNOWN");
        c.counts.unknown = 0;
        assert_eq!(verdict(&c), "NOTHING TO COMPARE");
    }
}
