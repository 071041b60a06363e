//! The words of errors, in tables.

use std::time::Duration;

use super::*;

fn endpoint(proxy: Option<&str>) -> Endpoint {
    Endpoint {
        context: Some("prod".to_owned()),
        flags: "--context prod".to_owned(),
        server: "api:6443".to_owned(),
        proxy: proxy.map(str::to_owned),
    }
}

fn unreachable(cause: Cause, proxy: Option<&str>) -> Error {
    Unreachable { endpoint: endpoint(proxy), cause, may_have_been_sent: false }.into()
}

#[test]
fn no_answer_is_worded_as_kubectl_and_go_word_it() {
    for (cause, direct, proxied) in [
        (
            Cause::NoSuchHost,
            "dial tcp: lookup api: no such host",
            "proxyconnect tcp: dial tcp: lookup jump: no such host",
        ),
        (
            Cause::ConnectTimeout,
            "dial tcp api:6443: i/o timeout",
            "proxyconnect tcp: dial tcp jump:3128: i/o timeout",
        ),
        (Cause::Eof, "EOF", "EOF"),
        (
            Cause::Reset,
            "read tcp api:6443: connection reset by peer",
            "read tcp api:6443: connection reset by peer",
        ),
    ] {
        for (proxy, words) in [(None, direct), (Some("jump:3128"), proxied)] {
            let error = unreachable(cause.clone(), proxy);
            assert_eq!(error.to_string(), format!("Unable to connect to the server: {words}"));
            assert_eq!(error.exit_code(), 3);
        }
    }
    let refused = "Unable to connect to the server: proxyconnect tcp: dial tcp jump:3128: connection refused";
    assert_eq!(unreachable(Cause::Refused, Some("jump:3128")).to_string(), refused);
}

#[test]
fn hints_name_the_server_and_what_to_type() {
    for (cause, proxy, hint) in [
        (
            Cause::Refused,
            None,
            "is api:6443 (context prod) up and reachable from here? kubectl --context prod cluster-info",
        ),
        (
            Cause::Refused,
            Some("jump:3128"),
            "api:6443 (context prod) is reached through the proxy jump:3128; NO_PROXY exempts a server",
        ),
        (
            Cause::Certificate("x".to_owned()),
            None,
            "the kubeconfig's certificate-authority must have signed the certificate of api:6443 (context prod)",
        ),
        (Cause::NotTls, None, "give the server (context prod) as http://api:6443"),
        (
            Cause::Deadline(Duration::from_secs(10)),
            None,
            "a longer --request-timeout waits longer for api:6443 (context prod)",
        ),
    ] {
        assert_eq!(unreachable(cause, proxy).hint().map(|hint| hint.to_string()).as_deref(), Some(hint));
    }
}

#[test]
fn an_answer_without_a_status_gets_the_words_of_client_go() {
    let attempt =
        Attempt { verb: "get", resource: "pods".to_owned(), namespace: "shop".to_owned(), name: None };
    for (code, reason, words) in [
        (400, "BadRequest", "the server rejected our request for an unknown reason (get pods)"),
        (404, "NotFound", "the server could not find the requested resource (get pods)"),
        (
            418,
            "Unknown",
            "the server responded with the status code 418 but did not return more information (get pods)",
        ),
        (503, "ServiceUnavailable", "the server is currently unable to handle the request (get pods)"),
        (
            502,
            "InternalError",
            "an error on the server (\"<p>\") has prevented the request from succeeding (get pods)",
        ),
    ] {
        assert_eq!(attempt.generic_answer(code, "<p>"), (reason.to_owned(), words.to_owned()));
    }
}
