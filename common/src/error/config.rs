//! What can be wrong with a kubeconfig and the flags that override it.

use std::path::PathBuf;

use super::{Hint, io};
use sk_core::sanitize::visible;

/// The kubeconfig, or a flag that overrides it, is wrong.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// `--kubeconfig` names a file that cannot be read, or one of KUBECONFIG exists and cannot.
    #[error("error loading config file {path:?}: {}", io(reason))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: std::io::Error,
    },
    /// A file is not a kubeconfig.
    #[error("error loading config file {path:?}: line {line}, column {column}: {reason}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// From 1; 0 where the parser does not say.
        line: u64,
        /// From 1; 0 where the parser does not say.
        column: u64,
        /// Why not; never a value of the file, it could be a secret.
        reason: String,
    },
    /// No file, no `--server`, and no pod around.
    #[error("no kubeconfig found: {} missing or empty, and this is no pod of a cluster", listed(searched))]
    Missing {
        /// Where it was looked for.
        searched: Vec<PathBuf>,
    },
    /// Neither `current-context` nor `--context`.
    #[error("current-context is not set")]
    NoCurrentContext {
        /// The contexts there are.
        existing: Vec<String>,
    },
    /// The kubeconfig has no such entry.
    #[error("{kind} {name:?} does not exist")]
    Unknown {
        /// `context`, `cluster` or `auth info`, as kubectl calls them.
        kind: &'static str,
        /// What was asked for.
        name: String,
        /// What there is.
        existing: Vec<String>,
    },
    /// A cluster without `server`.
    #[error("no server found for cluster {cluster:?}")]
    NoServer {
        /// Its name.
        cluster: String,
    },
    /// A URL is none.
    #[error("invalid {field} {value:?}: {reason}")]
    Address {
        /// Where it stands: `server`, `proxy-url`, `HTTPS_PROXY`.
        field: &'static str,
        /// The URL, without credentials.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A file that the kubeconfig or a flag names cannot be read.
    #[error("unable to read {field} {} for {owner} due to: {}", path.display(), io(reason))]
    File {
        /// The kubeconfig's key, such as `certificate-authority`.
        field: &'static str,
        /// The cluster or user it belongs to.
        owner: String,
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: std::io::Error,
    },
    /// A value cannot be what it should be. The value itself is not shown: it may be a secret.
    #[error("invalid {field} for {owner}: {reason}")]
    Value {
        /// The kubeconfig's key, such as `client-key-data`.
        field: &'static str,
        /// The cluster or user it belongs to.
        owner: String,
        /// What is wrong with it.
        reason: String,
    },
    /// `--as-group` or `--as-uid` without `--as`.
    #[error("requesting uid, groups or user-extra for {user} without impersonating a user")]
    ImpersonatesNobody {
        /// The user of the context.
        user: String,
    },
}

impl ConfigError {
    pub(super) fn hint(&self) -> Option<Hint> {
        let words = match self {
            Self::Missing { .. } => {
                "name one with --kubeconfig or KUBECONFIG, or an API server with --server".to_owned()
            }
            Self::NoCurrentContext { existing } => format!("choose one with --context: {}", names(existing)),
            Self::Unknown { existing, .. } => format!("the kubeconfig has: {}", names(existing)),
            Self::ImpersonatesNobody { .. } => "add --as USER".to_owned(),
            _ => return None,
        };
        Some(Hint::new(words))
    }
}

fn names(existing: &[String]) -> String {
    if existing.is_empty() {
        return "none".to_owned();
    }
    visible(&existing.join(", "))
}

fn listed(paths: &[PathBuf]) -> String {
    let paths: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    match paths.as_slice() {
        [] => "no home directory; KUBECONFIG is".to_owned(),
        [one] => format!("{one} is"),
        _ => format!("{} are", paths.join(", ")),
    }
}
