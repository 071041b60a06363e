//! Credentials that change: plugins that count their runs, and token files.

use std::os::unix::fs::PermissionsExt as _;

use futures::future::join_all;

use super::*;

/// A credential plugin that counts its runs in `calls`, one line each, and prints what `respond` says.
fn plugin(directory: &std::path::Path, respond: &str) -> std::path::PathBuf {
    let script =
        format!("#!/bin/sh\necho \"$KUBERNETES_EXEC_INFO\" >> \"$(dirname \"$0\")/calls\"\n{respond}\n");
    let path = directory.join("login");
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn token(status: &str) -> String {
    format!(
        r#"echo '{{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{{{status}}}}}'"#
    )
}

fn calls(directory: &std::path::Path) -> Vec<String> {
    let calls = std::fs::read_to_string(directory.join("calls")).unwrap_or_default();
    calls.lines().map(str::to_owned).collect()
}

/// A user of the kubeconfig, beside which the plugin lies.
const USER: &str = "{exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, \
                    provideClusterInfo: true, command: ./login, installHint: brew install login}}";

fn kubeconfig(api: &FakeApi, respond: &str) -> std::path::PathBuf {
    let kubeconfig = api.kubeconfig_with(USER);
    plugin(kubeconfig.parent().unwrap(), respond);
    kubeconfig
}

#[tokio::test]
async fn a_plugin_runs_once_for_many_requests_at_once() {
    let api = FakeApi::start();
    api.on("GET", DEPLOYMENT, [Reply::json(&json!({}))]);
    let kubeconfig = kubeconfig(&api, &token("\"token\":\"t0ken\""));
    let cluster = reach(&flags(&kubeconfig, "")).unwrap();
    for result in join_all((0..8).map(|_| get(&cluster))).await {
        result.unwrap();
    }
    let calls = calls(kubeconfig.parent().unwrap());
    assert_eq!(calls.len(), 1);
    let info: Value = serde_json::from_str(&calls[0]).unwrap();
    assert_eq!(info["spec"]["interactive"], false);
    assert_eq!(info["spec"]["cluster"]["server"], api.url());
    assert!(api.requests().iter().all(|request| request.header("authorization") == ["Bearer t0ken"]));
}

#[tokio::test]
async fn a_plugin_runs_again_when_its_credential_has_expired() {
    let api = FakeApi::start();
    api.on("GET", DEPLOYMENT, [Reply::json(&json!({}))]);
    let expired = r#""token":"t","expirationTimestamp":"2020-01-01T00:00:00Z""#;
    let kubeconfig = kubeconfig(&api, &token(expired));
    let cluster = reach(&flags(&kubeconfig, "")).unwrap();
    get(&cluster).await.unwrap();
    get(&cluster).await.unwrap();
    assert_eq!(calls(kubeconfig.parent().unwrap()).len(), 2);
}

#[tokio::test]
async fn a_refused_credential_is_renewed_once_and_the_request_sent_again() {
    let api = FakeApi::start();
    let refused = Reply::refusal(401, "Unauthorized", "Unauthorized");
    api.on("PATCH", DEPLOYMENT, [refused.clone(), Reply::json(&json!({})), refused]);
    let kubeconfig = kubeconfig(&api, &token("\"token\":\"t\""));
    let cluster = reach(&flags(&kubeconfig, "")).unwrap();
    patch(&cluster).await.unwrap();
    assert_eq!(calls(kubeconfig.parent().unwrap()).len(), 2);
    patch(&cluster).await.unwrap_err();
    assert_eq!((calls(kubeconfig.parent().unwrap()).len(), api.requests().len()), (2, 3));
}

#[tokio::test]
async fn what_a_plugin_does_wrong_is_said_without_its_output() {
    for (respond, expected) in [
        ("exit 3", "./login failed with exit code 3"),
        ("echo s3cret", "./login: its output is no ExecCredential"),
        (&token(""), "./login: exec plugin didn't return a token or cert/key pair"),
        (
            &token("\"clientCertificateData\":\"c\""),
            "./login: exec plugin returned only certificate or key, not both",
        ),
        (
            r#"echo '{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential"}'"#,
            "./login: exec plugin is configured to use API version client.authentication.k8s.io/v1, \
             plugin returned version client.authentication.k8s.io/v1beta1",
        ),
    ] {
        let api = FakeApi::start();
        let kubeconfig = kubeconfig(&api, respond);
        let cluster = reach(&flags(&kubeconfig, "")).unwrap();
        let error =
            failure(&cluster).await.replace(&format!("{}/", kubeconfig.parent().unwrap().display()), "");
        assert_eq!(
            error,
            format!("Unable to connect to the server: getting credentials: exec: executable {expected}")
        );
        assert!(api.requests().is_empty());
    }
}

#[tokio::test]
async fn a_missing_plugin_shows_its_install_hint() {
    let api = FakeApi::start();
    let cluster = reach(&flags(&api.kubeconfig_with(USER), "")).unwrap();
    let error = get(&cluster).await.unwrap_err();
    assert!(error.to_string().ends_with("/login not found"), "{error}");
    assert_eq!(error.hint().map(|hint| hint.to_string()).as_deref(), Some("brew install login"));
    assert!(matches!(patch(&cluster).await.unwrap_err(), WriteError::NotSent(_)));
}

#[tokio::test]
async fn a_token_on_the_command_line_spares_the_plugin() {
    let api = FakeApi::start();
    api.on("GET", DEPLOYMENT, [Reply::json(&json!({}))]);
    let kubeconfig = kubeconfig(&api, "exit 1");
    let cluster = reach(&flags(&kubeconfig, "--token mine")).unwrap();
    get(&cluster).await.unwrap();
    assert_eq!(api.requests()[0].header("authorization"), ["Bearer mine"]);
    assert!(calls(kubeconfig.parent().unwrap()).is_empty());
}

#[tokio::test]
async fn a_token_file_is_read_without_its_line_end() {
    let api = FakeApi::start();
    api.on("GET", DEPLOYMENT, [Reply::json(&json!({}))]);
    let kubeconfig = api.kubeconfig_with("{tokenFile: token}");
    std::fs::write(kubeconfig.with_file_name("token"), "from-file\n").unwrap();
    get(&reach(&flags(&kubeconfig, "")).unwrap()).await.unwrap();
    assert_eq!(api.requests()[0].header("authorization"), ["Bearer from-file"]);
}

#[tokio::test]
async fn a_password_logs_in() {
    let api = FakeApi::start();
    api.on("GET", DEPLOYMENT, [Reply::json(&json!({}))]);
    let kubeconfig = api.kubeconfig_with("{username: me, password: s3cret}");
    get(&reach(&flags(&kubeconfig, "")).unwrap()).await.unwrap();
    assert_eq!(api.requests()[0].header("authorization"), ["Basic bWU6czNjcmV0"]);
}
