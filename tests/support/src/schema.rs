//! Holds a document to a JSON schema.

use serde_json::Value;

/// The document is valid against the schema.
///
/// # Panics
/// It is not; every fault is listed with its place. Or the schema itself is none.
#[track_caller]
pub fn assert_valid(schema: &Value, document: &Value) {
    let validator =
        jsonschema::validator_for(schema).unwrap_or_else(|error| panic!("no JSON schema: {error}"));
    let faults: Vec<String> =
        validator.iter_errors(document).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
    assert!(faults.is_empty(), "not valid against the schema:\n{}\n{document:#}", faults.join("\n"));
}
