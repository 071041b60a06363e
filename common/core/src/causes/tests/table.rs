//! The table of all causes, generated from the list: the code, how bad it is, what waiting does, and what proves it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use super::in_depth::in_depth;
use super::made::made;
use super::recorded::RECORDED;
use crate::causes::CAUSES;
use crate::finding::Severity;

const FILE: &str = "../../docs/causes.md";

const START: &str = "# Causes

Everything that `kubectl sk-diagnose` can name, in the order in which findings of the same severity are ranked. A test
generates this file from the list in `common/core/src/causes/list.rs` and fails when they differ; after a change run
`INSTA_UPDATE=always cargo test -p sk-core`.

*Fails a rollout*: when `sk-restart` and its like give up for it. *recorded*: the objects of a real cluster (Kubernetes
1.34) in `common/core/src/causes/fixtures`. *made*: objects made in `common/core/src/causes/tests`, where one kind node
cannot be brought to show them.

| Code | Severity | What it means | Waiting | Fails a rollout | Fixture |
|---|---|---|---|---|---|
";

/// The first fixture that yields each code; a recording goes before what is made.
fn proofs() -> BTreeMap<&'static str, String> {
    let mut proofs = BTreeMap::new();
    for (name, expected) in RECORDED {
        for (code, ..) in *expected {
            proofs.entry(*code).or_insert_with(|| format!("recorded: {name}"));
        }
    }
    for (name, _, expected) in [made(), in_depth()].concat() {
        for (code, ..) in expected {
            proofs.entry(*code).or_insert_with(|| format!("made: {name}"));
        }
    }
    proofs
}

fn table() -> String {
    let proofs = proofs();
    let mut table = START.to_owned();
    for cause in CAUSES {
        let severity = match cause.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        };
        let (code, about, fatal) = (cause.code, cause.about, cause.fatal);
        let (waiting, fails, proof) = (fatal.waiting(), fatal.in_words(), &proofs[code]);
        let _ = writeln!(table, "| `{code}` | {severity} | {about} | {waiting} | {fails} | {proof} |");
    }
    table
}

#[test]
fn the_table_is_that_of_the_list() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let table = table();
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        std::fs::write(&path, &table).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == table,
        "docs/causes.md is not what the list says: INSTA_UPDATE=always cargo test -p sk-core"
    );
}
