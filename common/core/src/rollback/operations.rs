//! What the ConfigMap `sk-history` says of a Deployment: its last operations, and which templates they verified.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// One operation that ended.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    /// The plugin, as `sk-restart`.
    pub command: String,
    deployment: String,
    /// Who did it.
    pub user: String,
    /// Why, where that was said.
    #[serde(default)]
    pub reason: Option<String>,
    /// How it ended, in the report's words.
    pub outcome: String,
    /// Digest of the template that it left.
    pub template: String,
    /// Whether that template was seen to serve.
    #[serde(default)]
    pub verified: bool,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
}

impl Operation {
    /// Reads the ConfigMap's `data`: what this Deployment's operations were, the oldest first. An entry that cannot be
    /// read says nothing.
    pub fn read(data: &Value, deployment: &str) -> Vec<Self> {
        let entries = data.as_object().into_iter().flat_map(serde_json::Map::values);
        let mut operations: Vec<Self> = entries
            .filter_map(|entry| serde_json::from_str(entry.as_str()?).ok())
            .filter(|operation: &Self| operation.deployment == deployment)
            .collect();
        operations.sort_by_key(|operation| operation.finished_at);
        operations
    }

    /// Whether it was begun while this was made.
    pub(super) fn made(&self, at: Timestamp) -> bool {
        self.started_at.as_second() <= at.as_second() && at <= self.finished_at
    }
}

impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} by {} at {:.0}", self.command, self.user, self.finished_at)
    }
}
