//! From YAML nodes to typed mappings, collecting every mistake; and the JSON
//! schema of the same mappings. [`mapping!`] declares a mapping once: its keys,
//! their types, which are required (those not `Option`, `Vec` or `bool`), and
//! their docs, which become the schema's descriptions.

use crate::graffiti;
use crate::mistake::{Mistake, Source, did_you_mean, meant_instead};
use crate::yaml::{Kind, Node, Text};
use serde_json::{Value as Json, json};
use std::ops::Range;

/// A file under reading, and the mistakes found in it so far.
pub struct Reader<'a> {
    pub source: &'a Source,
    pub mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    /// Whether one of these keys was misspelt in the given part of the file:
    /// its absence then needs no mistake of its own.
    #[must_use]
    pub fn misspelt(&self, span: &Range<usize>, keys: &[&str]) -> bool {
        let meant = |help: &str| keys.iter().any(|k| help == meant_instead(k));
        let mut inside = self.mistakes.iter().filter(|m| span.contains(&m.offset()));
        inside.any(|m| m.help.as_deref().is_some_and(meant))
    }

    /// Notes a mistake.
    pub fn mistake(&mut self, span: Range<usize>, message: impl Into<String>, help: Option<String>) {
        self.mistakes.push(self.source.mistake(span, message, help));
    }

    /// Notes a mistake at byte `offset` of a scalar's value, `len` bytes wide.
    pub fn mistake_in(&mut self, text: &Text, at: Range<usize>, message: impl Into<String>, help: Option<String>) {
        let start = text.locate(&self.source.text, at.start);
        let end = text.locate(&self.source.text, at.end.max(at.start)).max(start);
        self.mistake(start..end, message, help);
    }
}

/// What a node can be read as.
pub trait FromNode: Sized {
    /// Reads a node; `None` after a mistake was noted.
    fn from_node(node: &Node, r: &mut Reader) -> Option<Self>;
    /// The value of a key that is not there; `None` where the key is required.
    fn absent() -> Option<Self> {
        None
    }
    /// The JSON schema of such a node.
    fn schema() -> Json;
}

fn describe(node: &Node) -> &'static str {
    match node.kind {
        Kind::Null => "nothing",
        Kind::Scalar(_) => "a scalar",
        Kind::Seq(_) => "a list",
        Kind::Map(_) => "a mapping",
    }
}

fn wrong(node: &Node, r: &mut Reader, wanted: &str, help: Option<String>) {
    // A list's or a mapping's span runs over many lines: the first says enough.
    let end = r.source.text[node.span.start..].find('\n').map_or(node.span.end, |i| node.span.start + i);
    let found = describe(node);
    r.mistake(node.span.start..end.min(node.span.end), format!("{wanted} is wanted here, {found} was found"), help);
}

impl FromNode for Text {
    fn from_node(node: &Node, r: &mut Reader) -> Option<Text> {
        match &node.kind {
            Kind::Scalar(s) => Some(Text { value: s.clone(), span: node.span.clone() }),
            Kind::Null => {
                wrong(node, r, "a text", Some("quote it if `~` or `null` is meant; Go's is `nil`".into()));
                None
            }
            Kind::Seq(_) | Kind::Map(_) => {
                let help = "quote Go that holds `{`, `[`, `: ` or `#`: 'Pair{A: 1}'";
                wrong(node, r, "a text", Some(help.into()));
                None
            }
        }
    }
    fn schema() -> Json {
        json!({"type": ["string", "number", "boolean"]})
    }
}

impl FromNode for bool {
    fn from_node(node: &Node, r: &mut Reader) -> Option<bool> {
        match &node.kind {
            Kind::Scalar(s) if s == "true" => Some(true),
            Kind::Scalar(s) if s == "false" => Some(false),
            _ => {
                wrong(node, r, "true or false", None);
                None
            }
        }
    }
    fn schema() -> Json {
        json!({"type": "boolean"})
    }
}

impl FromNode for u32 {
    fn from_node(node: &Node, r: &mut Reader) -> Option<u32> {
        let n = match &node.kind {
            Kind::Scalar(s) => s.parse().ok(),
            _ => None,
        };
        if n.is_none() {
            wrong(node, r, "a number", None);
        }
        n
    }
    fn schema() -> Json {
        json!({"type": "integer", "minimum": 0})
    }
}

impl<T: FromNode> FromNode for Option<T> {
    fn from_node(node: &Node, r: &mut Reader) -> Option<Self> {
        T::from_node(node, r).map(Some)
    }
    fn absent() -> Option<Self> {
        Some(None)
    }
    fn schema() -> Json {
        T::schema()
    }
}

impl<T: FromNode> FromNode for Vec<T> {
    fn from_node(node: &Node, r: &mut Reader) -> Option<Self> {
        match &node.kind {
            // One bad item does not hide the mistakes of the next.
            Kind::Seq(items) => Some(items.iter().filter_map(|i| T::from_node(i, r)).collect()),
            _ => {
                wrong(node, r, "a list", Some("write it as [..., ...] or with a `- ` before each item".into()));
                None
            }
        }
    }
    fn absent() -> Option<Self> {
        Some(Vec::new())
    }
    fn schema() -> Json {
        json!({"type": "array", "items": T::schema()})
    }
}

/// A mapping with keys of the user's own choice, in their order.
#[derive(Clone, Debug, Default)]
pub struct Pairs(pub Vec<(Text, Text)>);

