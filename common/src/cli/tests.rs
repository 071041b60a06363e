//! Command lines as kubectl takes them, and its words for those it refuses.

use clap::CommandFactory as _;

use super::*;

#[derive(Debug, Parser)]
#[command(name = "kubectl-sk-test")]
struct Line {
    target: String,
    #[command(flatten)]
    change: ChangeFlags,
    #[command(flatten)]
    global: GlobalFlags,
    #[command(flatten)]
    connection: ConnectionFlags,
}

fn line(typed: &str) -> Result<Line, Unparsed> {
    let words = std::iter::once("kubectl-sk-test").chain(typed.split_whitespace());
    parse("kubectl sk-test", words.map(OsString::from))
}

fn refused(typed: &str) -> String {
    match line(typed).unwrap_err() {
        Unparsed::Wrong(error) => {
            assert_eq!(error.exit_code(), 2);
            error.to_string()
        }
        Unparsed::Text(text) => panic!("{text}"),
    }
}

#[test]
fn the_definition_is_sound() {
    Line::command().debug_assert();
}

#[test]
fn of_a_repeated_flag_the_last_one_counts_but_groups_add_up() {
    let line = line("x -n a --namespace=b -o json -o yaml --as-group g --as-group h -y --yes").unwrap();
    assert_eq!(line.connection.namespace.as_deref(), Some("b"));
    assert_eq!(line.global.output, Output::Yaml);
    assert_eq!(line.connection.impersonate_groups, ["g", "h"]);
    assert!(line.change.yes);
}

#[test]
fn flags_are_spelled_as_for_kubectl() {
    for typed in ["x -v 6", "x -v=6", "x -v6", "x --v=6", "-v 6 x"] {
        assert_eq!(line(typed).unwrap().global.verbosity, 6, "{typed}");
    }
    for (typed, expected) in [
        ("x", DryRun::None),
        ("x --dry-run", DryRun::Client),
        ("--dry-run x", DryRun::Client),
        ("x --dry-run=none", DryRun::None),
        ("x --dry-run=server", DryRun::Server),
    ] {
        assert_eq!(line(typed).unwrap().change.dry_run, expected, "{typed}");
    }
    for (typed, expected) in [
        ("x", false),
        ("--insecure-skip-tls-verify x", true),
        ("x --insecure-skip-tls-verify=true", true),
        ("x --insecure-skip-tls-verify=false", false),
    ] {
        assert_eq!(line(typed).unwrap().connection.insecure_skip_tls_verify, expected, "{typed}");
    }
}

#[test]
fn a_switch_takes_a_boolean_and_the_last_one_counts() {
    for (typed, yes, quiet) in [
        ("x -y=false", false, false),
        ("x -y --yes=false", false, false),
        ("x --yes=0 -y", true, false),
        ("x --yes=True", true, false),
        ("x -yq -y=f", false, true),
        ("x -q -y=t --quiet=false", true, false),
    ] {
        let line = line(typed).unwrap();
        assert_eq!((line.change.yes, line.global.quiet), (yes, quiet), "{typed}");
    }
    assert_eq!(
        refused("x -- -y=false"),
        "error: unknown flag: -y=false",
        "no flag any more, and one too many"
    );
}

#[test]
fn durations_are_those_of_go() {
    for (typed, seconds) in [
        ("x", 300),
        ("x --timeout 1m30s", 90),
        ("x --timeout=1.5h", 5400),
        ("x --timeout 0.5s --timeout 2s", 2),
    ] {
        assert_eq!(line(typed).unwrap().change.timeout, SignedDuration::from_secs(seconds), "{typed}");
    }
}

#[test]
fn what_is_wrong_is_said_as_kubectl_says_it() {
    for (typed, expected) in [
        (
            "x --timeout 5x",
            "invalid argument \"5x\" for \"--timeout\" flag: \
             not a duration: use a number with a unit, such as 30s, 5m or 1h30m",
        ),
        ("x --timeout 0", "invalid argument \"0\" for \"--timeout\" flag: must be more than 0"),
        ("x --timeout -5m", "invalid argument \"-5m\" for \"--timeout\" flag: must not be negative"),
        ("x --soak -1s", "invalid argument \"-1s\" for \"--soak\" flag: must not be negative"),
        ("x --fail-after -1s", "invalid argument \"-1s\" for \"--fail-after\" flag: must not be negative"),
        (
            "x --request-timeout 5x",
            "invalid argument \"5x\" for \"--request-timeout\" flag: \
             not a duration: use a number with a unit, such as 30s, 5m or 1h30m",
        ),
        ("x -o xml", "invalid argument \"xml\" for \"-o, --output\" flag: must be one of text, json, yaml"),
        (
            "x --dry-run=maybe",
            "invalid argument \"maybe\" for \"--dry-run\" flag: must be one of none, client, server",
        ),
        (
            "x -v six",
            "invalid argument \"six\" for \"-v, --v\" flag: strconv.ParseInt: parsing \"six\": invalid syntax",
        ),
        (
            "x -v 9999999999",
            "invalid argument \"9999999999\" for \"-v, --v\" flag: \
             strconv.ParseInt: parsing \"9999999999\": value out of range",
        ),
        (
            "x -y=perhaps",
            "invalid argument \"perhaps\" for \"-y, --yes\" flag: \
             strconv.ParseBool: parsing \"perhaps\": invalid syntax",
        ),
        ("x -n", "flag needs an argument: --namespace"),
        ("x --nonsense", "unknown flag: --nonsense"),
        ("x --contxt a", "unknown flag: --contxt (did you mean --context?)"),
        ("x y", "unexpected argument 'y' found"),
        ("", "the following required arguments were not provided: <TARGET>"),
    ] {
        assert_eq!(refused(typed), format!("error: {expected}"), "{typed}");
    }
}

#[test]
fn a_paste_names_the_context_but_no_token() {
    let typed = "x --as jane --as-group a;b --token s3cret --kubeconfig f -s https://h";
    let flags = line(typed).unwrap().connection;
    assert_eq!(
        flags.to_paste(Some("prod")),
        "--kubeconfig f --context prod --server https://h --as jane --as-group 'a;b'"
    );
    assert_eq!(ConnectionFlags::default().to_paste(None), "");
}

#[test]
fn help_is_no_error() {
    for typed in ["-h", "--help"] {
        assert!(matches!(line(typed).unwrap_err(), Unparsed::Text(_)), "{typed}");
    }
}

#[test]
fn force_takes_what_can_be_overridden_and_says_what_that_is() {
    let all = "failed-before, references, paused, not-ready, pods-failing, floor, rollout-in-progress, hpa-ceiling, \
               quota-surge, no-pdb, usage, gitops, last-applied, untouched, peak-hours, warning";
    for name in all.split(", ") {
        assert_eq!(forcible_check(name).as_deref(), Ok(name));
    }
    let one_of = format!("must be one of {all}");
    for name in ["static-pod", "no-controller", "ended", "terminating", "pdb", "everything", ""] {
        assert_eq!(forcible_check(name), Err(one_of.clone()), "{name}");
    }
    assert_eq!(forcible_check("access").unwrap_err(), "a missing verb cannot be overridden");
    assert_eq!(
        forcible_check("revision").unwrap_err(),
        "without a revision there is nothing to roll back to"
    );
}
