//! What a command found: one cause, its evidence, and what to type next.

use serde::Serialize;

/// How bad a finding is. Only `Error` makes a diagnosis exit 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something does not work.
    Error,
    /// Something will not work for long, or was not as it should be.
    Warning,
    /// Good to know.
    Info,
}

/// One cause, named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// `family/cause`, stable once released.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// `kind/name` of the object it was seen on.
    pub object: String,
    /// One sentence that names the cause.
    pub summary: String,
    /// Field paths with their values, as read.
    pub evidence: Vec<String>,
    /// Commands to type next.
    pub next: Vec<String>,
}

impl Finding {
    /// A finding of severity `error`.
    pub fn error(code: &str, object: impl Into<String>, summary: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            severity: Severity::Error,
            object: object.into(),
            summary: summary.into(),
            evidence: Vec::new(),
            next: Vec::new(),
        }
    }

    /// The same, as a warning.
    #[must_use]
    pub fn warning(self) -> Self {
        Self { severity: Severity::Warning, ..self }
    }

    /// The same, with a line of evidence.
    #[must_use]
    pub fn seen(mut self, evidence: impl Into<String>) -> Self {
        self.evidence.push(evidence.into());
        self
    }

    /// The same, with a command to type next.
    #[must_use]
    pub fn next(mut self, command: impl Into<String>) -> Self {
        self.next.push(command.into());
        self
    }
}
