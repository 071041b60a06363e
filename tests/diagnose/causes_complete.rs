//! Every cause has a fixture on the real cluster, or a reason why it has none. Needs no cluster.

#![allow(clippy::expect_used, reason = "a test fails by panicking, in its helpers too")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sk_core::causes::CAUSES;

use crate::causes_fixture::{Fixture, folder};
use crate::causes_table::FIXTURES;

/// Codes that the real cluster has to show at least.
const AT_LEAST: usize = 60;

/// The codes that have no fixture, and why.
fn not_shown() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(folder().join("not-shown.txt")).expect("a list of what is not shown");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let parted = lines.map(|line| line.split_once(": ").expect("a code and a reason"));
    parted.map(|(code, why)| (code.to_owned(), why.to_owned())).collect()
}

/// `image/dns` for each `image/dns.yaml`.
fn files(extension: &str) -> BTreeSet<String> {
    let names = |folder: &Path| {
        let entries = std::fs::read_dir(folder).expect("a folder of fixtures");
        entries.map(|entry| entry.expect("a file").path()).collect::<Vec<_>>()
    };
    let families = names(&folder()).into_iter().filter(|path| path.is_dir());
    let files = families.flat_map(|family| names(&family));
    let of_kind = files.filter(|path| path.extension().is_some_and(|found| found == extension));
    let code = |path: &Path| {
        let relative = path.strip_prefix(folder()).expect("a file of the folder").with_extension("");
        relative.to_string_lossy().into_owned()
    };
    of_kind.map(|path| code(&path)).collect()
}

#[test]
fn every_cause_is_shown_on_the_cluster_or_says_why_not() {
    let shown: BTreeSet<&str> = FIXTURES.iter().map(|fixture| fixture.code).collect();
    assert_eq!(shown.len(), FIXTURES.len(), "a code has two fixtures");
    let not_shown = not_shown();
    let both: Vec<&&str> = shown.iter().filter(|code| not_shown.contains_key(**code)).collect();
    assert!(both.is_empty(), "shown, and said not to be: {both:?}");
    let listed: BTreeSet<&str> = CAUSES.iter().map(|cause| cause.code).collect();
    let told: BTreeSet<&str> = shown.iter().copied().chain(not_shown.keys().map(String::as_str)).collect();
    assert_eq!(told, listed);
    assert!(shown.len() >= AT_LEAST, "{} codes", shown.len());
}

#[test]
fn every_manifest_is_in_the_table() {
    let shown: BTreeSet<String> = FIXTURES.iter().map(|fixture| fixture.code.to_owned()).collect();
    assert_eq!(files("yaml"), shown);
    for extension in ["sh", "services"] {
        assert!(files(extension).is_subset(&shown), "{:?}", files(extension));
    }
}

#[test]
fn every_fixture_says_what_has_to_be_found() {
    for fixture in FIXTURES {
        assert!(!fixture.says.is_empty() && !fixture.shows.is_empty(), "{}", fixture.code);
        let is_listed = |code: &&str| CAUSES.iter().any(|cause| cause.code == *code);
        assert!(fixture.beside.iter().all(is_listed), "{}", fixture.code);
    }
}

/// Each family is a test of its own on the cluster: one that is missing there would be left out in silence.
#[test]
fn every_family_has_its_test_and_a_fixture_in_every_run() {
    let families: BTreeSet<&str> = FIXTURES.iter().map(Fixture::family).collect();
    let tests = include_str!("causes.rs");
    for family in families {
        assert!(tests.contains(&format!("prove(\"{family}\")")), "{family}");
        assert!(FIXTURES.iter().any(|fixture| fixture.family() == family && fixture.every_run), "{family}");
    }
}
