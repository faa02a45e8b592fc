//! YAML with the place of every node: the only file that knows the YAML
//! library. Documents become a tree of [`Node`]s; what a key may hold is
//! decided above, in [`crate::decode`], so that every mistake of a file is
//! found and not the first alone.

use crate::mistake::{Mistake, Source};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;
use std::fmt;
use std::ops::Range;

/// A scalar with the bytes of the file that it was written in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    pub value: String,
    /// Byte range in the file, quotes included.
    pub span: Range<usize>,
}

/// One YAML node and its byte range in the file.
#[derive(Clone, Debug)]
pub struct Node {
    pub span: Range<usize>,
    pub kind: Kind,
}

/// What a node is.
#[derive(Clone, Debug)]
pub enum Kind {
    Null,
    /// A scalar, as text: `7` and `"7"` are alike.
    Scalar(String),
    Seq(Vec<Node>),
    Map(Vec<(Text, Node)>),
}

/// The tree as the library hands it over.
enum Raw {
    Null,
    Scalar(String),
    Seq(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Raw;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a YAML node")
            }
            fn visit_bool<E>(self, v: bool) -> Result<Raw, E> {
                Ok(Raw::Scalar(v.to_string()))
            }
            fn visit_i64<E>(self, v: i64) -> Result<Raw, E> {
                Ok(Raw::Scalar(v.to_string()))
            }
            fn visit_u64<E>(self, v: u64) -> Result<Raw, E> {
                Ok(Raw::Scalar(v.to_string()))
            }
            fn visit_i128<E>(self, v: i128) -> Result<Raw, E> {
                Ok(Raw::Scalar(v.to_string()))
            }
            fn visit_u128<E>(self, v: u128) -> Result<Raw, E> {
                Ok(Raw::Scalar(v.to_string()))
            }
            fn visit_f64<E>(self, v: f64) -> Result<Raw, E> {
                Ok(Raw::Scalar(v.to_string()))
            }
            fn visit_str<E>(self, v: &str) -> Result<Raw, E> {
                Ok(Raw::Scalar(v.to_string()))
            }
            fn visit_unit<E>(self) -> Result<Raw, E> {
                Ok(Raw::Null)
            }
            fn visit_none<E>(self) -> Result<Raw, E> {
                Ok(Raw::Null)
            }
            fn visit_some<D: Deserializer<'de>>(self, d: D) -> Result<Raw, D::Error> {
                Raw::deserialize(d)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
                let mut out = Vec::new();
                while let Some(item) = seq.next_element()? {
                    out.push(item);
                }
                Ok(Raw::Seq(out))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
                let mut out = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    out.push(entry);
                }
                Ok(Raw::Map(out))
            }
        }
        d.deserialize_any(V)
    }
}

/// The largest case file that is read; a larger one is a mistake, not a suite.
pub const MAX_BYTES: usize = 8 << 20;

/// Reads one document. Syntax errors and duplicate keys come as the one mistake
/// at which the parser had to stop.
///
/// # Errors
/// The mistake, with its place.
pub fn parse(source: &Source) -> Result<Node, Box<Mistake>> {
    if source.text.len() > MAX_BYTES {
        let message = format!("the file has {} bytes; at most {MAX_BYTES} are read", source.text.len());
        return Err(Box::new(source.mistake(0..0, message, Some("split it into several files".into()))));
    }
    let options =
        serde_saphyr::options! { with_snippet: false, merge_keys: serde_saphyr::options::MergeKeyPolicy::Error };
    match serde_saphyr::from_str_with_options::<Spanned<Raw>>(&source.text, options) {
        Ok(root) => Ok(node(&source.text, root)),
        Err(e) => {
            let e = e.without_snippet();
            let at = e.location().map_or(0..0, |l| byte_range(&source.text, &l));
            let message = e.to_string();
            let (message, help) = told(&message);
            Err(Box::new(source.mistake(at, format!("YAML: {message}"), help.map(str::to_string))))
        }
    }
}

