//! `goabi explain`: what it prints, and what it says of mistakes.

mod common;

use common::{Place, toolchain};
use goabi_reports::explain::model::{Convention, Explanation};

const MIXED: &str = "func(n int, p struct{ A int8; B float64 }) (any, []byte, error)";

fn explain(args: &[&str]) -> common::Done {
    let place = Place::new();
    let mut all = vec!["explain"];
    all.extend(args);
    // It must do without any toolchain: none is to be found.
    let mut cmd = place.command(&all);
    common::Done::of(cmd.env("PATH", place.path("nothing")).env_remove("GOABI_GO").env_remove("COLUMNS"))
}

#[track_caller]
fn printed(args: &[&str]) -> String {
    let done = explain(args);
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{done:#?}");
    done.stdout
}

#[test]
fn text_is_as_committed() {
    insta::assert_snapshot!("mixed_default", printed(&[MIXED]));
    insta::assert_snapshot!("mixed_all", printed(&[MIXED, "--target", "all"]));
    let overflow = "func f(a, b, c []byte, s string, x [2]int, z struct{}, y float32) (r0 int64, err error)";
    insta::assert_snapshot!("overflow", printed(&[overflow, "--target", "amd64,s390x,arm,mips"]));
    let history =
        ["func(s string, x complex128) (int64, string)", "--target", "s390x,loong64", "--go", "1.21.13,1.22.10,1.26.6"];
    insta::assert_snapshot!("history", printed(&history));
    let off = ["func(s string) bool", "--target", "s390x", "--go", "1.26.6", "--build", "noregabi"];
    insta::assert_snapshot!("noregabi", printed(&off));
    let ignored = ["func(s string) bool", "--target", "amd64,386", "--build", "noregabi"];
    insta::assert_snapshot!("noregabi_ignored", printed(&ignored));
    insta::assert_snapshot!("nothing", printed(&["func()"]));
}

#[test]
fn frames_are_as_committed() {
    insta::assert_snapshot!(
        "abi0",
        printed(&["func f(n int, s string, t int64) (ok bool, err error)", "--abi0", "--target", "all"])
    );
}

#[test]
fn json_is_what_its_schema_says() {
    let text = printed(&[MIXED, "--json", "--target", "amd64,386"]);
    insta::assert_snapshot!("json", text.replace(env!("CARGO_PKG_VERSION"), "VERSION"));
    let e: Explanation = serde_json::from_str(&text).unwrap();
    assert_eq!(e.ports[0].abi, Convention::AbiInternal);
    assert_eq!(e.ports[1].abi, Convention::Abi0);
    assert_eq!(e.ports[0].registers.len(), 24);
    let schema: serde_json::Value = serde_json::from_str(&printed_schema()).unwrap();
    let known = schema["properties"].as_object().unwrap();
    let given: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(given.as_object().unwrap().keys().all(|k| known.contains_key(k)), "{known:?}");
}

fn printed_schema() -> String {
    Place::new().goabi(&["schema", "explanation"]).stdout
}

#[test]
fn a_page_is_written() {
    let place = Place::new();
    let done = place.goabi(&["explain", MIXED, "--target", "all", "--html", "out/page.html"]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(0), ""), "{done:#?}");
    let page = std::fs::read_to_string(place.path("out/page.html")).unwrap();
    assert_eq!(page.matches("<section class=\"port\"").count(), 13);
    assert!(page.contains("<b>RAX</b>") && page.contains("p.B"), "{page:.300}");
}

