//! A refusal of the API server, worded as kubectl words it (`apimachinery/pkg/api/errors`).

use std::fmt;
use std::time::Duration;

use super::{Endpoint, Hint};
use sk_core::sanitize::{quoted, visible};

/// What was asked of the server, for errors and their hints.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attempt {
    /// RBAC's verb: `get`, `list`, `create`, `patch` …
    pub verb: &'static str,
    /// `deployments.apps`, `pods`.
    pub resource: String,
    /// The namespace asked in; empty where it is not known.
    pub namespace: String,
    /// The object, where there is one.
    pub name: Option<String>,
}

/// The server answered, and refused: a `metav1.Status`, or what a gateway in between said.
#[derive(Debug)]
pub struct Answer {
    /// Which server.
    pub endpoint: Endpoint,
    /// What was asked of it.
    pub attempt: Attempt,
    /// The HTTP status.
    pub code: u16,
    /// `Status.reason`, or the one that belongs to the code.
    pub reason: String,
    /// `Status.message`, or kubectl's for the code.
    pub message: String,
    /// Whether a Kubernetes API server said it, with a `Status`: then 404 means that this object is absent.
    pub from_api_server: bool,
    /// The `Retry-After` header.
    pub retry_after: Option<Duration>,
}

impl std::error::Error for Answer {}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = visible(&self.message);
        match self.code {
            401 => write!(f, "error: You must be logged in to the server ({message})"),
            _ => write!(f, "Error from server ({}): {message}", visible(&self.reason)),
        }
    }
}

impl Answer {
    /// The object is absent (not: the whole API is).
    pub fn is_not_found(&self) -> bool {
        self.code == 404 && self.from_api_server
    }

    /// Another write came first, or a `test` of a JSON patch did not hold.
    pub fn is_conflict(&self) -> bool {
        self.code == 409
    }

    /// RBAC withholds it.
    pub fn is_forbidden(&self) -> bool {
        self.code == 403
    }

    pub(super) fn hint(&self) -> Option<Hint> {
        let server = visible(&self.endpoint.server);
        let with = |words: &str, arguments: &str| Hint::with_command(words, self.endpoint.kubectl(arguments));
        Some(match self.code {
            401 => with("the credential may have expired: log in again, then check with", "auth whoami"),
            403 => with("check with", &self.can_i()),
            404 if self.from_api_server => with("see what there is with", &self.get()),
            404 => Hint::new(format!("is {server} a Kubernetes API server?")),
            429 => Hint::new(match self.retry_after {
                Some(wait) => format!("{server} asks to wait {}s", wait.as_secs()),
                None => "try again in a moment".to_owned(),
            }),
            500.. => with("ask how the server is with", "get --raw '/readyz?verbose'"),
            _ => return None,
        })
    }

    fn can_i(&self) -> String {
        format!("auth can-i {} {}{}", self.attempt.verb, self.attempt.resource, self.namespace())
    }

    fn get(&self) -> String {
        format!("get {}{}", self.attempt.resource, self.namespace())
    }

    fn namespace(&self) -> String {
        match self.attempt.namespace.as_str() {
            "" => String::new(),
            namespace => format!(" -n {}", quoted(namespace)),
        }
    }
}

impl Attempt {
    /// ` (get deployments.apps x)`, which kubectl adds where the server gave no message of its own.
    fn parenthesis(&self) -> String {
        match &self.name {
            Some(name) => format!(" ({} {} {name})", self.verb, self.resource),
            None => format!(" ({} {})", self.verb, self.resource),
        }
    }

    /// Reason and message for a status without a `metav1.Status` body, as client-go's `NewGenericServerResponse`.
    pub(crate) fn generic_answer(&self, code: u16, body: &str) -> (String, String) {
        let (reason, message) = match code {
            400 => ("BadRequest", "the server rejected our request for an unknown reason".to_owned()),
            401 => return ("Unauthorized".to_owned(), "Unauthorized".to_owned()),
            403 => ("Forbidden", "the server does not allow access to the requested resource".to_owned()),
            404 => ("NotFound", "the server could not find the requested resource".to_owned()),
            405 => ("MethodNotAllowed", "the server does not allow this method on the requested resource".to_owned()),
            409 => ("Conflict", "the server reported a conflict".to_owned()),
            422 => ("Invalid", "the server rejected our request due to an error in our request".to_owned()),
            429 => (
                "TooManyRequests",
                "the server has received too many requests and has asked us to try again later".to_owned(),
            ),
            503 => ("ServiceUnavailable", "the server is currently unable to handle the request".to_owned()),
            504 => (
                "Timeout",
                "the server was unable to return a response in the time allotted, but may still be processing the request"
                    .to_owned(),
            ),
            500.. => (
                "InternalError",
                format!("an error on the server ({body:?}) has prevented the request from succeeding"),
            ),
            _ => ("Unknown", format!("the server responded with the status code {code} but did not return more information")),
        };
        (reason.to_owned(), message + &self.parenthesis())
    }
}
