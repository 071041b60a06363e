//! An entry of the ConfigMap `sk-history`: what is kept of an operation, as each writes it and a rollback reads it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::report::Outcome;

/// One operation that ended. Other versions read it and write it too: fields may be added, and keep their names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The plugin, as `sk-restart`.
    pub command: String,
    /// The pod that was replaced, where it was only one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod: Option<String>,
    /// The Deployment; none where a pod has none.
    pub deployment: Option<String>,
    /// Who did it.
    pub user: String,
    /// On which machine.
    #[serde(default)]
    pub host: String,
    /// Why, where that was said.
    pub reason: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// The template that it left; none where it was not about one.
    #[serde(flatten)]
    pub left: Option<Left>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
}

/// The template that an operation left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// Its digest.
    pub template: String,
    /// Whether it was seen to serve.
    #[serde(default)]
    pub verified: bool,
}

impl Entry {
    /// Reads the ConfigMap's `data`: what this Deployment's operations were, the oldest first. An entry that cannot be
    /// read says nothing.
    pub fn read(data: &Value, deployment: &str) -> Vec<Self> {
        let entries = data.as_object().into_iter().flat_map(Map::values);
        let mut entries: Vec<Self> = entries
            .filter_map(|entry| serde_json::from_str(entry.as_str()?).ok())
            .filter(|entry: &Self| entry.deployment.as_deref() == Some(deployment))
            .collect();
        entries.sort_by_key(|entry| entry.finished_at);
        entries
    }

    /// As it stands in the ConfigMap.
    pub fn written(&self) -> String {
        json!(self).to_string()
    }

    /// Whether it was begun while this was made.
    pub(crate) fn made(&self, at: Timestamp) -> bool {
        self.started_at.as_second() <= at.as_second() && at <= self.finished_at
    }

    /// Whether it left the template with this digest.
    pub(crate) fn has_left(&self, template: &str) -> bool {
        self.left.as_ref().is_some_and(|left| left.template == template)
    }

    /// Whether the template that it left was seen to serve.
    pub(crate) fn has_verified(&self) -> bool {
        self.left.as_ref().is_some_and(|left| left.verified)
    }
}

impl std::fmt::Display for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} by {} at {:.0}", self.command, self.user, self.finished_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::at;

    fn restarted() -> Entry {
        Entry {
            command: "sk-restart".to_owned(),
            pod: None,
            deployment: Some("web".to_owned()),
            user: "anna".to_owned(),
            host: "laptop".to_owned(),
            reason: Some("rotate certificates".to_owned()),
            outcome: Outcome::Failed,
            left: Some(Left { template: "d393bfcb89dd92af".to_owned(), verified: false }),
            started_at: at(0),
            finished_at: at(60),
        }
    }

    /// The entry with this field as somebody else wrote it.
    fn with(field: &str, value: Value) -> String {
        let mut entry = json!(restarted());
        entry[field] = value;
        entry.to_string()
    }

    #[test]
    fn what_is_no_entry_is_skipped_and_loses_nothing() {
        let entry = restarted();
        let data = json!({
            "a": "no json", "b": "{}", "c": 5, "d": null, "e": with("startedAt", json!("today")), "f": with("user", json!(7)),
            "g": with("deployment", json!("other")), "h": with("deployment", Value::Null),
            "i": entry.written(), "j": "[]", "k": &entry.written()[..40],
        });
        assert_eq!(Entry::read(&data, "web"), [entry]);
        assert_eq!(Entry::read(&Value::Null, "web"), []);
    }

    #[test]
    fn what_other_versions_write_is_read_as_far_as_it_is_known() {
        let later = with("outcome", json!("Postponed"));
        let data = json!({"a": with("soaked", json!("10m")), "b": later, "c": with("template", Value::Null)});
        let entries = Entry::read(&data, "web");
        let unknown = Entry { outcome: Outcome::Unknown, ..restarted() };
        assert_eq!(entries, [restarted(), unknown, Entry { left: None, ..restarted() }]);
    }

    #[test]
    fn an_entry_need_not_say_all() {
        let short = r#"{"command": "sk-restart", "deployment": "web", "user": "anna", "outcome": "Failed",
            "template": "d393bfcb89dd92af", "startedAt": "2026-11-21T22:26:40Z", "finishedAt": "2026-11-21T22:27:40Z"}"#;
        let entry = Entry { host: String::new(), reason: None, ..restarted() };
        assert_eq!(Entry::read(&json!({"a": short}), "web"), [entry]);
    }
}