/// What the library says of a file that goes beyond its bounds, or that it would
/// read with other options, in a user's words.
const TOLD: [(&str, &str, Option<&str>); 8] = [
    ("found a tab", "a tab stands where only spaces can", Some("indent with spaces")),
    ("breached: Depth", "lists and mappings are nested too deeply", Some("a case file needs fewer than ten levels")),
    ("recursion limit", "lists and mappings are nested too deeply", Some("a case file needs fewer than ten levels")),
    ("breached: Aliases", "too many aliases", Some("write out what they stand for")),
    ("budget breached", "with its aliases followed, the file is too large", Some("split it into several files")),
    ("recursive references", "an alias stands within that which it stands for", None),
    ("multiple YAML documents", "a second document starts here", Some("a file holds one: make two files of it")),
    ("merge keys", "merge keys (`<<`) are not known here", Some("write out the keys")),
];

fn told(message: &str) -> (&str, Option<&'static str>) {
    let known = TOLD.iter().find(|(sign, _, _)| message.contains(sign));
    known.map_or((plain(message), None), |(_, told, help)| (*told, *help))
}

/// The library's message without its advice to programmers and its place, which is told apart.
fn plain(message: &str) -> &str {
    let end = [", set DuplicateKeyPolicy", " at line "].iter().filter_map(|m| message.find(m)).min();
    &message[..end.unwrap_or(message.len())]
}

/// A location's byte range; the library's byte offsets where it has them,
/// else its line and column.
fn byte_range(text: &str, l: &serde_saphyr::Location) -> Range<usize> {
    let usize_of = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    if let (Some(start), Some(len)) = (l.span().byte_offset(), l.span().byte_len()) {
        let start = usize_of(start).min(text.len());
        return start..start.saturating_add(usize_of(len)).min(text.len());
    }
    let line = usize_of(l.line()).saturating_sub(1);
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let column = usize_of(l.column()).saturating_sub(1);
    let rest = &text[start.min(text.len())..];
    let at = start + rest.char_indices().nth(column).map_or(rest.len(), |(i, _)| i);
    at..at
}

fn node(text: &str, raw: Spanned<Raw>) -> Node {
    let span = byte_range(text, &raw.referenced);
    let kind = match raw.value {
        Raw::Null => Kind::Null,
        Raw::Scalar(s) => {
            // A plain scalar is taken as it was written: `0x10` must not become `16`.
            let written = text.get(span.clone()).unwrap_or_default();
            let plain = !written.starts_with(['"', '\'', '|', '>', '&', '*', '!']) && !written.contains('\n');
            let written = written.trim_end();
            Kind::Scalar(if plain && !written.is_empty() { written.to_string() } else { s })
        }
        Raw::Seq(items) => Kind::Seq(items.into_iter().map(|i| node(text, i)).collect()),
        Raw::Map(entries) => Kind::Map(
            entries
                .into_iter()
                .map(|(k, v)| (Text { span: byte_range(text, &k.referenced), value: k.value }, node(text, v)))
                .collect(),
        ),
    };
    // The library gives a collection the place of its first token: it reaches to its last item.
    let last = match &kind {
        Kind::Seq(items) => items.last().map(|n| n.span.end),
        Kind::Map(entries) => entries.last().map(|(k, v)| k.span.end.max(v.span.end)),
        Kind::Null | Kind::Scalar(_) => None,
    };
    let span = span.start..span.end.max(last.unwrap_or(0));
    Node { span, kind }
}

impl Text {
    /// The byte offset in the file of byte `offset` of the value: quotes,
    /// escapes and a block scalar's indentation are accounted for.
    #[must_use]
    pub fn locate(&self, file: &str, offset: usize) -> usize {
        let Some(written) = file.get(self.span.start..) else { return self.span.start };
        let inside = match written.as_bytes().first() {
            Some(b'\'') => quoted(written, offset, |rest| if rest.starts_with("''") { (2, 1) } else { (1, 1) }),
            Some(b'"') => quoted(written, offset, double_quoted_unit),
            _ if is_block(file, self.span.start) => block(file, self.span.start, &self.value, offset),
            _ => offset,
        };
        (self.span.start + inside).min(file.len())
    }
}

/// Walks a quoted scalar; `unit` gives the written and the decoded length of
/// the unit at the front.
fn quoted(written: &str, offset: usize, unit: impl Fn(&str) -> (usize, usize)) -> usize {
    let (mut at, mut decoded) = (1, 0);
    while decoded < offset && at < written.len() {
        let Some(rest) = written.get(at..) else { break };
        let (w, d) = unit(rest);
        at += w;
        decoded += d;
    }
    at
}

