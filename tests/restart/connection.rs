//! The connection as kubectl makes it: kubeconfigs, log-in, proxies, and what is said when it fails.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use testkit::{FakeApi, Plugin, Reply, Run};

use crate::support::{NAMESPACE, Service, restart, writes};

/// A fake API with a healthy service.
fn healthy() -> FakeApi {
    let api = FakeApi::start();
    Service::new().serve(&api);
    api
}

/// Plans a restart, which takes every read there is and no write.
fn plan(plugin: Plugin) -> Run {
    plugin.args(["api-gateway", "--dry-run"]).run()
}

/// A file in the plugin's home, which is also where it runs.
fn file(plugin: &Plugin, name: &str, text: &str) -> PathBuf {
    let path = plugin.home().join(name);
    std::fs::write(&path, text).expect("a file in the home directory");
    path
}

const TWO_CONTEXTS: &str = "
contexts: [{name: prod, context: {cluster: prod, user: me}}, {name: dev, context: {cluster: gone}}]
clusters: [{name: prod, cluster: {server: 'https://127.0.0.1:1'}}]
users: [{name: me, user: {}}]
";

#[test]
fn a_wrong_kubeconfig_is_told_before_anything_is_contacted() {
    for (kubeconfig, arguments, stderr) in [
        (
            TWO_CONTEXTS,
            vec!["--context", "staging"],
            "error: context \"staging\" does not exist\nhint: the kubeconfig has: prod, dev\n",
        ),
        (
            TWO_CONTEXTS,
            vec!["--context", "prod", "--cluster", "other"],
            "error: cluster \"other\" does not exist\nhint: the kubeconfig has: prod\n",
        ),
        (
            TWO_CONTEXTS,
            vec!["--context", "prod", "--user", "you"],
            "error: auth info \"you\" does not exist\nhint: the kubeconfig has: me\n",
        ),
        (
            TWO_CONTEXTS,
            vec!["--context", "dev"],
            "error: cluster \"gone\" does not exist\nhint: the kubeconfig has: prod\n",
        ),
        (
            TWO_CONTEXTS,
            vec![],
            "error: current-context is not set\nhint: choose one with --context: prod, dev\n",
        ),
        (
            TWO_CONTEXTS,
            vec!["--context", "prod", "--as-group", "admins"],
            "error: requesting uid, groups or user-extra for me without impersonating a user\nhint: add --as USER\n",
        ),
        (
            TWO_CONTEXTS,
            vec!["--context", "prod", "--certificate-authority", "ca.pem"],
            "error: unable to read certificate-authority ca.pem for prod due to: no such file or directory\n",
        ),
        (
            "clusters:\n- name: x\n  cluster: s3cret\n",
            vec![],
            "error: error loading config file \"config\": line 3, column 12: this is not what a kubeconfig has here\n",
        ),
        (
            "",
            vec!["--kubeconfig", "none"],
            "error: error loading config file \"none\": no such file or directory\n",
        ),
        (
            "",
            vec![],
            "error: no kubeconfig found: config is missing or empty, and this is no pod of a cluster\n\
             hint: name one with --kubeconfig or KUBECONFIG, or an API server with --server\n",
        ),
    ] {
        let plugin = restart().kubeconfig("config");
        file(&plugin, "config", kubeconfig);
        plan(plugin.args(arguments)).code(2).stdout("").stderr(stderr);
    }
}

#[test]
fn without_any_kubeconfig_it_says_where_it_looked() {
    let plugin = restart();
    let home = plugin.home().display().to_string();
    plan(plugin).code(2).stdout("").stderr(&format!(
        "error: no kubeconfig found: {home}/.kube/config is missing or empty, and this is no pod of a cluster\n\
         hint: name one with --kubeconfig or KUBECONFIG, or an API server with --server\n"
    ));
}

#[test]
fn a_refused_connection_is_told_with_its_context() {
    let plugin = restart().kubeconfig("config").args(["--context", "prod"]);
    file(&plugin, "config", TWO_CONTEXTS);
    plan(plugin).code(3).stdout("").stderr(
        "The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?\n\
         hint: is 127.0.0.1:1 (context prod) up and reachable from here? kubectl --context prod cluster-info\n",
    );
}

