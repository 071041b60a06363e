//! Bad input: a clear error with the contract's exit code, and nothing contacted.

use testkit::FakeApi;

use crate::support::{World, diagnose, ready, report};

#[test]
fn a_wrong_command_line_is_told_in_kubectls_words() {
    let api = FakeApi::start();
    for (arguments, words) in [
        (vec!["service"], "error: "),
        (vec!["service", "api-gatway"], "unknown service \"api-gatway\""),
        (vec!["service", "statefulset/db"], "neither a service of the catalogue nor deployment/NAME"),
        (vec!["pod"], "error: "),
        (vec!["pod", "../secrets/x"], "\"../secrets/x\" cannot be the name of a pod"),
        (vec!["pod", "deployment/web"], "cannot be the name of a pod"),
        (vec!["crashloop", "Web"], "cannot be the name of a pod"),
        (vec!["crashlop"], "error: unknown command \"crashlop\" (did you mean crashloop?)"),
        (vec!["access"], "error: unknown command \"access\""),
        (vec!["api-gateway"], "\"api-gateway\" (did you mean `kubectl sk-diagnose service api-gateway`?)"),
        (vec!["api-gatway", "-n", "shop"], "(did you mean `kubectl sk-diagnose service api-gateway`?)"),
        (vec!["deploy/web"], "(did you mean `kubectl sk-diagnose service deploy/web`?)"),
        (vec!["web-75d9bb5f6-k95rb"], "(did you mean `kubectl sk-diagnose pod web-75d9bb5f6-k95rb`?)"),
        (vec!["pod/web-0"], "(did you mean `kubectl sk-diagnose pod web-0`?)"),
        (vec!["../x"], "error: unknown command \"../x\"\n"),
        (vec!["-A"], "-A goes with terminating, pending, crashloop and readiness without POD"),
        (vec!["service", "auth-svc", "-A"], "-A goes with "),
        (vec!["pod", "web-1", "-l", "app=web"], "-l goes with "),
        (
            vec!["pending", "-l", "app in (a"],
            "error: invalid argument \"app in (a\" for \"-l, --selector\" flag: ",
        ),
        (vec!["pending", "-l", "a=b=c"], "found '=', expected: ',' or 'end of string'"),
        (vec!["crashloop", "-l", "-app=web"], "\"-app\" cannot be the key of a label"),
        (vec!["pending", "web-1", "-A"], "-A goes with "),
        (vec!["pending", "web-1", "web-2"], "error: "),
        (vec!["pending", "--logs", "many"], "error: invalid argument \"many\" for \"--logs\" flag: "),
        (vec!["pending", "--logs=-1"], "error: invalid argument \"-1\" for \"--logs\" flag: "),
        (vec!["pending", "-o", "wide"], "error: invalid argument \"wide\" for "),
        (vec!["pending", "--yes"], "error: unknown flag: --yes"),
        (vec!["--context", "nowhere"], "error: context \"nowhere\" does not exist"),
    ] {
        diagnose().kubeconfig(api.kubeconfig()).args(&arguments).run().code(2).stdout("").stderr_has(words);
    }
    assert!(api.requests().is_empty(), "{:?}", api.requests());
}

#[test]
fn a_document_is_written_also_when_nothing_was_looked_at() {
    for (arguments, code) in [
        (vec!["service", "api-gatway", "-o", "json"], "input/target"),
        (vec!["pod", "A", "-o", "json"], "input/usage"),
        (vec!["pending", "--frobnicate", "-o", "json"], "input/usage"),
        (vec!["-ojson", "--context", "nowhere"], "input/kubeconfig"),
    ] {
        let run = diagnose().args(arguments).run().code(2);
        let report = report(&run);
        assert_eq!((&report["outcome"], &report["findings"][0]["code"]), (&"Refused".into(), &code.into()));
    }
}

