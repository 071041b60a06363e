//! Bad input: a clear error with the contract's exit code, and nothing contacted or changed.

use crate::support::{report, restart, writes};
use testkit::FakeApi;

#[test]
fn an_unknown_service_is_told_the_nearest_name() {
    let api = FakeApi::start();
    let run = restart().kubeconfig(api.kubeconfig()).args(["api-gatway", "--yes"]).run();
    run.code(2)
        .stdout("")
        .stderr_has("error: unknown service \"api-gatway\"")
        .stderr_has("did you mean api-gateway?");
    assert!(api.requests().is_empty(), "{:?}", api.requests());
}

#[test]
fn an_unknown_service_needs_no_kubeconfig_to_be_unknown() {
    restart().args(["billing"]).run().code(2).stderr_has("did you mean billing-svc?");
}

#[test]
fn a_wrong_command_line_is_told_in_kubectls_words() {
    for (arguments, words) in [
        (vec!["api-gateway", "--timeout", "5x"], "error: invalid argument \"5x\" for \"--timeout\" flag: "),
        (vec!["api-gateway", "--timeout", "-5m"], "--timeout"),
        (vec!["api-gateway", "--timeout=-5m"], "must not be negative"),
        (vec!["api-gateway", "--timeout", "0"], "must be more than 0"),
        (vec!["api-gateway", "--timeout", "9999999h"], "must not be more than 8760h"),
        (vec!["api-gateway", "--take-over"], "--reason"),
        (vec!["api-gateway", "--soak", "ten"], "error: invalid argument \"ten\" for \"--soak\" flag: "),
        (
            vec!["api-gateway", "--dry-run=maybe"],
            "error: invalid argument \"maybe\" for \"--dry-run\" flag: ",
        ),
        (vec!["api-gateway", "-o", "xml"], "error: invalid argument \"xml\" for "),
        (vec!["api-gateway", "--force", "access"], "a missing verb cannot be overridden"),
        (vec!["api-gateway", "--force", "everything"], "must be one of "),
        (vec!["api-gateway", "--frobnicate"], "error: unknown flag: --frobnicate"),
        (vec!["api-gateway", "auth-svc"], "error: "),
        (vec!["statefulset/db"], "neither a service of the catalogue nor deployment/NAME"),
        (vec!["deployment/../secrets/x"], "neither a service of the catalogue nor deployment/NAME"),
        (vec![], "error: "),
    ] {
        restart().args(&arguments).run().code(2).stdout("").stderr_has(words);
    }
}

#[test]
fn a_wrong_catalogue_is_told_with_its_place() {
    for (yaml, words) in [
        ("services:\n- name: web\n  replicas: 3\n", "line 3, column 3: unknown field `replicas`"),
        ("services:\n- name: web\n  minReplicas: -1\n", "line 3, column "),
        ("services: [{name: web}, {name: web}]\n", "service \"web\" is there twice"),
        ("services:\n- name: web\n  soak: 5x\n", "invalid duration \"5x\""),
    ] {
        let plugin = restart();
        let file = plugin.home().join("services.yaml");
        std::fs::write(&file, yaml).expect("a file in the home directory");
        let run = plugin.args(["web", "--services"]).args([&file]).run();
        run.code(2).stderr_has("error: invalid catalogue ").stderr_has(words);
    }
    restart()
        .args(["web", "--services", "/nowhere/services.yaml"])
        .run()
        .code(2)
        .stderr_has("no such file or directory");
}

#[test]
fn the_first_catalogue_found_wins() {
    let plugin = restart();
    let config = plugin.home().join(".config/kubectl-sk");
    std::fs::create_dir_all(&config).expect("a directory in the home directory");
    std::fs::write(config.join("services.yaml"), "services: [{name: home}]\n").expect("a file");
    let other = plugin.home().join("other.yaml");
    std::fs::write(&other, "services: [{name: environment}]\n").expect("a file");
    let run = plugin.args(["--list-services"]).run().code(0);
    run.stdout_has("home").stdout_has("your configuration");

    let plugin = restart();
    std::fs::write(plugin.home().join("other.yaml"), "services: [{name: environment}]\n").expect("a file");
    plugin.env("SK_SERVICES", "other.yaml").args(["--list-services"]).run().code(0).stdout_has("environment");
}