#[test]
fn a_host_that_does_not_exist_is_named() {
    plan(restart().args(["--server", "https://nosuch.invalid:6443"]))
        .code(3)
        .stderr_has("Unable to connect to the server: dial tcp: lookup nosuch.invalid: no such host\n");
}

/// Every request is answered so, whatever it asks.
fn everywhere(api: &FakeApi, reply: &Reply) {
    let namespaces =
        [format!("/apis/apps/v1/namespaces/{NAMESPACE}"), format!("/api/v1/namespaces/{NAMESPACE}")];
    for namespace in namespaces {
        for resource in ["deployments", "deployments/api-gateway", "replicasets", "pods", "events"] {
            api.on("GET", &format!("{namespace}/{resource}"), [reply.clone()]);
        }
    }
    for review in ["selfsubjectrulesreviews", "selfsubjectaccessreviews"] {
        api.on("POST", &format!("/apis/authorization.k8s.io/v1/{review}"), [reply.clone()]);
    }
}

#[test]
fn a_server_that_does_not_serve_is_exit_3_in_kubectls_words() {
    for (reply, words) in [
        (
            Reply::refusal(401, "Unauthorized", "Unauthorized"),
            "error: You must be logged in to the server (Unauthorized)\nhint: the credential may have expired: ",
        ),
        (
            Reply::refusal(429, "TooManyRequests", "slow down").header("Retry-After", "86400"),
            "Error from server (TooManyRequests): slow down\nhint: ",
        ),
        (
            Reply::text(503, "starting"),
            "Error from server (ServiceUnavailable): the server is currently unable to",
        ),
        (
            Reply::text(502, "<html>"),
            "Error from server (InternalError): an error on the server (\"<html>\") has",
        ),
        (Reply::text(404, "not here"), "the server could not find the requested resource"),
        (Reply::text(200, "<html>"), "Unable to connect to the server: "),
        (Reply::reset(), "connection reset by peer"),
        (Reply::close(), "Unable to connect to the server: EOF\n"),
        (
            Reply::silence(),
            "Unable to connect to the server: context deadline exceeded: no answer from 127.0.0.1:",
        ),
    ] {
        let api = FakeApi::start();
        everywhere(&api, &reply);
        let plugin = restart().kubeconfig(api.kubeconfig()).args(["--request-timeout", "1s"]);
        plan(plugin).code(3).stdout("").stderr_has(words);
        assert_eq!(writes(&api), Vec::<String>::new());
    }
}

/// A credential plugin that counts its calls in `calls`, beside the kubeconfig, and takes so many seconds.
fn counting_plugin(api: &FakeApi, seconds: u8) -> PathBuf {
    let kubeconfig = api.kubeconfig_with(
        "{exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: IfAvailable, command: ./login}}",
    );
    let script = format!(
        "#!/bin/sh\necho called >> \"$(dirname \"$0\")/calls\"\nsleep {seconds}\n\
         echo '{{\"apiVersion\": \"client.authentication.k8s.io/v1\", \"kind\": \"ExecCredential\", \
         \"status\": {{\"token\": \"t0ken-canary\"}}}}'\n"
    );
    let login = kubeconfig.with_file_name("login");
    std::fs::write(&login, script).expect("the plugin is written");
    std::fs::set_permissions(&login, std::fs::Permissions::from_mode(0o755)).expect("and may run");
    kubeconfig
}

fn calls(kubeconfig: &Path) -> usize {
    std::fs::read_to_string(kubeconfig.with_file_name("calls")).unwrap_or_default().lines().count()
}

#[test]
fn a_credential_plugin_runs_once() {
    let api = healthy();
    let kubeconfig = counting_plugin(&api, 0);
    plan(restart().kubeconfig(&kubeconfig)).code(0);
    assert_eq!(calls(&kubeconfig), 1);
    let requests = api.requests();
    assert!(requests.len() > 3, "{requests:?}");
    for request in requests {
        assert_eq!(request.header("authorization"), ["Bearer t0ken-canary"], "{request:?}");
    }
}

