//! No answer from the API server, in the words of kubectl and of Go's `net` package.

use std::fmt;
use std::time::Duration;

use super::{Endpoint, Hint};
use sk_core::sanitize::visible;

/// No answer came back from the API server.
#[derive(Debug)]
pub struct Unreachable {
    /// Which server.
    pub endpoint: Endpoint,
    /// Why.
    pub cause: Cause,
    /// Whether the request may have reached the server all the same.
    pub may_have_been_sent: bool,
}

/// Why no answer came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Nothing listens there.
    Refused,
    /// DNS knows no such host.
    NoSuchHost,
    /// No connection within the time for one.
    ConnectTimeout,
    /// Connected, but no answer within `--request-timeout`.
    Deadline(Duration),
    /// The connection was closed before the answer.
    Eof,
    /// The connection was reset.
    Reset,
    /// The server's certificate is not accepted; the text is Go's, after `x509: `.
    Certificate(String),
    /// `https://` was asked of a plain HTTP server.
    NotTls,
    /// The proxy did not let it through.
    Proxy(String),
    /// Anything else.
    Other(String),
}

impl std::error::Error for Unreachable {}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let server = visible(&self.endpoint.server);
        let reason = match &self.cause {
            Cause::Refused if self.endpoint.proxy.is_none() => {
                return write!(
                    f,
                    "The connection to the server {server} was refused - did you specify the right host or port?"
                );
            }
            Cause::Refused => format!("{}connection refused", self.dialling()),
            Cause::NoSuchHost => format!("{}lookup {}: no such host", self.dialling(), host(self.dialled())),
            Cause::ConnectTimeout => format!("{}i/o timeout", self.dialling()),
            Cause::Deadline(limit) => {
                format!("context deadline exceeded: no answer from {server} in {limit:?}")
            }
            Cause::Eof => "EOF".to_owned(),
            Cause::Reset => format!("read tcp {server}: connection reset by peer"),
            Cause::Certificate(reason) => {
                format!("tls: failed to verify certificate: x509: {}", visible(reason))
            }
            Cause::NotTls => "http: server gave HTTP response to HTTPS client".to_owned(),
            Cause::Proxy(reason) => format!("proxyconnect tcp: {}", visible(reason)),
            Cause::Other(reason) => visible(reason),
        };
        write!(f, "Unable to connect to the server: {reason}")
    }
}

impl Unreachable {
    pub(super) fn hint(&self) -> Hint {
        let context =
            self.endpoint.context.as_deref().map_or(String::new(), |name| format!(" (context {name})"));
        let server = visible(&self.endpoint.server);
        if let Some(proxy) = &self.endpoint.proxy {
            return Hint::new(format!(
                "{server}{context} is reached through the proxy {proxy}; NO_PROXY exempts a server"
            ));
        }
        match &self.cause {
            Cause::Certificate(_) => Hint::new(format!(
                "the kubeconfig's certificate-authority must have signed the certificate of {server}{context}"
            )),
            Cause::NotTls => Hint::new(format!("give the server{context} as http://{server}")),
            Cause::Deadline(_) => {
                Hint::new(format!("a longer --request-timeout waits longer for {server}{context}"))
            }
            _ => {
                let question = format!("is {server}{context} up and reachable from here?");
                Hint::with_command(&question, self.endpoint.kubectl("cluster-info"))
            }
        }
    }

    /// What is dialled first: the proxy where there is one.
    fn dialled(&self) -> &str {
        self.endpoint.proxy.as_deref().unwrap_or(&self.endpoint.server)
    }

    /// Go's prefix for an error while dialling.
    fn dialling(&self) -> String {
        let proxy = if self.endpoint.proxy.is_some() { "proxyconnect tcp: " } else { "" };
        match self.cause {
            Cause::NoSuchHost => format!("{proxy}dial tcp: "),
            _ => format!("{proxy}dial tcp {}: ", visible(self.dialled())),
        }
    }
}

/// `host` of `host:port`.
fn host(authority: &str) -> String {
    visible(authority.rsplit_once(':').map_or(authority, |(host, _)| host))
}
