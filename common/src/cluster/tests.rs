//! The connection against a server on 127.0.0.1: what is sent, what is repeated, what errors say.

#[cfg(unix)]
mod credentials;
mod tls;

use std::time::Duration;

use clap::Parser as _;
use jiff::SignedDuration;
use serde_json::json;
use testkit::{FakeApi, Reply};

use super::*;

const DEPLOYMENT: &str = "/apis/apps/v1/namespaces/shop/deployments/cart";
const OPTIONS: WriteOptions<'_> = WriteOptions { field_manager: "kubectl-rollout", dry_run: false };

#[derive(clap::Parser)]
struct Typed {
    #[command(flatten)]
    connection: ConnectionFlags,
}

/// Flags as typed, for a kubeconfig.
fn flags(kubeconfig: &std::path::Path, typed: &str) -> ConnectionFlags {
    let words = ["test", "--kubeconfig"].map(str::to_owned).into_iter();
    let words =
        words.chain([kubeconfig.display().to_string()]).chain(typed.split_whitespace().map(str::to_owned));
    Typed::try_parse_from(words).unwrap().connection
}

/// Connects without the environment of the test.
fn reach(flags: &ConnectionFlags) -> Result<Cluster, Error> {
    Cluster::connect_from(flags, &|_| None)
}

fn connect(api: &FakeApi) -> Cluster {
    reach(&flags(&api.kubeconfig(), "")).unwrap()
}

async fn get(cluster: &Cluster) -> Result<Option<Value>, Error> {
    cluster.get(&DEPLOYMENTS, "shop", "cart").await
}

async fn patch(cluster: &Cluster) -> Result<Value, WriteError> {
    cluster.patch(&DEPLOYMENTS, "shop", "cart", Patch::Strategic(&json!({})), OPTIONS).await
}

/// One read that fails, in words.
async fn failure(cluster: &Cluster) -> String {
    get(cluster).await.unwrap_err().to_string()
}

#[tokio::test]
async fn connecting_makes_no_request() {
    let api = FakeApi::start();
    let cluster = connect(&api);
    assert_eq!(
        (cluster.context(), cluster.user(), cluster.context_namespace()),
        ("fake", "tester", "default")
    );
    assert_eq!(cluster.server(), api.host());
    assert!(api.requests().is_empty());
}