#[test]
fn a_slow_login_runs_once_and_is_no_slowness_of_the_server() {
    let api = healthy();
    let kubeconfig = counting_plugin(&api, 3);
    plan(restart().kubeconfig(&kubeconfig)).code(0).never_says("no answer within");
    assert_eq!(calls(&kubeconfig), 1);
}

#[test]
fn a_missing_credential_plugin_shows_its_install_hint() {
    let api = healthy();
    let kubeconfig = api.kubeconfig_with(
        "{exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, \
         command: no-such-login, installHint: brew install no-such-login}}",
    );
    plan(restart().kubeconfig(kubeconfig)).code(3).stdout("").stderr(
        "Unable to connect to the server: getting credentials: exec: executable no-such-login not found\n\
         hint: brew install no-such-login\n",
    );
    assert!(api.requests().is_empty());
}

#[test]
fn a_missing_file_of_the_kubeconfig_list_is_skipped() {
    let api = healthy();
    let list = format!("missing:{}", api.kubeconfig().display());
    plan(restart().kubeconfig(list)).code(0);
}

#[test]
fn a_loopback_server_is_not_proxied() {
    let api = healthy();
    let mut plugin = restart().kubeconfig(api.kubeconfig());
    for variable in ["HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"] {
        plugin = plugin.env(variable, "http://127.0.0.1:1");
    }
    plan(plugin).code(0);
}

#[test]
fn another_server_is_proxied_unless_no_proxy_names_it() {
    let proxy = FakeApi::start();
    let ask = || restart().args(["--server", "http://api.invalid"]).env("HTTP_PROXY", proxy.url());
    plan(ask()).code(3).stderr_has("Unable to connect to the server: proxyconnect tcp: ").stderr_has(
        &format!("hint: api.invalid is reached through the proxy {}; NO_PROXY exempts", proxy.host()),
    );
    let connects = proxy.requests_with("CONNECT").len();
    assert!(connects > 0);
    plan(ask().env("NO_PROXY", "other,.invalid")).code(3).stderr_has("lookup api.invalid: no such host");
    assert_eq!(proxy.requests_with("CONNECT").len(), connects);
}

#[test]
fn impersonation_goes_with_every_request() {
    let api = healthy();
    let flags = ["--as", "jane", "--as-group", "ops", "--as-group", "dev", "--as-uid", "7"];
    plan(restart().kubeconfig(api.kubeconfig()).args(flags)).code(0);
    for request in api.requests() {
        assert_eq!(request.header("impersonate-user"), ["jane"], "{request:?}");
        assert_eq!(request.header("impersonate-group"), ["ops", "dev"], "{request:?}");
        assert_eq!(request.header("impersonate-uid"), ["7"], "{request:?}");
    }
}

#[test]
fn verbosity_6_shows_the_requests_and_no_secret() {
    let api = healthy();
    let kubeconfig = counting_plugin(&api, 0);
    let line = format!("GET {}/api/v1/namespaces/{NAMESPACE}/pods?", api.url());
    plan(restart().kubeconfig(&kubeconfig)).code(0).never_says(&line);
    for verbosity in ["6", "10"] {
        let plugin = restart().kubeconfig(&kubeconfig).args(["-v", verbosity]);
        plan(plugin).code(0).stderr_has(&line).stderr_has(" 200 OK in ").never_says("t0ken-canary");
    }
}

#[test]
fn a_token_on_the_command_line_is_sent_and_never_shown() {
    let api = healthy();
    everywhere(&api, &Reply::refusal(403, "Forbidden", "no"));
    let plugin = restart().kubeconfig(api.kubeconfig()).args(["--token", "t0ken-canary", "-v", "9"]);
    plan(plugin).code(3).never_says("t0ken-canary");
    assert!(api.requests().iter().all(|request| request.header("authorization") == ["Bearer t0ken-canary"]));
}
