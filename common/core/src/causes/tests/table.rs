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

*Fails a rollout*: when `sk-restart` and its like give up for it. *On a cluster*: the manifest that the tests bring to a
real cluster (Kubernetes 1.34) to diagnose it, by code, object and evidence; or why one kind node cannot show it.
*Objects*: those that the rule alone is held to. *recorded*: of a real cluster, in `common/core/src/causes/fixtures`;
*made*: in `common/core/src/causes/tests`.

| Code | Severity | What it means | Waiting | Fails a rollout | On a cluster | Objects |
|---|---|---|---|---|---|---|
";

const ON_A_CLUSTER: &str = "../../tests/diagnose/fixtures";

/// The manifest that shows a cause on a real cluster, or why there is none. That one of them is there is held by the
/// tests of sk-diagnose, which have the table of what each manifest must yield.
fn on_a_cluster(code: &str, not_shown: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(ON_A_CLUSTER);
    if folder.join(format!("{code}.yaml")).exists() {
        return format!("[manifest](../tests/diagnose/fixtures/{code}.yaml)");
    }
    let why = not_shown.lines().find_map(|line| line.strip_prefix(code)?.strip_prefix(": "));
    format!("no: {}", why.unwrap_or("nobody says why"))
}

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
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join(ON_A_CLUSTER).join("not-shown.txt");
    let not_shown = std::fs::read_to_string(list).unwrap();
    let mut table = START.to_owned();
    for cause in CAUSES {
        let severity = match cause.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        };
        let (code, about, fatal) = (cause.code, cause.about, cause.fatal);
        let (waiting, fails, proof) = (fatal.waiting(), fatal.in_words(), &proofs[code]);
        let cluster = on_a_cluster(code, &not_shown);
        let _ = writeln!(
            table,
            "| `{code}` | {severity} | {about} | {waiting} | {fails} | {cluster} | {proof} |"
        );
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
