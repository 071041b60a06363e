//! What can go wrong with a credential plugin, in the words of client-go's `exec` authenticator.

use super::{Hint, io};

/// The kubeconfig's credential plugin gave no credential.
#[derive(Debug, thiserror::Error)]
#[error("exec: {problem}")]
pub struct CredentialError {
    /// The user of the kubeconfig whose plugin it is.
    pub user: String,
    /// What went wrong.
    pub problem: PluginProblem,
    /// `exec.installHint`, for a command that is missing.
    pub install_hint: Option<String>,
}

/// What a credential plugin did wrong.
#[derive(Debug, thiserror::Error)]
pub enum PluginProblem {
    /// There is no such command.
    #[error("executable {0} not found")]
    NotFound(String),
    /// It cannot be started.
    #[error("executable {command} failed to start: {}", io(reason))]
    Start {
        /// `exec.command`.
        command: String,
        /// Why not.
        reason: std::io::Error,
    },
    /// It failed; what it had to say went to stderr.
    #[error("executable {command} failed with {status}")]
    Failed {
        /// `exec.command`.
        command: String,
        /// `exit code 1`, or the signal.
        status: String,
    },
    /// Its output is no `ExecCredential` that can be used.
    #[error("executable {command}: {reason}")]
    Output {
        /// `exec.command`.
        command: String,
        /// What is wrong with it; never the output itself, it holds the credential.
        reason: String,
    },
    /// `interactiveMode: Always` without a terminal.
    #[error("plugin {0} cannot support interactive mode: standard input is not a terminal")]
    NeedsTerminal(String),
    /// A token file of the kubeconfig or of the pod cannot be read.
    #[error("unable to read tokenFile {path}: {}", io(reason))]
    TokenFile {
        /// The file.
        path: String,
        /// Why not.
        reason: std::io::Error,
    },
}

impl CredentialError {
    pub(super) fn hint(&self) -> Option<Hint> {
        let words = match &self.problem {
            PluginProblem::NotFound(command) => self.install_hint.clone().unwrap_or_else(|| {
                format!(
                    "{command} is the credential plugin of user {}; install it or put it on PATH",
                    self.user
                )
            }),
            PluginProblem::Failed { command, .. } => {
                format!("{command} logs user {} in; run it by hand to see why it fails", self.user)
            }
            _ => return None,
        };
        Some(Hint::new(words))
    }
}
