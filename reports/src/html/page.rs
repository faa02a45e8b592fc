//! The page around a rendering: one file, complete in itself.

use super::text::line;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::io::Write;

/// The style of all pages.
pub const STYLE: &str = include_str!("style.css");
/// What the scripts of all pages share.
const COMMON: &str = include_str!("common.js");

/// Nothing is loaded from anywhere, whatever a text of a record may hold.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
                      base-uri 'none'; form-action 'none'";

/// A whole page. The script runs at its end, with what `common.js` offers.
#[must_use]
pub fn page(title: &str, body: &Markup, script: &str) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content="goabi";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (body)
                script { (PreEscaped(COMMON)) (PreEscaped(script)) }
            }
        }
    };
    page.into_string() + "\n"
}

/// HTML that a script puts into the page when it is asked for, compressed: it
/// is so much alike that a tenth of it is left. Until then it is mere text to
/// the browser, and thousands of them cost nothing.
#[must_use]
pub fn island(id: &str, inner: Markup) -> Markup {
    html! { script type="text/plain" id=(id) { (PreEscaped(packed(&inner.into_string()))) } "\n" }
}

/// Deflated, in base64: what `unpacked` of `common.js` reads.
fn packed(text: &str) -> String {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    // Writing to memory can't fail; if it did, the drill-down would be empty.
    let bytes = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish()).unwrap_or_default();
    STANDARD.encode(bytes)
}

/// Data for the script.
#[must_use]
pub fn data(id: &str, value: &serde_json::Value) -> Markup {
    // `<` may only stand within JSON's strings, where this is the same letter.
    let text = value.to_string().replace('<', "\\u003c");
    html! { script type="application/json" id=(id) { (PreEscaped(text)) } "\n" }
}

/// A command with a button that copies it.
#[must_use]
pub fn command(command: &str) -> Markup {
    html! {
        div.command {
            code { (line(command)) }
            button type="button" data-copy { "Copy" }
        }
    }
}

/// A menu of values to narrow the page to, any number of them; none means all.
#[must_use]
pub fn menu<'a>(name: &str, label: &str, values: impl IntoIterator<Item = &'a str>) -> Markup {
    html! {
        details.menu data-menu=(label) {
            summary { (label) ": all" }
            div.options {
                @for value in values {
                    label { input type="checkbox" data-filter=(name) value=(line(value)); " " (line(value)) }
                }
            }
        }
    }
}

/// The search field.
#[must_use]
pub fn search(placeholder: &str) -> Markup {
    html! {
        input #q type="search" placeholder=(placeholder) aria-label="Search" autocomplete="off" spellcheck="false";
    }
}

/// What stands in the page where scripts do not run.
#[must_use]
pub fn noscript(what: &str) -> Markup {
    html! { noscript { p.note { (what) } } }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use flate2::read::DeflateDecoder;
    use std::io::Read;

    /// The page loads nothing: it refers to itself, and by links for people to
    /// issues. Texts that only look like tags are none.
    pub fn refers_to_nothing(page: &str) {
        let mut markup = page.to_string();
        for (open, close) in [("<style>", "</style>"), ("<script>", "</script>")] {
            let (before, rest) = markup.split_once(open).unwrap();
            let (own, after) = rest.split_once(close).unwrap();
            for word in ["://", "url(", "@import", "import(", "fetch(", "XMLHttp", "WebSocket", "src="] {
                assert!(!own.contains(word), "{word} in {open}");
            }
            markup = format!("{before}{after}");
        }
        let mut rest = markup.as_str();
        while let Some((_, after)) = rest.split_once('<') {
            rest = tag(after);
        }
    }

    /// Checks a tag and returns what follows it.
    fn tag(text: &str) -> &str {
        const LOADING: [&str; 9] = ["link", "iframe", "img", "object", "embed", "base", "form", "video", "svg"];
        let end = text.find([' ', '>']).unwrap();
        let name = &text[..end];
        assert!(!LOADING.contains(&name), "<{name}>");
        let mut rest = &text[end..];
        while let Some(attribute) = rest.strip_prefix(' ') {
            let end = attribute.find(['=', ' ', '>']).unwrap();
            let key = &attribute[..end];
            rest = &attribute[end..];
            let Some(quoted) = rest.strip_prefix("=\"") else { continue };
            let (value, after) = quoted.split_once('"').unwrap();
            rest = after;
            match key {
                "href" => assert!(name == "a" && ["#", "https://"].iter().any(|s| value.starts_with(s)), "{value}"),
                "src" | "srcset" | "action" | "data" | "background" | "poster" => panic!("{name} {key}={value}"),
                _ => assert!(!key.starts_with("on") && key != "style", "{name} {key}"),
            }
        }
        rest.strip_prefix('>').unwrap_or_else(|| panic!("<{name}: {rest:.40}"))
    }

    #[test]
    fn a_page_refers_to_nothing() {
        refers_to_nothing(&page("a <title>", &html! { p { "x" } }, "void 0;"));
    }

    #[test]
    fn data_cannot_end_its_element() {
        let made = data("d", &serde_json::json!(["</script><!--<script>", "\u{2028}"])).into_string();
        let inner = made.split_once('>').unwrap().1.rsplit_once("</script>").unwrap().0;
        assert!(!inner.contains('<'), "{inner}");
        let read: Vec<String> = serde_json::from_str(inner).unwrap();
        assert_eq!(read, ["</script><!--<script>", "\u{2028}"]);
    }

    /// The page with its islands as they are shown.
    pub fn unpacked(page: &str) -> String {
        let mut out = String::new();
        let mut rest = page;
        while let Some((before, after)) = rest.split_once("<script type=\"text/plain\" id=") {
            let (id, after) = after.split_once('>').unwrap();
            let (text, after) = after.split_once("</script>").unwrap();
            let mut inner = String::new();
            DeflateDecoder::new(&STANDARD.decode(text).unwrap()[..]).read_to_string(&mut inner).unwrap();
            out += &format!("{before}<template id={id}>{inner}</template>");
            rest = after;
        }
        out + rest
    }

    #[test]
    fn an_island_comes_back_as_it_went() {
        let made = island("i", html! { p title="</script>" { "</script>\u{e9}" } }).into_string();
        assert_eq!(made.matches("</script").count(), 1, "{made}");
        assert_eq!(
            unpacked(&made),
            "<template id=\"i\"><p title=\"&lt;/script&gt;\">&lt;/script&gt;\u{e9}</p></template>\n"
        );
    }
}
