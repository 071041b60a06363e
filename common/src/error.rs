//! Every error in words: kubectl's own form where kubectl has one, and what to do next.
//!
//! The variants carry data; nothing here prints. Text that came from a server is made visible
//! (no control or bidi characters) as it is worded, so an error is safe for a terminal.

mod answer;
mod catalogue;
mod config;
mod credential;
mod hint;
mod unreachable;

pub use answer::{Answer, Attempt};
pub use catalogue::CatalogueError;
pub use config::ConfigError;
pub use credential::{CredentialError, PluginProblem};
pub use hint::Hint;
pub use unreachable::{Cause, Unreachable};

use sk_core::finding::Finding;
use sk_core::sanitize::visible;
use sk_core::target::Unresolved;

use crate::exit;

/// Why something could not be done. `Display` is the line for the user, [`Error::hint`] what to do next.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line is wrong; `see` is the command whose help tells more.
    #[error("error: {message}")]
    Usage {
        /// What is wrong with it, without `error:`.
        message: String,
        /// The command to ask for `--help`, such as `kubectl sk-restart`.
        see: String,
    },
    /// The kubeconfig, or a flag that overrides it, is wrong. Nothing was contacted.
    #[error("error: {0}")]
    Config(#[from] ConfigError),
    /// The catalogue of services is wrong. Nothing was contacted.
    #[error("error: {0}")]
    Catalogue(#[from] CatalogueError),
    /// The kubeconfig's credential plugin gave no credential.
    #[error("Unable to connect to the server: getting credentials: {0}")]
    Credential(#[from] CredentialError),
    /// No answer came back.
    #[error("{0}")]
    Unreachable(Box<Unreachable>),
    /// The server answered, and refused.
    #[error("{0}")]
    Answer(Box<Answer>),
    /// The server sent an object that cannot be read.
    #[error("error: {}", visible(&.0.to_string()))]
    Malformed(#[from] sk_core::workload::Malformed),
    /// TARGET names nothing. Nothing was contacted.
    #[error("error: {0}")]
    Target(#[from] Unresolved),
    /// The operating system withholds what every process needs, such as signals.
    #[error("error: {}", io(.0))]
    System(#[from] std::io::Error),
}

impl Error {
    /// What to do next, with the real context or server in it; commands can be pasted.
    pub fn hint(&self) -> Option<Hint> {
        match self {
            Self::Usage { see, .. } => {
                let command = format!("{see} --help");
                Some(Hint::new(format!("see '{command}' for usage")).command(command))
            }
            Self::Config(error) => error.hint(),
            Self::Target(error) => target_hint(error),
            Self::Catalogue(_) | Self::Malformed(_) | Self::System(_) => None,
            Self::Credential(error) => error.hint(),
            Self::Unreachable(error) => Some(error.hint()),
            Self::Answer(answer) => answer.hint(),
        }
    }

    /// The finding that a report holds instead of the words on stderr.
    pub fn finding(&self, object: &str) -> Finding {
        let code = match self {
            Self::Usage { .. } => "input/usage",
            Self::Config(_) => "input/kubeconfig",
            Self::Catalogue(_) => "input/catalogue",
            Self::Target(_) => "input/target",
            Self::Answer(answer) if answer.is_not_found() => "target/not-found",
            Self::Answer(answer) if answer.is_forbidden() => "check/access",
            Self::Answer(_) => "api/refused",
            Self::Credential(_) => "api/credential",
            Self::Unreachable(_) | Self::Malformed(_) => "api/unreachable",
            Self::System(_) => "system/refused",
        };
        let words = self.to_string();
        let words = words.strip_prefix("error: ").unwrap_or(&words);
        let Some(hint) = self.hint() else { return Finding::error(code, object, words) };
        let finding = Finding::error(code, object, format!("{words}; {hint}"));
        match hint.to_paste() {
            Some(command) => finding.next(command),
            None => finding,
        }
    }

    /// The exit code while nothing has been changed yet; after the first change the operation decides.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage { .. } | Self::Config(_) | Self::Catalogue(_) | Self::Target(_) => exit::WRONG_INPUT,
            Self::Credential(_)
            | Self::Unreachable(_)
            | Self::Answer(_)
            | Self::Malformed(_)
            | Self::System(_) => exit::NOT_STARTED,
        }
    }

    /// Whether the same request may succeed a moment later.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Answer(answer) => matches!(answer.code, 410 | 429 | 500..),
            Self::Unreachable(unreachable) => matches!(unreachable.cause, Cause::Reset | Cause::Eof),
            _ => false,
        }
    }

    /// The server's refusal, when that is what it is.
    pub fn answer(&self) -> Option<&Answer> {
        match self {
            Self::Answer(answer) => Some(answer),
            _ => None,
        }
    }
}

fn target_hint(error: &Unresolved) -> Option<Hint> {
    let Unresolved::Service { nearest, .. } = error else { return None };
    let meant = nearest.as_ref().map(|nearest| format!("did you mean {nearest}? ")).unwrap_or_default();
    Some(Hint::new(format!("{meant}--list-services lists them all; any other is deployment/NAME")))
}

impl From<Unreachable> for Error {
    fn from(error: Unreachable) -> Self {
        Self::Unreachable(Box::new(error))
    }
}

impl From<Answer> for Error {
    fn from(answer: Answer) -> Self {
        Self::Answer(Box::new(answer))
    }
}

/// What became of a write that did not succeed.
///
/// A write is never repeated blindly: after [`WriteError::Ambiguous`] the caller reads back and decides.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The server refused: nothing was written.
    #[error(transparent)]
    Rejected(Error),
    /// It never left this machine (connection refused, DNS, TLS, log-in): nothing was written.
    #[error(transparent)]
    NotSent(Error),
    /// The answer was lost, or a 5xx: it may or may not have been written.
    #[error(transparent)]
    Ambiguous(Error),
}

impl WriteError {
    /// The error itself, whatever became of the write.
    pub fn error(&self) -> &Error {
        match self {
            Self::Rejected(error) | Self::NotSent(error) | Self::Ambiguous(error) => error,
        }
    }
}

impl From<Error> for WriteError {
    fn from(error: Error) -> Self {
        match &error {
            Error::Answer(answer) if answer.code >= 500 => Self::Ambiguous(error),
            Error::Answer(_) => Self::Rejected(error),
            Error::Unreachable(unreachable) if unreachable.may_have_been_sent => Self::Ambiguous(error),
            _ => Self::NotSent(error),
        }
    }
}

/// Which cluster an error is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoint {
    /// The kubeconfig context; none in a pod or with only `--server`.
    pub context: Option<String>,
    /// The connection flags that kubectl needs to reach it too, for commands to paste.
    pub flags: String,
    /// `host:port`, without any credentials the URL may hold.
    pub server: String,
    /// The proxy in between, as `host:port`.
    pub proxy: Option<String>,
}

impl Endpoint {
    /// `kubectl ARGUMENTS` for this cluster, to paste.
    fn kubectl(&self, arguments: &str) -> String {
        match self.flags.as_str() {
            "" => format!("kubectl {arguments}"),
            flags => format!("kubectl {flags} {arguments}"),
        }
    }
}

/// An I/O error in Go's words, which carry no `(os error 2)`.
fn io(error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::NotFound => "no such file or directory".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        ErrorKind::IsADirectory => "is a directory".to_owned(),
        ErrorKind::InvalidData => "not UTF-8 text".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests;