#[test]
fn an_absent_pod_is_told_in_kubectls_words_with_those_that_are_there() {
    let world = World::web(vec![ready("web", "k95rb"), ready("web", "x2x4p"), ready("cart", "8hmd7")]);
    let (run, _api) = world.run(&["crashloop", "web-6f9c7d5b8-gone1"]);
    run.code(3)
        .stdout("")
        .stderr_has("Error from server (NotFound): pods \"web-6f9c7d5b8-gone1\" not found")
        .stderr_has("pods there: web-6f9c7d5b8-k95rb, web-6f9c7d5b8-x2x4p\n");
    let (run, _api) = world.run(&["pod", "nothing-like-it"]);
    run.code(3).stderr_has("cart-6f9c7d5b8-8hmd7");
    let (run, _api) = World::default().run(&["pod", "web-1"]);
    run.code(3).stderr_has("there are no pods in namespace shop");
    let (run, _api) = world.run(&["pod", "web-6f9c7d5b8-gone1", "-o", "json"]);
    let run = run.code(3);
    let report = report(&run);
    assert_eq!(report["findings"][0]["code"], "target/not-found");
    assert_eq!(report["findings"][0]["evidence"][0], "pod/web-6f9c7d5b8-k95rb is there");
}

#[test]
fn an_absent_deployment_is_no_diagnosis() {
    let (run, _api) = World::default().run(&["service", "web"]);
    run.code(3).stdout("").stderr_has("Error from server (NotFound): deployments.apps \"web\" not found");
}

#[test]
fn an_api_server_that_is_not_there_is_told() {
    let api = FakeApi::start();
    let kubeconfig = api.kubeconfig();
    let text = std::fs::read_to_string(&kubeconfig)
        .expect("the kubeconfig")
        .replace(&api.url(), "http://127.0.0.1:1");
    std::fs::write(&kubeconfig, text).expect("the kubeconfig");
    for form in [vec!["pod", "web-1"], vec!["pending"], vec!["service", "auth-svc"], vec![]] {
        let run = diagnose().kubeconfig(&kubeconfig).args(form).run();
        run.code(3).stdout("").stderr_has("The connection to the server 127.0.0.1:1 was refused");
    }
}

#[test]
fn the_causes_are_a_table_and_a_document() {
    let run = diagnose().args(["--list-causes"]).run().code(0).stderr("");
    let run = run.stdout_has("crashloop/oom-killed").stdout_has("pending/untolerated-taint");
    assert!(run.stdout.lines().all(|line| line.chars().count() <= 80), "{run}");
    let listed = diagnose().args(["--list-causes", "-o", "json"]).run().code(0).json();
    let causes = listed["causes"].as_array().cloned().unwrap_or_default();
    assert!(causes.len() >= 80, "{}", causes.len());
    for cause in causes {
        let (code, severity) = (cause["code"].as_str(), cause["severity"].as_str());
        assert!(code.is_some_and(|code| run.stdout.contains(code)), "{cause}");
        assert!(matches!(severity, Some("error" | "warning" | "info")), "{cause}");
        assert!(cause["about"].as_str().is_some_and(|about| !about.is_empty()), "{cause}");
    }
}

#[test]
fn help_is_short_or_long_and_never_an_error() {
    let short = diagnose().args(["-h"]).run().code(0).stderr("").stdout;
    let long = diagnose().args(["--help"]).run().code(0).stderr("").stdout;
    assert!(short.len() < long.len() && !short.contains("Examples:") && long.contains("Examples:"));
    for text in [&short, &long] {
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    }
    for form in ["service", "pod", "terminating", "pending", "crashloop", "readiness"] {
        let long = diagnose().args([form, "--help"]).run().code(0).stderr("");
        let (_, examples) = long.stdout.split_once("Examples:\n").expect("examples");
        assert!(examples.contains(&format!("  kubectl sk-diagnose {form} ")), "{long}");
        assert!(long.stdout.lines().all(|line| line.chars().count() <= 100), "{long}");
        diagnose().args([form, "-h"]).run().code(0).never_says("Examples:");
    }
    insta::assert_snapshot!(short);
}

#[test]
fn the_version_goes_with_the_name_that_users_type() {
    let version = concat!("kubectl sk-diagnose ", env!("CARGO_PKG_VERSION"), "\n");
    diagnose().args(["--version"]).run().code(0).stderr("").stdout(version);
}