#[test]
fn the_catalogue_is_a_table_that_says_where_it_came_from() {
    let run = restart().args(["--list-services"]).run().code(0);
    for service in [
        "api-gateway",
        "auth-svc",
        "market-svc",
        "billing-svc",
        "notification-svc",
        "skillpod-svc",
        "cockpit-svc",
    ] {
        assert!(run.stdout.contains(service), "{service} is missing\n{run}");
    }
    let run = run.stdout_has("catalogue: built in");
    assert!(run.stdout.lines().all(|line| line.chars().count() <= 80), "{run}");
}

#[test]
fn a_document_is_written_also_when_nothing_was_started() {
    for (arguments, code) in [
        (vec!["api-gatway", "-o", "json"], "input/target"),
        (vec!["api-gateway", "-o", "json", "--context", "nowhere"], "input/kubeconfig"),
        (vec!["api-gateway", "-o", "json", "--frobnicate"], "input/usage"),
        (vec!["-ojson"], "input/usage"),
    ] {
        let run = restart().args(arguments).run().code(2);
        let report = report(&run);
        assert_eq!(report["outcome"], "Refused");
        assert_eq!(report["findings"][0]["code"], code);
    }
}

#[test]
fn help_is_short_or_long_and_never_an_error() {
    let short = restart().args(["-h"]).run().code(0).stderr("").stdout;
    let long = restart().args(["--help"]).run().code(0).stderr("").stdout;
    assert!(short.len() < long.len() && !short.contains("Examples:") && long.contains("Examples:"));
    for text in [&short, &long] {
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    }
    insta::assert_snapshot!(short);
}

#[test]
fn the_version_goes_with_the_name_that_users_type() {
    let version = concat!("kubectl sk-restart ", env!("CARGO_PKG_VERSION"), "\n");
    restart().args(["--version"]).run().code(0).stderr("").stdout(version);
}

#[test]
fn a_dry_run_changes_nothing() {
    let api = FakeApi::start();
    crate::support::Service::new().serve(&api);
    let run =
        restart().kubeconfig(api.kubeconfig()).args(["api-gateway", "--dry-run", "-o", "json"]).run().code(0);
    assert_eq!(report(&run)["outcome"], "Planned");
    assert_eq!(writes(&api), Vec::<String>::new());
}

#[test]
fn a_result_that_cannot_be_written_is_no_success() {
    let script = format!("{} --list-services >/dev/full", env!("CARGO_BIN_EXE_kubectl-sk-restart"));
    let run = testkit::Plugin::new("sh").args(["-c", &script]).run().code(5);
    run.stderr_has("error: the result cannot be written: ");
}

#[test]
fn a_locale_without_utf_8_gets_ascii() {
    let api = FakeApi::start();
    crate::support::Service::new().serve(&api);
    let run = restart()
        .kubeconfig(api.kubeconfig())
        .env("LC_ALL", "C")
        .args(["api-gateway", "--dry-run"])
        .run()
        .code(0);
    assert!(run.stdout.is_ascii(), "{run}");
}

#[test]
fn a_connection_flag_without_text_is_not_given() {
    let api = FakeApi::start();
    crate::support::Service::new().serve(&api);
    for empty in [&["-n", ""][..], &["--namespace="], &["--context", "", "--as="]] {
        let run = restart().kubeconfig(api.kubeconfig()).args(["api-gateway", "--dry-run", "-o", "json"]);
        let run = run.args(empty).run().code(0);
        assert_eq!(report(&run)["namespace"], "skillancer-production", "{run}");
    }
    restart().args(["api-gateway", "--timeout", ""]).run().code(2);
}
