//! What the tests of sk-rollback share: the binary, and its reports' schemas.

#![allow(clippy::expect_used, reason = "a test fails by panicking, in its helpers too")]

use serde_json::Value;
use testkit::{Plugin, Run, assert_valid};

/// The real binary.
pub(crate) fn rollback() -> Plugin {
    Plugin::new(env!("CARGO_BIN_EXE_kubectl-sk-rollback"))
}

/// The report on stdout, held to its committed schema.
#[track_caller]
pub(crate) fn report(run: &Run) -> Value {
    let report = run.json();
    let schema = match report["kind"].as_str() {
        Some("HistoryReport") => include_str!("../../schemas/history-report.json"),
        _ => include_str!("../../schemas/rollback-report.json"),
    };
    assert_valid(&serde_json::from_str(schema).expect("a JSON schema"), &report);
    report
}

/// The check of this name, as `VERDICT DETAIL`.
#[track_caller]
pub(crate) fn check(report: &Value, name: &str) -> String {
    let mut checks = report["checks"].as_array().into_iter().flatten();
    let check = checks.find(|check| check["check"] == name).expect("the check was made");
    format!(
        "{} {}",
        check["verdict"].as_str().unwrap_or_default(),
        check["detail"].as_str().unwrap_or_default()
    )
}
