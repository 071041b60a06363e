//! The one prompt, in a terminal: the plan before it, and that nothing but yes changes anything.

use std::time::Duration;

use testkit::{FakeApi, InTerminal};

use crate::support::{NAMESPACE, Service, restart, writes};

const SOON: Duration = Duration::from_secs(20);

/// A restart that asks.
fn asked(api: &FakeApi) -> (InTerminal, String) {
    Service::new().serve(api);
    let plugin = restart().kubeconfig(api.kubeconfig()).args(["api-gateway", "-n", NAMESPACE]);
    let mut terminal = plugin.in_terminal();
    let shown = terminal.wait_for("the prompt", SOON, |shown| shown.contains("[y/N]"));
    (terminal, shown)
}

#[test]
fn the_plan_is_read_before_the_question() {
    let api = FakeApi::start();
    let (_terminal, shown) = asked(&api);
    insta::assert_snapshot!(shown);
}

#[test]
fn nothing_but_yes_is_a_yes() {
    for answer in ["n\r", "\r", "yeah\r", "\u{4}"] {
        let api = FakeApi::start();
        let (mut terminal, _) = asked(&api);
        terminal.press(answer);
        let (code, shown) = terminal.join(SOON);
        assert_eq!(code, 3, "{answer:?}: {shown}");
        assert!(shown.contains("declined: nothing was changed"), "{answer:?}: {shown}");
        assert_eq!(writes(&api), Vec::<String>::new(), "{answer:?}");
    }
}

#[test]
fn ctrl_c_at_the_prompt_changes_nothing() {
    let api = FakeApi::start();
    let (mut terminal, _) = asked(&api);
    terminal.press("\u{3}");
    let (code, shown) = terminal.join(SOON);
    assert_eq!(code, 130, "{shown}");
    assert_eq!(writes(&api), Vec::<String>::new(), "{shown}");
}