fn double_quoted_unit(rest: &str) -> (usize, usize) {
    if !rest.starts_with('\\') {
        return (1, 1);
    }
    let code = |n: usize| {
        let c = rest.get(2..2 + n).and_then(|h| u32::from_str_radix(h, 16).ok()).and_then(char::from_u32);
        (2 + n, c.map_or(1, char::len_utf8))
    };
    match rest.as_bytes().get(1) {
        Some(b'x') => code(2),
        Some(b'u') => code(4),
        Some(b'U') => code(8),
        _ => (2, 1),
    }
}

/// Whether the scalar whose content starts there stands below a block header
/// (`|` or `>`); the library's span starts behind the header and the indentation.
fn is_block(file: &str, start: usize) -> bool {
    let line = file[..start].rfind('\n').map_or(0, |i| i + 1);
    let above = file[..line].trim_end();
    let header = above.rsplit(['\n', ' ']).next().unwrap_or_default();
    file[line..start].trim().is_empty()
        && header.trim_end_matches(|c: char| "+-123456789".contains(c)).ends_with(['|', '>'])
}

/// Walks a block scalar: each of its lines stands behind the same indentation.
fn block(file: &str, start: usize, value: &str, offset: usize) -> usize {
    let indent = start - file[..start].rfind('\n').map_or(0, |i| i + 1);
    let offset = offset.min(value.len());
    let before = value.get(..offset).unwrap_or_default();
    let line = before.matches('\n').count();
    let column = offset - before.rfind('\n').map_or(0, |i| i + 1);
    if line == 0 {
        return column;
    }
    let lines = file[start..].split_inclusive('\n');
    lines.take(line).map(str::len).sum::<usize>() + indent + column
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn read(text: &str) -> (Source, Node) {
        let s = Source::new(Path::new("t.yaml"), text);
        let n = parse(&s).unwrap();
        (s, n)
    }

    fn entry<'a>(n: &'a Node, key: &str) -> &'a Node {
        let Kind::Map(m) = &n.kind else { panic!("{n:?}") };
        &m.iter().find(|(k, _)| k.value == key).unwrap().1
    }

    #[test]
    fn plain_scalars_keep_their_spelling() {
        let (_, n) = read("a: 0x10\nb: [1.50, true, nil, '~']\nc: ~\n");
        assert!(matches!(&entry(&n, "a").kind, Kind::Scalar(s) if s == "0x10"));
        let Kind::Seq(b) = &entry(&n, "b").kind else { panic!() };
        let texts: Vec<_> = b.iter().map(|n| format!("{:?}", n.kind)).collect();
        assert_eq!(texts, [r#"Scalar("1.50")"#, r#"Scalar("true")"#, r#"Scalar("nil")"#, r#"Scalar("~")"#]);
        assert!(matches!(entry(&n, "c").kind, Kind::Null));
    }

    #[test]
    fn offsets_inside_scalars_are_found_again() {
        let (s, n) = read(
            "plain: abcXdef\nsingle: 'it''s X'\ndouble: \"tab\\t\\u00e9 X\"\nblock: |\n  one\n  two X\n\n    X3\n",
        );
        for (key, value, nth) in [
            ("plain", "abcXdef", 0),
            ("single", "it's X", 0),
            ("double", "tab\té X", 0),
            ("block", "one\ntwo X\n\n  X3\n", 0),
            ("block", "one\ntwo X\n\n  X3\n", 1),
        ] {
            let node = entry(&n, key);
            assert!(matches!(&node.kind, Kind::Scalar(s) if s == value), "{key}: {:?}", node.kind);
            let text = Text { value: value.into(), span: node.span.clone() };
            let (at, _) = value.match_indices('X').nth(nth).unwrap();
            let found = text.locate(&s.text, at);
            assert_eq!(&s.text[found..=found], "X", "{key} {nth}");
        }
    }

    #[test]
    fn duplicate_keys_have_a_place() {
        let s = Source::new(Path::new("t.yaml"), "a: 1\nb: 2\na: 3\n");
        let m = parse(&s).unwrap_err();
        assert_eq!(m.position().1, 3, "{m}");
    }
}
