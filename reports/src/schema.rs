//! The JSON schemas of what goabi writes, committed in `reports/schema/`.

use crate::compare::model::Comparison;
use crate::explain::model::Explanation;
use crate::record::Record;
use schemars::Schema;

/// The record's schema, as committed in `record.schema.json`.
#[must_use]
pub fn record_schema() -> String {
    pretty(&schemars::schema_for!(Record))
}

/// The comparison's schema, as committed in `comparison.schema.json`.
#[must_use]
pub fn comparison_schema() -> String {
    pretty(&schemars::schema_for!(Comparison))
}

/// The schema of `goabi explain --json`, as committed in `explanation.schema.json`.
#[must_use]
pub fn explanation_schema() -> String {
    pretty(&schemars::schema_for!(Explanation))
}

fn pretty(schema: &Schema) -> String {
    // A `Value` with alternate formatting is pretty JSON, and can't fail.
    format!("{:#}\n", schema.as_value())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    fn is_fresh(file: &str, fresh: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema").join(file);
        if std::env::var_os("GOABI_BLESS").is_some_and(|v| v == "1") {
            crate::store::write(&path, fresh).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        // As values: the order of keys depends on a feature of serde_json that
        // any crate of a build can switch on.
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
        assert!(
            value(&committed) == value(fresh),
            "{file} is stale: GOABI_BLESS=1 cargo test -p goabi-reports rewrites it"
        );
    }

    #[test]
    fn the_committed_schemas_are_fresh() {
        is_fresh("record.schema.json", &super::record_schema());
        is_fresh("comparison.schema.json", &super::comparison_schema());
        is_fresh("explanation.schema.json", &super::explanation_schema());
    }
}
