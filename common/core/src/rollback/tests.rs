//! Histories as clusters keep them, and what is chosen of them.

mod choices;
mod same;

use serde_json::{Value, json};

use super::*;
use crate::fact::Fact;
use crate::fixtures::at;
use crate::operation::Entry;
use crate::workload::{Deployment, ReplicaSet, Workload};

/// A Deployment whose `ReplicaSet`s are these; the last is the present one.
#[derive(Clone, Debug, Default)]
struct Web {
    sets: Vec<Value>,
    pods: Vec<Value>,
    operations: Vec<Entry>,
    unread: bool,
}

fn template(image: &str, restarted: Option<i64>) -> Value {
    let mut template = json!({
        "metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [{"name": "app", "image": image}]},
    });
    if let Some(seconds) = restarted {
        template["metadata"]["annotations"] = json!({crate::revision::RESTARTED_AT: at(seconds).to_string()});
    }
    template
}

fn owner(kind: &str, uid: &str) -> Value {
    json!([{"apiVersion": "apps/v1", "kind": kind, "name": uid, "uid": uid, "controller": true}])
}

impl Web {
    /// A revision of this number with this image, made at this time.
    fn rolled(self, number: i64, image: &str, seconds: i64) -> Self {
        self.with(number, template(image, None), seconds)
    }

    /// A restart of that image.
    fn restarted(self, number: i64, image: &str, seconds: i64) -> Self {
        self.with(number, template(image, Some(seconds)), seconds)
    }

    fn with(mut self, number: i64, mut template: Value, seconds: i64) -> Self {
        let name = format!("web-{number}");
        template["metadata"]["labels"]["pod-template-hash"] = json!(name);
        self.sets.push(json!({
            "metadata": {"name": name, "uid": name, "creationTimestamp": at(seconds), "ownerReferences": owner("Deployment", "d"),
                "annotations": {"deployment.kubernetes.io/revision": number.to_string()}},
            "spec": {"selector": {}, "template": template},
        }));
        self
    }

    /// The same with an annotation on the last `ReplicaSet`.
    fn noted(mut self, key: &str, value: &str) -> Self {
        if let Some(set) = self.sets.last_mut() {
            set["metadata"]["annotations"][key] = json!(value);
        }
        self
    }

    /// A pod of the `ReplicaSet` that was made with this number, made at this time.
    fn pod(mut self, number: i64, seconds: i64, ready: bool) -> Self {
        let name = format!("web-{number}-{}", self.pods.len());
        let status = if ready { "True" } else { "False" };
        self.pods.push(json!({
            "metadata": {"name": name, "creationTimestamp": at(seconds), "ownerReferences": owner("ReplicaSet", &format!("web-{number}"))},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": status, "lastTransitionTime": at(seconds + 5)}]},
        }));
        self
    }

    /// The same, restarted twice.
    fn restarting(self, number: i64, seconds: i64) -> Self {
        let mut web = self.pod(number, seconds, false);
        if let Some(pod) = web.pods.last_mut() {
            pod["status"]["containerStatuses"] =
                json!([{"name": "app", "image": "", "imageID": "", "ready": false, "restartCount": 2}]);
        }
        web
    }

    /// An operation on that image that ended so at this time.
    fn operation(mut self, image: &str, outcome: &str, verified: bool, seconds: i64) -> Self {
        let entry = json!({
            "command": "sk-restart", "deployment": "web", "user": "anna", "outcome": outcome, "verified": verified,
            "template": crate::revision::hash(&template(image, None)), "startedAt": at(seconds - 10), "finishedAt": at(seconds),
        });
        self.operations.extend(Entry::read(&json!({"01": entry.to_string()}), "web"));
        self
    }

    fn workload(&self) -> Workload {
        let last = self.sets.last().map(|set| crate::revision::without_hash(&set["spec"]["template"]));
        let deployment = Deployment::read(json!({
            "metadata": {"name": "web", "uid": "d", "generation": 4},
            "spec": {"replicas": 3, "selector": {}, "template": last.unwrap_or_default()},
        }))
        .unwrap();
        let sets = self.sets.iter().map(|set| ReplicaSet::read(set.clone()).unwrap()).collect();
        let pods = self.pods.iter().map(|pod| serde_json::from_value(pod.clone()).unwrap()).collect();
        Workload::of(deployment, sets, pods, Fact::Known(Vec::new()))
    }

    fn history(&self, now: i64) -> History {
        let operations = if self.unread {
            Fact::Unavailable("configmaps is forbidden".to_owned())
        } else {
            Fact::Known(self.operations.clone())
        };
        History::of(&self.workload(), &operations, at(now))
    }
}

const HOUR: i64 = 3_600;

#[test]
fn a_cause_is_that_of_the_revision_which_brought_it() {
    let key = crate::revision::CHANGE_CAUSE;
    let web = Web::default().rolled(1, "web:1", 0).noted(key, "release 1");
    let web = web.rolled(2, "web:2", 60).noted(key, "hotfix").rolled(3, "web:3", 120).noted(key, "hotfix");
    let causes: Vec<_> = web.history(180).revisions.into_iter().map(|revision| revision.cause).collect();
    assert_eq!(causes, [None, Some("hotfix".to_owned()), Some("release 1".to_owned())]);
}

/// v1 served, then v2, then v3 whose rollout hangs as v2's did: v1's pods are all still there.
fn hanging() -> Web {
    let web = Web::default().rolled(1, "web:1", 0).rolled(2, "web:2", HOUR).rolled(3, "web:3", HOUR + 1_200);
    web.pod(1, 3, true).pod(1, 4, true).pod(1, 5, true).pod(3, HOUR + 1_201, false)
}
