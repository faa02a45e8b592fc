use super::*;
use crate::expectation::load_texts;
use crate::load::load_text;
use crate::mistake::Source;

/// Loads one case with this body, if any, and one permitted difference of it.
fn loaded(body: Option<&str>, permitted: &str) -> (Vec<Permitted>, Vec<String>) {
    let (body, result) = match body {
        Some(b) => (format!("    body: |\n      {}\n", b.replace('\n', "\n      ")), "_"),
        None => (String::new(), "1"),
    };
    let cases = format!(
        "about: A.\ncases:\n  - name: one\n    why: B.\n    func: 'func(x float64) (r float64)'\n{body}    vectors: [{{args: ['1'], returns: ['{result}']}}]\n"
    );
    let (file, mistakes) = load_text(&Source::new(Path::new("t/f.yaml"), &cases), &["direct"]);
    assert!(mistakes.is_empty(), "{mistakes:?}");
    let rules = format!("about: C.\npermitted:\n  - {permitted}\n");
    let rules = Source::new(Path::new("permitted.yaml"), &rules);
    let files: Vec<CaseFile> = file.into_iter().collect();
    let (all, mistakes) = load_texts(&[rules], &files, &["values"], &["direct"]);
    (all.permitted, mistakes.iter().map(|m| format!("{}: {m}", m.place())).collect())
}

fn rule(operation: &str) -> String {
    format!(
        "{{select: [t/f/one], operation: {operation}, section: Order, sentence: It may., path: 'vectors[0].results[0]', values: ['1', '2*']}}"
    )
}

#[test]
fn it_covers_results_of_cases_with_the_operation() {
    let (all, mistakes) = loaded(Some("return x*x + 1"), &rule("fused_multiply_add"));
    assert_eq!(mistakes, [""; 0]);
    let p = &all[0];
    assert!(p.covers("t/f/one", "vectors[0].results[0]"));
    assert!(!p.covers("t/f/one", "vectors[1].results[0]") && !p.covers("t/f/two", "vectors[0].results[0]"));
    assert!(p.allows("1") && p.allows("2.5") && !p.allows("12") && !p.allows("3"));
}

#[test]
fn a_result_that_only_travels_is_a_mistake_with_its_place() {
    let (_, mistakes) = loaded(None, &rule("fused_multiply_add"));
    assert_eq!(mistakes, ["permitted.yaml:3:15: `t/f/one` has no body: its results only travel"]);
    let (all, mistakes) = loaded(Some("return x - 1"), &rule("fused_multiply_add"));
    assert!(
        mistakes[0]
            .starts_with("permitted.yaml:3:15: `t/f/one` has no such operation in its body: a product and a sum")
    );
    assert!(!all[0].covers("t/f/one", "vectors[0].results[0]"));
}

#[test]
fn each_operation_is_known_by_its_syntax() {
    let cases: [(Operation, &str, &str); 11] = [
        (Operation::FusedMultiplyAdd, "x *= 2; x += 1; return x", "return x * x"),
        (Operation::ComplexProduct, "return real(complex(x, 1) / complex(1, x))", "return real(complex(x, 1))"),
        (Operation::FloatToInteger, "return float64(uint8(x))", "return float64(float32(x))"),
        (Operation::MadeNan, "return math.Inf(1) - x", "return -x"),
        (Operation::IntSize, "return float64(unsafe.Sizeof(x))", "return float64(int64(x))"),
        (Operation::StructLayout, "return float64(unsafe.Offsetof(struct{ a int8 }{}.a))", "return x"),
        (Operation::AppendGrowth, "return float64(cap(append([]float64{}, x)))", "return float64(cap([]float64{x}))"),
        (
            Operation::MapOrder,
            "for k := range map[float64]int{x: 1} {\n  x = k\n}\nreturn x",
            "for i := 0; i < 2; i++ {\n}\nreturn x",
        ),
        (Operation::SelectChoice, "select {\ndefault:\n}\nreturn x", "switch {\ndefault:\n}\nreturn x"),
        (Operation::GoroutineOrder, "go func() {}()\nreturn x", "defer func() {}()\nreturn x"),
        (Operation::UnsafeView, "return *(*float64)(unsafe.Pointer(&x))", "return float64(unsafe.Sizeof(x))"),
    ];
    for (operation, with, without) in cases {
        let rule = rule(operation.id());
        assert_eq!(loaded(Some(with), &rule).1, [""; 0], "{operation:?}");
        assert_eq!(loaded(Some(without), &rule).1.len(), 1, "{operation:?}");
    }
    assert_eq!(cases.map(|(o, ..)| o), Operation::ALL);
    let text = <RawPermitted as crate::decode::FromNode>::schema().to_string();
    for o in Operation::ALL {
        assert!(text.contains(o.id()), "the schema does not name {}", o.id());
    }
}

#[test]
fn mistakes_have_their_places() {
    let first = |from: &str, to: &str| {
        let (_, mistakes) = loaded(Some("return x*x + 1"), &rule("fused_multiply_add").replace(from, to));
        mistakes.first().cloned().unwrap_or_default()
    };
    assert!(first("fused_multiply_add", "fused_multiply").contains("has another name"));
    assert!(first("t/f/one", "'t/f/one@*/linux-arm64'").contains("in every cell"));
    assert!(first("Order", "'#Order'").contains("as its address has it"));
    assert!(first("['1', '2*']", "[]").contains("without `values`"));
    assert!(first("It may.", "''").contains("which sentence"));
}
