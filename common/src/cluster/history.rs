//! What is written down about an operation: an Event on the object, an entry in the ConfigMap `sk-history`.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sk_core::operation::{HISTORY, Record};

use super::deployment::{COMPONENT, EVENTS};
use super::{Cluster, Patch, Resource, WriteOptions};
use crate::error::{Error, WriteError};

pub(super) const CONFIG_MAPS: Resource =
    Resource { group: "", version: "v1", plural: "configmaps", kind: "ConfigMap" };

/// Operations that it holds.
const KEPT: usize = 50;

impl Cluster {
    /// Writes down what was done; returns what could not be written, and why.
    pub async fn record(&self, namespace: &str, record: &Record) -> Vec<String> {
        let (event, history) = futures::future::join(
            self.record_event(namespace, record),
            self.record_history(namespace, record),
        )
        .await;
        let failed =
            |what: &str, result: Result<(), WriteError>| result.err().map(|error| format!("{what}: {error}"));
        [failed("event", event), failed(HISTORY, history)].into_iter().flatten().collect()
    }

    /// In the form that `kubectl describe` shows.
    async fn record_event(&self, namespace: &str, record: &Record) -> Result<(), WriteError> {
        let name = record.about.name.as_deref().unwrap_or_default();
        let now = Timestamp::now();
        let event = json!({
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"generateName": format!("{name}."), "namespace": namespace},
            "involvedObject": record.about,
            "type": if record.warning { "Warning" } else { "Normal" },
            "reason": record.reason,
            "message": record.message,
            "action": record.action,
            "count": 1,
            "firstTimestamp": format!("{now:.0}"),
            "lastTimestamp": format!("{now:.0}"),
            "eventTime": format!("{now:.6}"),
            "source": {"component": COMPONENT},
            "reportingComponent": COMPONENT,
            "reportingInstance": COMPONENT,
        });
        self.create(&EVENTS, namespace, &event, OPTIONS).await.map(|_| ())
    }

    /// One key an operation: two operations that write at once do not meet. The ConfigMap is there as a rule, so it is
    /// not read before.
    async fn record_history(&self, namespace: &str, record: &Record) -> Result<(), WriteError> {
        let (operation, entry) = &record.history;
        let data = json!({operation: entry.written()});
        let written = match self.patch_history(namespace, &data).await {
            Err(WriteError::Rejected(Error::Answer(answer))) if answer.is_not_found() => {
                self.create_history(namespace, &data).await?
            }
            written => written?,
        };
        let superseded: Map<String, Value> =
            superseded(&written).map(|key| (key.to_owned(), Value::Null)).collect();
        if superseded.is_empty() {
            return Ok(());
        }
        self.patch_history(namespace, &Value::Object(superseded)).await.map(|_| ())
    }

    async fn patch_history(&self, namespace: &str, data: &Value) -> Result<Value, WriteError> {
        let patch = json!({"data": data});
        self.patch(&CONFIG_MAPS, namespace, HISTORY, Patch::Merge(&patch), OPTIONS).await
    }

    async fn create_history(&self, namespace: &str, data: &Value) -> Result<Value, WriteError> {
        let metadata = json!({"name": HISTORY, "namespace": namespace});
        let created = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data});
        match self.create(&CONFIG_MAPS, namespace, &created, OPTIONS).await {
            // Somebody else's first operation ended at the same time.
            Err(WriteError::Rejected(Error::Answer(answer))) if answer.is_conflict() => {
                self.patch_history(namespace, data).await
            }
            other => other,
        }
    }
}

const OPTIONS: WriteOptions<'static> = WriteOptions { field_manager: COMPONENT, dry_run: false };

/// The oldest of more entries than are kept: keys are ULIDs, so they sort by time.
fn superseded(history: &Value) -> impl Iterator<Item = &str> {
    let mut keys: Vec<&str> =
        history["data"].as_object().into_iter().flat_map(Map::keys).map(String::as_str).collect();
    keys.sort_unstable();
    let surplus = keys.len().saturating_sub(KEPT);
    keys.into_iter().take(surplus)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go() {
        let data: Map<String, Value> = (0..52).map(|number| (format!("{number:03}"), json!(""))).collect();
        assert_eq!(superseded(&json!({"data": data})).collect::<Vec<_>>(), ["000", "001"]);
        assert_eq!(superseded(&json!({"data": {"a": ""}})).count(), 0);
        assert_eq!(superseded(&Value::Null).count(), 0);
    }
}
