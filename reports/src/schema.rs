//! The record's JSON schema, committed as `reports/schema/record.schema.json`.

use crate::record::Record;

/// The schema's text, as committed.
#[must_use]
pub fn record_schema() -> String {
    let schema = schemars::schema_for!(Record);
    // A `Value` with alternate formatting is pretty JSON, and can't fail.
    format!("{:#}\n", schema.as_value())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn the_committed_schema_is_fresh() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/record.schema.json");
        let fresh = super::record_schema();
        if std::env::var_os("GOABI_BLESS").is_some_and(|v| v == "1") {
            crate::store::write(&path, &fresh).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        // As values: the order of keys depends on a feature of serde_json that
        // any crate of a build can switch on.
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
        assert!(
            value(&committed) == value(&fresh),
            "the schema is stale: GOABI_BLESS=1 cargo test -p goabi-reports rewrites it"
        );
    }
}
