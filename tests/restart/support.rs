//! What the tests of sk-restart share: the binary, its report's schema, a service on the fake API.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

use serde_json::Value;
use testkit::{Plugin, Run, assert_valid};

#[allow(unused_imports, reason = "the tests on the cluster need no fake")]
pub(crate) use testkit::{FakeService as Service, NAMESPACE, OPTIONAL, allow, writes};

/// The real binary.
pub(crate) fn restart() -> Plugin {
    Plugin::new(env!("CARGO_BIN_EXE_kubectl-sk-restart"))
}

/// The report on stdout, held to the committed schema.
#[track_caller]
pub(crate) fn report(run: &Run) -> Value {
    let schema =
        serde_json::from_str(include_str!("../../schemas/restart-report.json")).expect("a JSON schema");
    let report = run.json();
    assert_valid(&schema, &report);
    report
}

/// The checks of a run, as `NAME VERDICT DETAIL`.
#[track_caller]
pub(crate) fn checks(run: &Run) -> Vec<String> {
    let report = report(run);
    let text = |check: &Value, key: &str| check[key].as_str().unwrap_or_default().to_owned();
    let checks = report["checks"].as_array().into_iter().flatten();
    checks.map(|check| ["check", "verdict", "detail"].map(|key| text(check, key)).join(" ")).collect()
}
