//! A report as SARIF 2.1.0, which code hosts and editors read.

use super::class::{Class, Level};
use super::report::{BinaryReport, Finding, Report};
use serde::Serialize;
use std::collections::BTreeMap;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
const DOCS: &str = "docs/unwinding.md";
/// The name under which fingerprints are: counted up when what goes into them changes.
const FINGERPRINT: &str = "goabiAudit/v1";

#[derive(Serialize)]
struct Log<'r> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: Vec<Run<'r>>,
}

#[derive(Serialize)]
struct Run<'r> {
    tool: Tool,
    artifacts: Vec<Artifact<'r>>,
    results: Vec<Result_<'r>>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
struct Driver {
    name: &'static str,
    version: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    short_description: Message,
    full_description: Message,
    help: Message,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

#[derive(Serialize)]
struct Artifact<'r> {
    location: ArtifactLocation<'r>,
    roles: [&'static str; 1],
}

#[derive(Clone, Serialize)]
struct ArtifactLocation<'r> {
    uri: std::borrow::Cow<'r, str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Result_<'r> {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Message,
    locations: [Location<'r>; 1],
    partial_fingerprints: BTreeMap<&'static str, &'r str>,
    baseline_state: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'r> {
    physical_location: PhysicalLocation<'r>,
    logical_locations: [LogicalLocation<'r>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation<'r> {
    artifact_location: ArtifactLocation<'r>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<Address>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Address {
    absolute_address: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation<'r> {
    fully_qualified_name: &'r str,
    kind: &'static str,
}

/// The report as a SARIF log.
///
/// # Errors
///
/// None that is known of: all keys are texts.
pub fn sarif(report: &Report) -> Result<String, serde_json::Error> {
    let artifact = |b| Artifact { location: ArtifactLocation { uri: uri(b) }, roles: ["analysisTarget"] };
    let run = Run {
        tool: Tool {
            driver: Driver {
                name: "goabi",
                version: env!("CARGO_PKG_VERSION"),
                rules: Class::ALL.into_iter().map(rule).collect(),
            },
        },
        artifacts: report.binaries.iter().map(|b| artifact(&b.path)).collect(),
        results: report.binaries.iter().flat_map(|b| b.findings.iter().map(move |f| result(b, f))).collect(),
    };
    let log = Log { schema: SCHEMA, version: "2.1.0", runs: vec![run] };
    Ok(serde_json::to_string_pretty(&log)? + "\n")
}

fn rule(class: Class) -> Rule {
    let message = |text: String| Message { text };
    Rule {
        id: class.id(),
        short_description: message(class.about().to_string()),
        full_description: message(class.danger().to_string()),
        help: message(format!("{} See {DOCS} of goabi.", class.danger())),
    }
}

fn result<'r>(binary: &'r BinaryReport, f: &'r Finding) -> Result_<'r> {
    let mut text = format!("{}: {} +{:#x}.", f.pattern, f.function, f.place.offset);
    for claim in &f.claims {
        text.push_str(&format!(" {}: {}.", claim.by, claim.says));
    }
    if let Some(issue) = f.about_issue() {
        text.push_str(&format!(" {issue}"));
    }
    let physical_location = match (&f.place.file, f.place.line) {
        (Some(file), Some(line)) if line > 0 => PhysicalLocation {
            artifact_location: ArtifactLocation { uri: uri(file) },
            region: Some(Region { start_line: line }),
            address: None,
        },
        (Some(_) | None, Some(_) | None) => PhysicalLocation {
            artifact_location: ArtifactLocation { uri: uri(&binary.path) },
            region: None,
            address: Some(Address { absolute_address: f.place.address }),
        },
    };
    Result_ {
        rule_id: f.class.id(),
        rule_index: Class::ALL.iter().position(|c| *c == f.class).unwrap_or_default(),
        level: match f.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "note",
        },
        message: Message { text },
        locations: [Location {
            physical_location,
            logical_locations: [LogicalLocation { fully_qualified_name: &f.function, kind: "function" }],
        }],
        partial_fingerprints: BTreeMap::from([(FINGERPRINT, f.fingerprint.as_str())]),
        baseline_state: if f.known { "unchanged" } else { "new" },
    }
}

/// A path as a URI reference: what has another meaning there is written as its number.
fn uri(path: &str) -> std::borrow::Cow<'_, str> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/-._~:@!$&'()*+,;=".contains(&b);
    if path.bytes().all(plain) {
        return path.into();
    }
    path.bytes()
        .map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect::<String>()
        .into()
}
