//! A restart as people watch it: the screen that is redrawn, the soak that `q` ends, and what is left to be read.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

#[path = "service.rs"]
mod service;

use std::time::Duration;

use service::{Restarts, Service};
use testkit::TestCluster;

/// Time for the slowest step on a busy machine.
const STEP: Duration = Duration::from_secs(120);

/// Whether a line of the screen tells of a pod, new or old.
fn tells_of(shown: &str, role: &str) -> bool {
    shown.lines().any(|line| line.starts_with(&format!("  {role}  web-")))
}

#[test]
fn the_screen_shows_each_pod_and_leaves_only_the_result() {
    let cluster = TestCluster::get();
    let service = Service::start_with(&cluster, |deployment| deployment["spec"]["replicas"] = 2.into());
    service.order(&[("STUB_READY_AFTER", "3")]);
    let mut terminal = service.restart(&["--soak", "10m"]).in_terminal();
    let shown = terminal.wait_for("old and new pods beside a bar", STEP, |shown| {
        tells_of(shown, "new") && tells_of(shown, "old") && shown.contains("/2 ready")
    });
    assert!(shown.contains("Rolling restart  web") && shown.contains('░'), "{shown}");
    let shown = terminal.wait_for("the soak", STEP, |shown| shown.contains("q ends the watching"));
    let verdict = shown.find("✓ ").expect("a verdict before the soak");
    assert!(verdict < shown.find("Soak 10m").expect("the soak"), "{shown}");
    terminal.press("q");

    let (code, shown) = terminal.join(STEP);
    assert_eq!(code, 0, "{shown}");
    for gone in ["░", "█", "q ends the watching"] {
        assert!(!shown.contains(gone), "{gone} is left\n{shown}");
    }
    assert!(!tells_of(&shown, "old") && !tells_of(&shown, "new"), "rows are left\n{shown}");
    assert_eq!(shown.matches("✓ web restarted").count(), 1, "one verdict\n{shown}");
}

#[test]
fn ctrl_c_leaves_the_rollout_and_says_how_to_go_on() {
    let cluster = TestCluster::get();
    let service = Service::start_with(&cluster, |deployment| deployment["spec"]["replicas"] = 2.into());
    service.order(&[("STUB_READY_AFTER", "20")]);
    let mut terminal = service.restart(&["--soak", "0"]).in_terminal();
    terminal.wait_for("a new pod", STEP, |shown| tells_of(shown, "new"));
    terminal.press("\u{3}");
    let (code, shown) = terminal.join(STEP);
    assert_eq!(code, 130, "{shown}");
    assert!(shown.contains("kubectl rollout status deployment/web"), "{shown}");
    assert!(!tells_of(&shown, "new") && !shown.contains('░'), "rows are left\n{shown}");
}
