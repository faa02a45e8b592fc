//! `goabi schema`.

use super::CommandError;
use crate::cli::SchemaKind;
use crate::exit;
use serde_json::Value;

/// The schema's text, as it is committed.
#[must_use]
pub fn text(kind: SchemaKind) -> String {
    let pretty = |v: &Value| format!("{v:#}\n");
    match kind {
        SchemaKind::Cases => pretty(&goabi_cases::raw::json_schema()),
        SchemaKind::Expectations => pretty(&goabi_cases::expectation::json_schema()),
        SchemaKind::Profile => pretty(&goabi_cases::profile::json_schema()),
        SchemaKind::Record => goabi_reports::schema::record_schema(),
        SchemaKind::Comparison => goabi_reports::schema::comparison_schema(),
        SchemaKind::Explanation => goabi_reports::schema::explanation_schema(),
        SchemaKind::Audit => pretty(schemars::schema_for!(crate::audit::Report).as_value()),
        SchemaKind::Step => pretty(schemars::schema_for!(crate::step::Report).as_value()),
    }
}

pub(super) fn run(kind: SchemaKind) -> Result<u8, CommandError> {
    print!("{}", text(kind));
    Ok(exit::OK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_of_audit_and_step_are_fresh() {
        for (kind, file) in
            [(SchemaKind::Audit, "schema/audit.schema.json"), (SchemaKind::Step, "schema/step.schema.json")]
        {
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
            if std::env::var_os("GOABI_BLESS").is_some() {
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(&path, text(kind)).unwrap();
            }
            // As values: the order of keys depends on a feature of serde_json that
            // any crate of a build can switch on.
            let value = |text: &str| serde_json::from_str::<Value>(text).ok();
            let committed = std::fs::read_to_string(&path).unwrap_or_default();
            let fresh = value(&text(kind));
            assert!(fresh.is_some() && value(&committed) == fresh, "{} is stale", path.display());
        }
    }

    /// `GOABI_BLESS=1 cargo test` writes what is committed anew.
    #[test]
    fn committed_schemas_are_fresh() {
        for (kind, file) in [
            (SchemaKind::Cases, "cases/schema/case.schema.json"),
            (SchemaKind::Expectations, "cases/schema/expectations.schema.json"),
            (SchemaKind::Profile, "cases/schema/profile.schema.json"),
        ] {
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
            if std::env::var_os("GOABI_BLESS").is_some() {
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(&path, text(kind)).unwrap();
            }
            let committed = std::fs::read_to_string(&path).unwrap_or_default();
            assert_eq!(committed, text(kind), "{file} is stale: run GOABI_BLESS=1 cargo test -p goabi");
        }
    }
}