#[tokio::test]
async fn a_patch_carries_its_type_and_options() {
    let api = FakeApi::start();
    api.on("PATCH", DEPLOYMENT, [Reply::json(&json!({ "kind": "Deployment" }))]);
    let cluster = connect(&api);
    let body = json!([{ "op": "test", "path": "/metadata/uid", "value": "u" }]);
    let options = WriteOptions { dry_run: true, ..OPTIONS };
    cluster.patch(&DEPLOYMENTS, "shop", "cart", Patch::Json(&body), options).await.unwrap();
    let sent = api.requests().remove(0);
    assert_eq!(sent.header("content-type"), ["application/json-patch+json"]);
    assert_eq!(sent.json(), body);
    let query = [("fieldManager", "kubectl-rollout"), ("dryRun", "All")];
    assert_eq!(sent.query, query.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[tokio::test]
async fn lists_select_and_names_cannot_leave_their_place() {
    let api = FakeApi::start();
    let list = json!({ "kind": "PodList", "items": [{ "metadata": { "name": "a" } }] });
    api.on("GET", "/api/v1/namespaces/shop/pods?labelSelector=app=cart", [Reply::json(&list)]);
    let cluster = connect(&api);
    let pods = cluster.list(&PODS, "shop", "app=cart", "").await.unwrap();
    assert_eq!(pods[0]["metadata"]["name"], "a");
    let _ = cluster.get(&DEPLOYMENTS, "a/b", "../c?d").await;
    assert_eq!(api.requests()[1].path, "/apis/apps/v1/namespaces/a%2Fb/deployments/..%2Fc%3Fd");
}

#[tokio::test]
async fn impersonation_is_sent_with_every_request() {
    let api = FakeApi::start();
    let flags = flags(&api.kubeconfig(), "--as jane --as-group dev --as-group ops --as-uid 7");
    let cluster = reach(&flags).unwrap();
    let _ = get(&cluster).await;
    let sent = api.requests().remove(0);
    assert_eq!(sent.header("impersonate-user"), ["jane"]);
    assert_eq!(sent.header("impersonate-group"), ["dev", "ops"]);
    assert_eq!(sent.header("impersonate-uid"), ["7"]);
    assert_eq!(cluster.user(), "jane");
}

#[tokio::test]
async fn absent_is_not_the_same_as_no_kubernetes() {
    let api = FakeApi::start();
    let cluster = connect(&api);
    assert_eq!(
        failure(&cluster).await,
        "Error from server (NotFound): the server could not find the requested resource (get deployments.apps cart)"
    );
    api.on("GET", DEPLOYMENT, [Reply::refusal(404, "NotFound", "deployments.apps \"cart\" not found")]);
    assert_eq!(get(&cluster).await.unwrap(), None);
    let error = cluster.require(&DEPLOYMENTS, "shop", "cart").await.unwrap_err();
    assert_eq!(error.to_string(), "Error from server (NotFound): deployments.apps \"cart\" not found");
    assert_eq!(error.exit_code(), 3);
}

#[tokio::test]
async fn a_read_is_repeated_while_that_may_help() {
    for (fault, requests) in [
        (Reply::text(500, "etcd"), 3),
        (Reply::refusal(503, "ServiceUnavailable", "no"), 3),
        (Reply::refusal(429, "TooManyRequests", "slow down").header("Retry-After", "1"), 3),
        (Reply::refusal(429, "TooManyRequests", "slow down").header("Retry-After", "86400"), 1),
        (Reply::reset(), 3),
        (Reply::close(), 3),
        (Reply::refusal(401, "Unauthorized", "Unauthorized"), 1),
        (Reply::refusal(403, "Forbidden", "no"), 1),
        (Reply::text(404, "404 page not found"), 1),
        (Reply::refusal(409, "Conflict", "no"), 1),
    ] {
        let api = FakeApi::start();
        api.on("GET", DEPLOYMENT, [fault.clone()]);
        let cluster = connect(&api);
        get(&cluster).await.unwrap_err();
        assert_eq!(api.requests().len(), requests, "{fault:?}");
    }
}

#[tokio::test]
async fn a_read_succeeds_at_its_second_try() {
    let api = FakeApi::start();
    api.on("GET", DEPLOYMENT, [Reply::reset(), Reply::json(&json!({ "kind": "Deployment" }))]);
    assert!(get(&connect(&api)).await.unwrap().is_some());
}

#[tokio::test]
async fn a_write_is_never_repeated_and_says_what_became_of_it() {
    for (reply, outcome) in [
        (Reply::reset(), "ambiguous"),
        (Reply::close(), "ambiguous"),
        (Reply::silence(), "ambiguous"),
        (Reply::text(500, "etcd"), "ambiguous"),
        (Reply::refusal(504, "Timeout", "late"), "ambiguous"),
        (Reply::text(200, "no json"), "ambiguous"),
        (Reply::refusal(409, "Conflict", "no"), "rejected"),
        (Reply::refusal(422, "Invalid", "no"), "rejected"),
        (Reply::refusal(403, "Forbidden", "no"), "rejected"),
        (Reply::refusal(429, "TooManyRequests", "no").header("Retry-After", "1"), "rejected"),
    ] {
        let api = FakeApi::start();
        api.on("PATCH", DEPLOYMENT, [reply.clone()]);
        let cluster = reach(&flags(&api.kubeconfig(), "--request-timeout 300ms")).unwrap();
        let became = match patch(&cluster).await.unwrap_err() {
            WriteError::Rejected(_) => "rejected",
            WriteError::NotSent(_) => "not sent",
            WriteError::Ambiguous(_) => "ambiguous",
        };
        assert_eq!((became, api.requests().len()), (outcome, 1), "{reply:?}");
    }
}

#[tokio::test]
async fn a_refused_connection_is_told_at_once_and_sends_nothing() {
    let api = FakeApi::start();
    let (host, kubeconfig) = (api.host(), flags(&api.kubeconfig(), ""));
    let cluster = reach(&kubeconfig).unwrap();
    drop(api);
    let error = get(&cluster).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("The connection to the server {host} was refused - did you specify the right host or port?")
    );
    assert!(
        error.hint().unwrap().to_string().contains(&format!("is {host} (context fake) up")),
        "{:?}",
        error.hint()
    );
    assert!(matches!(patch(&cluster).await.unwrap_err(), WriteError::NotSent(_)));
}

#[tokio::test]
async fn silence_ends_at_the_deadline() {
    let api = FakeApi::start();
    api.on("GET", DEPLOYMENT, [Reply::silence()]);
    let cluster = reach(&flags(&api.kubeconfig(), "--request-timeout 200ms")).unwrap();
    assert_eq!(
        failure(&cluster).await,
        format!(
            "Unable to connect to the server: context deadline exceeded: no answer from {} in 200ms",
            api.host()
        )
    );
    assert_eq!(api.requests().len(), 1);
    api.on("GET", DEPLOYMENT, [Reply::json(&json!({})).after(Duration::from_millis(400))]);
    let patient = reach(&flags(&api.kubeconfig(), "--request-timeout 0")).unwrap();
    assert!(get(&patient).await.is_ok());
}

#[tokio::test]
async fn what_cannot_be_connected_to_is_said_as_kubectl_says_it() {
    let api = FakeApi::start();
    let https = api.url().replace("http", "https");
    for (typed, expected) in [
        ("--server https://nosuch.invalid:6443".to_owned(), "dial tcp: lookup nosuch.invalid: no such host"),
        (
            format!("--server {https} --insecure-skip-tls-verify"),
            "http: server gave HTTP response to HTTPS client",
        ),
    ] {
        let cluster = reach(&flags(&api.kubeconfig(), &typed)).unwrap();
        assert_eq!(failure(&cluster).await, format!("Unable to connect to the server: {expected}"));
    }
}

#[tokio::test]
async fn text_of_the_server_cannot_drive_the_terminal() {
    let api = FakeApi::start();
    api.on("GET", DEPLOYMENT, [Reply::refusal(403, "Forbidden\u{1b}[2J", "no\u{202e}\u{7}")]);
    let error = failure(&connect(&api)).await;
    assert_eq!(error, "Error from server (Forbidden\\u{1b}[2J): no\\u{202e}\\u{7}");
}

#[tokio::test]
async fn refusals_say_what_to_do_next() {
    let api = FakeApi::start();
    let message = "deployments.apps \"cart\" is forbidden: User \"tester\" cannot get it";
    api.on(
        "GET",
        DEPLOYMENT,
        [
            Reply::refusal(403, "Forbidden", message),
            Reply::refusal(401, "Unauthorized", "Unauthorized"),
            Reply::refusal(429, "TooManyRequests", "slow down").header("Retry-After", "86400"),
        ],
    );
    let kubeconfig = api.kubeconfig();
    let cluster = reach(&flags(&kubeconfig, "")).unwrap();
    let kubectl = format!("kubectl --kubeconfig {} --context fake", kubeconfig.display());
    for (line, hint) in [
        (
            format!("Error from server (Forbidden): {message}"),
            format!("check with {kubectl} auth can-i get deployments.apps -n shop"),
        ),
        (
            "error: You must be logged in to the server (Unauthorized)".to_owned(),
            format!("the credential may have expired: log in again, then check with {kubectl} auth whoami"),
        ),
        (
            "Error from server (TooManyRequests): slow down".to_owned(),
            format!("{} asks to wait 86400s", api.host()),
        ),
    ] {
        let error = get(&cluster).await.unwrap_err();
        assert_eq!((error.to_string(), error.hint().map(|hint| hint.to_string())), (line, Some(hint)));
    }
}

#[tokio::test]
async fn rbac_is_asked_with_an_access_review() {
    let api = FakeApi::start();
    let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    api.on("POST", path, [Reply::text(503, ""), Reply::json(&json!({ "status": { "allowed": true } }))]);
    let review = Review {
        namespace: "shop",
        verb: "patch",
        group: "apps",
        resource: "deployments",
        subresource: "",
        name: "",
    };
    assert!(connect(&api).access_review(review).await.unwrap());
    let asked = api.requests()[1].json();
    assert_eq!(asked["spec"]["resourceAttributes"]["verb"], "patch");
}

#[test]
fn request_timeout_is_as_in_kubectl() {
    let kubeconfig = std::path::Path::new("none");
    for (typed, expected) in
        [("--request-timeout 5", 5), ("--request-timeout=1m30s", 90), ("--request-timeout 0", 0)]
    {
        assert_eq!(flags(kubeconfig, typed).request_timeout, Some(SignedDuration::from_secs(expected)));
    }
}

#[tokio::test]
async fn credentials_of_the_kubeconfig_that_cannot_be_used_are_told_before_any_request() {
    for (user, expected) in [
        (
            "{token: \"a\\nb\"}",
            "error: invalid token for tester: it has characters that no HTTP header may have",
        ),
        (
            "{client-certificate: none.pem}",
            "error: unable to read client-certificate none.pem for tester due to: no such file or directory",
        ),
        (
            "{client-certificate-data: '***'}",
            "error: invalid client-certificate for tester: illegal base64 data",
        ),
        (
            "{client-certificate-data: YQ==}",
            "error: invalid client-key for tester: client-certificate and client-key must be specified together",
        ),
        (
            "{auth-provider: {name: gcp}}",
            "error: invalid auth-provider for tester: no Auth Provider found for name \"gcp\"; \
             use its credential plugin (exec)",
        ),
        (
            "{exec: {command: x}}",
            "error: invalid exec for tester: apiVersion \"\" is not one of \
             client.authentication.k8s.io/v1, client.authentication.k8s.io/v1beta1",
        ),
        (
            "{exec: {command: x, apiVersion: client.authentication.k8s.io/v1}}",
            "error: invalid exec for tester: interactiveMode must be specified",
        ),
    ] {
        let api = FakeApi::start();
        let kubeconfig = api.kubeconfig_with(user);
        let error = reach(&flags(&kubeconfig, "")).err().unwrap();
        let directory = format!("{}/", kubeconfig.parent().unwrap().display());
        assert_eq!(error.to_string().replace(&directory, ""), expected, "{user}");
        assert_eq!(error.exit_code(), 2);
        assert!(api.requests().is_empty());
    }
}
