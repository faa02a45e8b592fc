//! What no snapshot shows: the page is complete in itself, hostile names do no
//! harm, ticks are shown, the JSON comes back as it went.

use super::model::{Answer, Confirmed, Explanation, Place};
use super::text::{Style, render};
use super::{frame, html, model};
use crate::html::page::tests::refers_to_nothing;

const SAMPLE: &str = r#"{
  "schema_version": 1, "goabi_version": "0", "function": "pkg.f", "signature": "func(s string) int64",
  "ports": [
    {"target": "linux-amd64", "go": "1.27.3", "build": "opt", "abi": "ABIInternal", "register_abi_since": "1.17",
     "word_bytes": 8, "entry_offset": 8, "stack_bytes": 0, "spill_bytes": 16, "notation": ["IN 0: R{ I0 I1 }"],
     "values": [
       {"role": "parameter", "name": "s", "type": "string", "size": 16, "align": 8, "spill": 8, "more": false, "words": [
         {"part": ".ptr", "offset": 0, "bytes": 8, "place": {"register": {"slot": "I0", "name": "RAX"}}},
         {"part": ".len", "offset": 8, "bytes": 8, "place": {"register": {"slot": "I1", "name": "RBX"}}}]},
       {"role": "result", "name": "~r0", "type": "int64", "size": 8, "align": 8, "more": false, "words": [
         {"part": "", "offset": 0, "bytes": 8, "place": {"register": {"slot": "I0", "name": "RAX"}}}]}],
     "registers": [{"slot": "I0", "name": "RAX", "at_call": "s.ptr", "at_return": "~r0"},
                   {"slot": "I1", "name": "RBX", "at_call": "s.len"}, {"slot": "F0", "name": "X0"}],
     "frame": {"text": "TEXT ·f(SB), NOSPLIT, $0-24", "args_bytes": 24, "operands": [
       {"operand": "s_base+0(FP)", "bytes": 8, "type": "string", "result": false}]}},
    {"target": "linux-386", "go": "1.27.3", "build": "opt", "abi": "ABI0", "why_abi0": "no register ABI",
     "word_bytes": 4, "entry_offset": 4, "stack_bytes": 16, "spill_bytes": 0, "notation": [],
     "values": [
       {"role": "parameter", "name": "s", "type": "string", "size": 8, "align": 4, "why_stack": "ABI0", "more": true, "words": [
         {"part": ".ptr", "offset": 0, "bytes": 4, "place": {"stack": {"offset": 4}}}]},
       {"role": "result", "name": "~r0", "type": "int64", "size": 8, "align": 4, "why_stack": "ABI0", "more": false, "words": [
         {"part": ".lo", "offset": 0, "bytes": 4, "place": {"stack": {"offset": 12}}}]}],
     "registers": [], "frame": {"text": "TEXT", "args_bytes": 16, "operands": []},
     "assembly": {"source": "func f()", "lines": [], "none": "no decoder"}}]}"#;

fn sample() -> Explanation {
    serde_json::from_str(SAMPLE).unwrap()
}

const PLAIN: Style = Style { colour: false, width: 100 };

#[test]
fn the_json_comes_back_as_it_went() {
    let text = model::json(&sample()).unwrap();
    assert_eq!(serde_json::from_str::<Explanation>(&text).unwrap(), sample());
}

#[test]
fn text_shows_words_by_port_with_reasons() {
    let text = render(&sample(), PLAIN);
    for part in ["pkg.f: func(s string) int64", "I0  RAX", "… and more", "386: no register ABI", "no decoder"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains('\x1b') && text.lines().all(|l| l == l.trim_end()), "{text}");
    let coloured = render(&sample(), Style { colour: true, ..PLAIN });
    assert!(coloured.contains("\x1b[36mI0  RAX"), "{coloured}");
    // Each port gets a block of its own where the line is short.
    assert_eq!(render(&sample(), Style { colour: false, width: 40 }).matches("stack + spill").count(), 2);
}

#[test]
fn what_a_machine_showed_is_ticked_or_crossed() {
    let mut e = sample();
    e.ports[0].confirm(|value, _, word| {
        let (answer, seen) = match (value, word.part.as_str()) {
            (0, ".ptr") => (Answer::Held, "0x1"),
            (0, _) => (Answer::HeldOther, "0xbad"),
            _ => (Answer::NotObserved, "nothing tells"),
        };
        Some(Confirmed { answer, seen: seen.into() })
    });
    e.ports[0].observed = Some("natively".into());
    let mut other = e.ports[0].clone();
    (other.target, other.not_observed) = ("linux-arm64".into(), Some("no emulator".into()));
    e.ports.push(other);
    let text = render(&e, PLAIN);
    for part in ["I0  RAX ✓", "I1  RBX ✕ 0xbad", "RAX ?", "seen natively", "nothing tells", "arm64: no emulator"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let page = html::render(&e);
    for part in [" seen", " not so", "0xbad", "not observed: nothing tells", "Not observed: no emulator"] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[test]
fn the_page_is_complete_and_escapes_everything() {
    let mut e = sample();
    e.function = "</title><script>alert(1)</script>".into();
    e.ports[0].values[0].name = "<b onclick=x>".into();
    e.ports[0].values[0].words[0].place = Place::Register { slot: "I0".into(), name: "<i>\u{202e}".into() };
    let page = html::render(&e);
    refers_to_nothing(&page);
    assert!(!page.contains("<b onclick") && !page.contains("alert(1)<") && !page.contains('\u{202e}'), "{page}");
    // Every table has a caption and headings with their scope; every section a name.
    assert_eq!(page.matches("<table").count(), page.matches("<caption").count());
    assert!(!page.contains("<th>") && page.contains("aria-labelledby=\"port-0\""));
}

#[test]
fn frames_that_are_alike_are_printed_once() {
    let mut e = sample();
    let mut same = e.ports[0].clone();
    same.target = "linux-arm64".into();
    e.ports.push(same);
    let text = frame::render(&e);
    assert!(text.contains("// amd64, arm64\n// func pkg.f(s string) int64\n"), "{text}");
    assert_eq!(text.matches("TEXT").count(), 2);
}
