//! The test that the colours of the pages can be told from each other: WCAG's
//! contrast, in light and in dark.
#![cfg(test)]

use super::page::STYLE;
use super::sign::Sign;
use std::collections::BTreeMap;

/// The colours that a block of the style defines.
fn colours(block: &str) -> BTreeMap<&str, [f64; 3]> {
    let mut out = BTreeMap::new();
    for (name, value) in block.split([';', '{']).filter_map(|l| l.trim().strip_prefix("--")?.split_once(": #")) {
        let number = u32::from_str_radix(value, 16).unwrap_or_else(|_| panic!("{name}: {value}"));
        assert_eq!(value.len(), 6, "{name}");
        out.insert(name, [16, 8, 0].map(|shift| f64::from((number >> shift) & 0xff) / 255.0));
    }
    out
}

fn luminance(colour: [f64; 3]) -> f64 {
    let linear = colour.map(|c| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) });
    0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
}

fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn texts_can_be_read_in_light_and_dark() {
    let (light, dark) = STYLE.split_once("@media (prefers-color-scheme: dark)").unwrap();
    let dark = dark.split_once("}\n}").unwrap().0;
    for (mode, block) in [("light", light), ("dark", dark)] {
        let colours = colours(block);
        let colour = |name: &str| *colours.get(name).unwrap_or_else(|| panic!("{mode}: no --{name}"));
        let mut pairs: Vec<(String, String)> = Vec::new();
        for ink in ["ink", "faint", "link"] {
            pairs.extend(["paper", "raised", "sunken"].map(|p| (ink.to_string(), p.to_string())));
        }
        for s in Sign::ALL {
            pairs.push((format!("{}-ink", s.word()), s.word().to_string()));
        }
        pairs.extend(
            [("ink", "want"), ("ink", "got"), ("ink", "want-mark"), ("ink", "got-mark"), ("ink", "mark")]
                .map(|(a, b)| (a.to_string(), b.to_string())),
        );
        for (ink, paper) in pairs {
            let got = contrast(colour(&ink), colour(&paper));
            assert!(got >= 4.5, "{mode}: --{ink} on --{paper} has a contrast of {got:.2}");
        }
    }
}

#[test]
fn black_on_white_is_21() {
    assert!((contrast([0.0; 3], [1.0; 3]) - 21.0).abs() < 0.01);
}
