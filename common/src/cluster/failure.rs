//! From the errors of kube, hyper, rustls and the system to a cause that users know.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use kube::core::Status;
use rustls::CertificateError;

use crate::error::{Answer, Attempt, Cause, Endpoint, Error, Unreachable};

/// A request of which no answer came, though it may have reached the server.
pub(crate) fn after_sending(cause: Cause, endpoint: &Endpoint) -> Error {
    Unreachable { endpoint: endpoint.clone(), cause, may_have_been_sent: true }.into()
}

/// A request that never left.
pub(crate) fn before_sending(cause: Cause, endpoint: &Endpoint) -> Error {
    Unreachable { endpoint: endpoint.clone(), cause, may_have_been_sent: false }.into()
}

/// What a failed request failed of.
pub(crate) fn classify(error: kube::Error, endpoint: &Endpoint) -> Error {
    // Our own transport's, passed through kube's client.
    let error = match error {
        kube::Error::Service(inner) => match inner.downcast::<Error>() {
            Ok(own) => return *own,
            Err(inner) => kube::Error::Service(inner),
        },
        error => error,
    };
    let cause = chain(&error).find_map(cause).unwrap_or_else(|| Cause::Other(innermost(&error)));
    let connecting = chain(&error)
        .filter_map(|error| error.downcast_ref::<hyper_util::client::legacy::Error>())
        .any(hyper_util::client::legacy::Error::is_connect);
    let cause = if connecting { while_connecting(cause, endpoint) } else { cause };
    Unreachable { endpoint: endpoint.clone(), cause, may_have_been_sent: !connecting }.into()
}

/// The reason that kube gives to an answer that is no `metav1.Status`; its text is then the message.
const NO_STATUS: &str = "Failed to parse error data";

/// A refusal that kube read.
pub(crate) fn refusal(status: Status, attempt: Attempt, endpoint: &Endpoint) -> Error {
    let from_api_server = status.reason != NO_STATUS;
    let (reason, message) = if from_api_server {
        (status.reason, status.message)
    } else {
        attempt.generic_answer(status.code, &status.message)
    };
    let seconds = status.details.map_or(0, |details| details.retry_after_seconds);
    let retry_after = (seconds > 0).then(|| Duration::from_secs(seconds.into()));
    Answer {
        endpoint: endpoint.clone(),
        attempt,
        code: status.code,
        reason,
        message,
        from_api_server,
        retry_after,
    }
    .into()
}

/// While connecting, silence is no connection, and what no one can name is the proxy's.
fn while_connecting(cause: Cause, endpoint: &Endpoint) -> Cause {
    match cause {
        Cause::Other(reason) if endpoint.proxy.is_some() => Cause::Proxy(reason),
        cause => cause,
    }
}

/// The errors from the outermost in. An `io::Error` may wrap one that its `source` skips.
fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| {
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner as &(dyn StdError + 'static)),
            None => error.source(),
        }
    })
}

fn innermost(error: &(dyn StdError + 'static)) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}

fn cause(error: &(dyn StdError + 'static)) -> Option<Cause> {
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return tls(error);
    }
    if let Some(error) = error.downcast_ref::<hyper::Error>() {
        return (error.is_incomplete_message() || error.is_closed()).then_some(Cause::Eof);
    }
    let error = error.downcast_ref::<io::Error>()?;
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Some(Cause::Refused),
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => Some(Cause::Reset),
        io::ErrorKind::TimedOut => Some(Cause::ConnectTimeout),
        io::ErrorKind::UnexpectedEof => Some(Cause::Eof),
        // getaddrinfo's, which std gives no kind.
        _ if error.to_string().starts_with("failed to lookup address information") => Some(Cause::NoSuchHost),
        _ => None,
    }
}

fn tls(error: &rustls::Error) -> Option<Cause> {
    match error {
        rustls::Error::InvalidCertificate(error) => Some(Cause::Certificate(certificate(error))),
        rustls::Error::InvalidMessage(_) => Some(Cause::NotTls),
        _ => None,
    }
}

/// In the words of Go's `crypto/x509`.
fn certificate(error: &CertificateError) -> String {
    match error {
        CertificateError::UnknownIssuer => "certificate signed by unknown authority".to_owned(),
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => {
            format!("certificate has expired or is not yet valid: {error}")
        }
        CertificateError::NotValidForNameContext { expected, presented } => {
            let presented: Vec<&str> = presented.iter().map(|name| bare(name)).collect();
            format!("certificate is valid for {}, not {}", presented.join(", "), expected.to_str())
        }
        error => error.to_string(),
    }
}

/// `cluster.test` of rustls' `DnsName("cluster.test")`.
fn bare(name: &str) -> &str {
    let inner = name.split_once('(').map_or(name, |(_, inner)| inner.trim_end_matches(')'));
    inner.trim_matches('"')
}
