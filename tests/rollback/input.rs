//! Bad input: a clear error with the contract's exit code, and nothing contacted or changed.

use testkit::FakeApi;

use crate::support::{report, rollback};

#[test]
fn a_wrong_command_line_is_told_in_kubectls_words() {
    let no_number = "flag: must be the number of a revision, such as 11";
    for (arguments, words) in [
        (vec!["api-gateway", "--to-revision", "eleven"], no_number),
        (vec!["api-gateway", "--to-revision", "0"], no_number),
        (vec!["api-gateway", "--to-revision", "-1"], no_number),
        (vec!["api-gateway", "--to-revision", "99999999999999999999"], no_number),
        (vec!["api-gateway", "--history", "--revision", "1.5"], no_number),
        (vec!["api-gateway", "--revision", "3"], "--history"),
        (vec!["api-gateway", "--to-revision", "3", "--history"], "--history"),
        (vec!["api-gateway", "--force", "revision"], "without a revision there is nothing to roll back to"),
        (vec!["api-gatway"], "did you mean api-gateway?"),
        (vec!["pod/web-1"], "neither a service of the catalogue nor deployment/NAME"),
        (vec![], "error: "),
    ] {
        rollback().args(&arguments).run().code(2).stdout("").stderr_has(words);
    }
}

#[test]
fn nothing_is_contacted() {
    let api = FakeApi::start();
    rollback()
        .kubeconfig(api.kubeconfig())
        .args(["api-gateway", "--to-revision", "x", "--yes"])
        .run()
        .code(2);
    assert!(api.requests().is_empty(), "{:?}", api.requests());
}

#[test]
fn a_document_is_written_also_when_nothing_was_started() {
    for (arguments, kind, code) in [
        (vec!["api-gateway", "--to-revision", "x", "-o", "json"], "RollbackReport", "input/usage"),
        (vec!["api-gateway", "--history", "--revision", "x", "-o", "json"], "HistoryReport", "input/usage"),
        (vec!["api-gatway", "-o", "json"], "RollbackReport", "input/target"),
        (vec!["api-gatway", "--history", "-o", "json"], "HistoryReport", "input/target"),
        (vec!["api-gateway", "-o", "json", "--context", "nowhere"], "RollbackReport", "input/kubeconfig"),
    ] {
        let run = rollback().args(arguments).run().code(2);
        let report = report(&run);
        assert_eq!(
            (report["kind"].as_str(), report["findings"][0]["code"].as_str()),
            (Some(kind), Some(code))
        );
    }
}

#[test]
fn help_is_short_or_long_and_never_an_error() {
    let short = rollback().args(["-h"]).run().code(0).stderr("").stdout;
    let long = rollback().args(["--help"]).run().code(0).stderr("").stdout;
    assert!(short.len() < long.len() && !short.contains("Examples:") && long.contains("Examples:"));
    insta::assert_snapshot!(short);
}

#[test]
fn the_version_goes_with_the_name_that_users_type() {
    let version = concat!("kubectl sk-rollback ", env!("CARGO_PKG_VERSION"), "\n");
    rollback().args(["--version"]).run().code(0).stderr("").stdout(version);
}
