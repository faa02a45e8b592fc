//! Mistakes in case files: each has its place, and all of a file are found.

use goabi_cases::load::load_text;
use goabi_cases::mistake::Source;
use std::path::Path;

/// `line:column: message (help)` of each mistake in a file of one case.
fn mistakes(text: &str) -> Vec<String> {
    let source = Source::new(Path::new("t/f.yaml"), text);
    let (_, mistakes) = load_text(&source, &["direct", "inline"]);
    mistakes.iter().map(|m| m.one_line().replace("t/f.yaml:", "")).collect()
}

#[test]
fn all_mistakes_of_a_file_are_found() {
    let text = "about: x
types: |
  type Pair struct { A int8; B Flaot64 }
cases:
  - name: one
    wyh: typo
    why: y
    func: \"func(n int) (int8, error)\"
    vectors:
      - args: ['1', '2']
        returns: ['300', 'nil']
";
    insta::assert_snapshot!(mistakes(text).join("\n"), @r"
    6:5: unknown key `wyh` (did you mean `why`?)
    3:32: type `Flaot64` is not declared (did you mean `float64`?)
    ");
    let text = text.replace("Flaot64", "float64").replace("    wyh: typo\n", "");
    insta::assert_snapshot!(mistakes(&text).join("\n"), @"9:16: one argument is wanted, 2 are given");
    let text = text.replace("['1', '2']", "['1']");
    insta::assert_snapshot!(mistakes(&text).join("\n"), @"10:20: constant 300 overflows int8");
}

fn case(rest: &str) -> Vec<String> {
    mistakes(&format!("about: x\ncases:\n  - name: one\n    why: y\n{rest}"))
}

#[test]
fn each_kind_of_mistake_is_told_what_would_be_right() {
    let all = [
        case("    func: \"func(n int\"\n    vectors: [{args: ['1'], returns: []}]\n"),
        case("    func: \"func(n int) (x Pear)\"\n    vectors: [{args: ['1'], returns: ['1']}]\n"),
        case("    func: \"func()\"\n    vectors: []\n"),
        case("    func: \"func() int\"\n    vectors: [{args: []}]\n"),
        case(
            "    func: \"func() int\"\n    vectors: [{args: [], returns: ['1'], panics: {value: '1', recovered_by: nobody}}]\n",
        ),
        case(
            "    func: \"func() int\"\n    vectors: [{args: [], panics: {value: '1', recovered_by: somebody}, wants: {dies: 'panic: 1'}}]\n",
        ),
        case(
            "    func: \"func() int\"\n    vectors: [{args: [], panics: {value: '1', after: 1, recovered_by: callee}, wants: {recovered: '1', results: ['1']}}]\n",
        ),
        case(
            "    func: \"func() int\"\n    only: {targets: [arm65], why: z}\n    vectors: [{args: [], returns: ['1']}]\n",
        ),
        case("    func: \"func() int\"\n    only: {since: one, why: z}\n    vectors: [{args: [], returns: ['1']}]\n"),
        case("    func: \"func() int\"\n    body: return 1 +\n    vectors: [{args: [], returns: ['1']}]\n"),
        case("    func: \"func() int\"\n    vectors: [{args: [], returns: [~]}]\n"),
        case("    func: \"func() int\"\n    vectors: [{args: [], wants: {dies: 'boom'}}]\n    body: panic(1)\n"),
        mistakes("about: x\ncases: {}\n"),
        mistakes("about: x\ncases: []\n"),
        mistakes("about: [\n"),
        mistakes("about: x\nabout: y\ncases: []\n"),
    ];
    let text: Vec<String> = all.iter().map(|m| m.join("\n")).collect();
    insta::assert_snapshot!(text.join("\n"));
}

#[test]
fn duplicate_names_are_found() {
    let one = "  - name: one\n    why: y\n    func: \"func()\"\n    vectors: [{args: [], returns: []}]\n";
    let found = mistakes(&format!("about: x\ncases:\n{one}{one}"));
    assert_eq!(found, ["7:11: case `one` stands here twice (first on line 3)"]);
    let clash = mistakes(&format!("about: x\ntypes: |\n  type T int\n  func trace() {{}}\n  var T = 1\ncases:\n{one}"));
    assert_eq!(clash.len(), 2, "{clash:?}");
}

#[test]
fn a_constraint_is_no_mistake() {
    let text =
        "about: x\ntypes: |\n  type Num interface { ~int16 | ~string }\n  func same[T Num](v T) T { return v }\ncases:
  - name: one
    why: y
    func: \"func() int16\"
    body: return same(int16(7))
    vectors: [{args: [], returns: ['7']}]\n";
    assert_eq!(mistakes(text), [""; 0]);
}

#[test]
fn a_misspelt_key_is_one_mistake() {
    let found = mistakes(
        "about: x\ncases:\n  - name: one\n    why: y\n    fucn: \"func() int\"\n    vectors: [{args: [], retruns: ['1']}]\n",
    );
    assert_eq!(
        found,
        ["5:5: unknown key `fucn` (did you mean `func`?)", "6:26: unknown key `retruns` (did you mean `returns`?)"]
    );
}

#[test]
fn graffiti_that_cannot_be_is_refused_where_it_stands() {
    let shape = "about: x\ntypes: |\n  type Shape interface { Area() int }\ncases:\n  - name: one\n    why: y\n";
    let of = |rest: &str| mistakes(&format!("{shape}{rest}"));
    let all = [
        of("    func: \"func(n int, s Shape)\"\n    vectors: [{args: graffiti, returns: []}]\n"),
        of("    func: \"func(n int, s Shape)\"\n    vectors: [{args: ['1', graffiti], returns: []}]\n"),
        of("    func: \"func(n [130]int8) int\"\n    vectors: [{args: graffiti, returns: [graffiti]}]\n"),
        of("    func: \"func(n int)\"\n    vectors: [{args: grafiti, returns: []}]\n"),
        of("    func: \"func(n int)\"\n    vectors: [{args: ['1 + graffiti'], returns: []}]\n"),
        of("    func: \"func(n int)\"\n    vectors: [{args: [graffiti, graffiti], returns: []}]\n"),
        of("    func: \"func(n int)\"\n    vectors: [{let: {graffiti: '7'}, args: [graffiti], returns: []}]\n"),
    ];
    let text: Vec<String> = all.iter().map(|m| m.join("\n")).collect();
    insta::assert_snapshot!(text.join("\n"));
}