#[test]
fn mistakes_point_at_their_place() {
    for (args, code, parts) in [
        (
            vec!["func f(n int, p strnig) any"],
            2,
            vec!["type `strnig` is not declared", "───┬──", "did you mean `string`?"],
        ),
        (vec!["func(n int) (Widget, error)"], 2, vec!["type `Widget` is not declared", "--from ./pkg.Func"]),
        (vec!["func(r http.Request)"], 2, vec!["`http.Request` is not among those", "--from ./pkg.Func"]),
        (vec!["func(n int"], 2, vec!["this is not Go"]),
        (vec!["n int"], 2, vec!["this is not Go", "a signature is wanted, like"]),
        (vec!["[]int"], 2, vec!["a function signature is wanted here"]),
        (vec!["func(a, a int)"], 2, vec!["`a` is declared twice"]),
        (vec!["func([1<<62]int)"], 2, vec!["values of this type are too large"]),
        (vec!["func()", "--target", "arm65"], 2, vec!["`arm65` is no GOARCH"]),
        (vec!["func()", "--go", "x"], 2, vec!["is no Go version"]),
        (vec!["func()", "--build", "fast"], 2, vec!["`fast` is no build mode", "noregabi"]),
        (vec![], 2, vec!["SIGNATURE"]),
        (vec!["func()", "--from", "./p.F"], 2, vec!["cannot be used with"]),
    ] {
        let done = explain(&args);
        assert_eq!((done.code, done.stdout.as_str()), (Some(code), ""), "{args:?} {done:#?}");
        for part in parts {
            assert!(done.stderr.contains(part), "{args:?}: {part}\n{}", done.stderr);
        }
    }
}

const PACKAGE: &str = "package pkg

import (
\t\"net/http\"
\t\"time\"
)

type Pair struct {
\tA int8
\tB float64
}

type Tree struct {
\tLeft, Right *Tree
\tWhen        time.Time
}

func Mixed(n int, p Pair, r *http.Request) (v any, b []byte, err error) { return }

func (t *Tree) Walk(f func(*Tree) bool, rest ...string) (*Tree, error) { return t, nil }

func (t Tree) Value() Tree { return t }

func Gen[T any](t T) T { return t }
";

fn package() -> Place {
    toolchain();
    let place = Place::new();
    place.write("go.mod", "module example.com/m\n\ngo 1.21\n");
    place.write("pkg/a.go", PACKAGE);
    place
}

#[test]
fn functions_of_packages_are_found() {
    let place = package();
    for (name, words) in
        [("from_function", "./pkg.Mixed"), ("from_method", "./pkg.(*Tree).Walk"), ("from_line", "pkg/a.go:22")]
    {
        let done = place.goabi(&["explain", "--from", words, "--target", "amd64,386", "--offline"]);
        assert_eq!(done.code, Some(0), "{done:#?}");
        insta::assert_snapshot!(name, done.stdout);
    }
    for (words, part) in [
        ("./pkg.Gen", "Gen is generic"),
        ("./pkg.Nope", "package example.com/m/pkg has no function Nope; there are Gen, Mixed, Tree.Value, Tree.Walk"),
        ("./nope.Nope", "directory not found"),
        ("pkg/a.go:1", "there is no function at a.go:1"),
        ("Nope", "names no function"),
    ] {
        let done = place.goabi(&["explain", "--from", words, "--offline"]);
        assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{words} {done:#?}");
        assert!(done.stderr.contains(part), "{words}: {}", done.stderr);
    }
}

#[test]
fn instructions_are_those_of_such_a_function() {
    toolchain();
    let place = Place::new();
    let done = place.goabi(&["explain", MIXED, "--asm", "--json", "--target", "amd64,arm64,s390x,mips", "--offline"]);
    assert_eq!(done.code, Some(0), "{done:#?}");
    let e: Explanation = serde_json::from_str(&done.stdout).unwrap();
    for port in &e.ports {
        let a = port.assembly.as_ref().unwrap();
        assert!(a.source.contains("return goabiResult0, goabiResult1, goabiResult2"), "{a:?}");
        let text = a.lines.join("\n");
        let want = match port.goarch() {
            "amd64" => ["MOVSD", "XMM0", "RET"],
            "arm64" => ["STR", "D0", "RET"],
            "s390x" => ["FMOVD", "F0", "RET"],
            _ => {
                assert!(a.none.as_ref().is_some_and(|n| n.contains("unsupported architecture")), "{a:?}");
                continue;
            }
        };
        assert!(want.iter().all(|w| text.contains(w)), "{}: {text}", port.target);
    }
    let method = package();
    let done =
        method.goabi(&["explain", "--from", "./pkg.Tree.Walk", "--asm", "--target", common::host(), "--offline"]);
    assert!(done.code == Some(0) && !done.stdout.contains("no instructions"), "{done:#?}");
}