impl FromNode for Pairs {
    fn from_node(node: &Node, r: &mut Reader) -> Option<Self> {
        let Kind::Map(m) = &node.kind else {
            wrong(node, r, "a mapping", None);
            return None;
        };
        Some(Pairs(m.iter().filter_map(|(k, v)| Some((k.clone(), Text::from_node(v, r)?))).collect()))
    }
    fn absent() -> Option<Self> {
        Some(Pairs::default())
    }
    fn schema() -> Json {
        json!({"type": "object", "additionalProperties": Text::schema()})
    }
}

/// Go expressions: a list of them, or one word for the whole list.
#[derive(Clone, Debug)]
pub enum Values {
    List(Vec<Text>),
    /// `graffiti`, where it stands.
    Graffiti(Range<usize>),
}

impl Values {
    /// The expressions that are written out.
    #[must_use]
    pub fn list(&self) -> &[Text] {
        match self {
            Values::List(l) => l,
            Values::Graffiti(_) => &[],
        }
    }
}

impl FromNode for Values {
    fn from_node(node: &Node, r: &mut Reader) -> Option<Self> {
        match &node.kind {
            Kind::Scalar(s) if s == graffiti::WORD => Some(Values::Graffiti(node.span.clone())),
            Kind::Scalar(s) if did_you_mean(s, [graffiti::WORD]).is_some() => {
                wrong(node, r, "a list, or `graffiti`,", did_you_mean(s, [graffiti::WORD]));
                None
            }
            _ => Vec::from_node(node, r).map(Values::List),
        }
    }
    fn absent() -> Option<Self> {
        Some(Values::List(Vec::new()))
    }
    fn schema() -> Json {
        json!({"oneOf": [Vec::<Text>::schema(), {"const": graffiti::WORD}]})
    }
}

/// The entries of a mapping whose keys are all among `known`; unknown ones are
/// mistakes and left out.
pub fn entries<'n>(node: &'n Node, known: &[&str], what: &str, r: &mut Reader) -> Option<Vec<(&'n str, &'n Node)>> {
    let Kind::Map(m) = &node.kind else {
        wrong(node, r, &format!("{what} (a mapping)"), Some(format!("its keys are {}", known.join(", "))));
        return None;
    };
    let mut out = Vec::new();
    for (k, v) in m {
        if known.contains(&k.value.as_str()) {
            out.push((k.value.as_str(), v));
        } else {
            let help = did_you_mean(&k.value, known.iter().copied())
                .unwrap_or_else(|| format!("{what} has the keys {}", known.join(", ")));
            r.mistake(k.span.clone(), format!("unknown key `{}`", k.value), Some(help));
        }
    }
    Some(out)
}

/// Notes a key that is missing.
pub fn missing(node: &Node, key: &str, what: &str, r: &mut Reader) {
    if r.misspelt(&node.span, &[key]) {
        return;
    }
    let end = r.source.text[node.span.start..].find('\n').map_or(node.span.end, |i| node.span.start + i);
    r.mistake(node.span.start..end.min(node.span.end), format!("{what} without the key `{key}`"), None);
}

/// Declares a struct that is read from a YAML mapping: `what` names it in
/// messages. It gets a field `span`, the mapping's place.
macro_rules! mapping {
    ($(#[doc = $doc:literal])* pub struct $name:ident as $what:literal { $($(#[doc = $fdoc:literal])* $field:ident $(as $key:literal)? : $ty:ty,)* }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug)]
        pub struct $name {
            /// Byte range in the file.
            pub span: std::ops::Range<usize>,
            $($(#[doc = $fdoc])* pub $field: $ty,)*
        }

        impl $crate::decode::FromNode for $name {
            fn from_node(node: &$crate::yaml::Node, r: &mut $crate::decode::Reader) -> Option<Self> {
                let entries = $crate::decode::entries(node, &[$(mapping!(@key $field $($key)?)),*], $what, r)?;
                $(let $field = match entries.iter().find(|(k, _)| *k == mapping!(@key $field $($key)?)) {
                    Some((_, v)) => <$ty as $crate::decode::FromNode>::from_node(v, r),
                    None => {
                        let absent = <$ty as $crate::decode::FromNode>::absent();
                        if absent.is_none() {
                            $crate::decode::missing(node, mapping!(@key $field $($key)?), $what, r);
                        }
                        absent
                    }
                };)*
                Some($name { span: node.span.clone(), $($field: $field?,)* })
            }

            fn schema() -> serde_json::Value {
                let mut properties = serde_json::Map::new();
                let mut required: Vec<&str> = Vec::new();
                $({
                    let mut s = <$ty as $crate::decode::FromNode>::schema();
                    let text = concat!($($fdoc),*).trim();
                    if let Some(o) = s.as_object_mut() {
                        o.insert("description".into(), text.into());
                    }
                    properties.insert(mapping!(@key $field $($key)?).into(), s);
                    if <$ty as $crate::decode::FromNode>::absent().is_none() {
                        required.push(mapping!(@key $field $($key)?));
                    }
                })*
                serde_json::json!({
                    "type": "object",
                    "description": concat!($($doc),*).trim(),
                    "properties": properties,
                    "required": required,
                    "additionalProperties": false,
                })
            }
        }
    };
    (@key $field:ident) => { stringify!($field) };
    (@key $field:ident $key:literal) => { $key };
}
pub(crate) use mapping;
