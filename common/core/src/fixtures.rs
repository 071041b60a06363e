//! Makers of objects for the tests: short to call, complete enough for the API's types.

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

use crate::catalogue::Catalogue;
use crate::checks::{Facts, Surroundings};
use crate::fact::Fact;
use crate::operation::{DryRun, Entry, Record, Request};
use crate::target::{Named, Scope, Target};
use crate::workload::{Deployment, ReplicaSet, Workload};

/// A fixed time that the tests count from.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_795_300_000 + seconds).unwrap()
}

/// `api-gateway` of the built-in catalogue.
pub(crate) fn target() -> Target {
    let catalogue = Catalogue::built_in().unwrap();
    let scope = Scope { namespace_flag: None, context_namespace: "default", connection: "" };
    Named::read("api-gateway", &catalogue).unwrap().within(scope, &catalogue)
}

/// A request to restart it.
pub(crate) fn request() -> Request {
    request_for(target())
}

/// A request of whatever target.
pub(crate) fn request_for<T>(target: T) -> Request<T> {
    Request {
        plugin: "sk-restart",
        operation: "01J00000000000000000000000".to_owned(),
        context: "kind-sk".to_owned(),
        target,
        user: "anna".to_owned(),
        flags: String::new(),
        reason: None,
        timeout: SignedDuration::from_mins(5),
        fail_after: SignedDuration::from_secs(30),
        soak: SignedDuration::ZERO,
        take_over: false,
        no_lock: true,
        host: "laptop".to_owned(),
        force: Vec::new(),
        dry_run: DryRun::None,
        field_manager: None,
        started_at: at(0),
    }
}

/// What `sk-history` says of a Deployment once this was written down.
pub(crate) fn read_back(record: &Record, deployment: &str) -> Vec<Entry> {
    let (operation, entry) = &record.history;
    Entry::read(&json!({operation: entry.written()}), deployment)
}

/// A Deployment of three pods with an old and perhaps a new `ReplicaSet`.
#[derive(Clone, Debug)]
pub(crate) struct Make {
    pub(crate) uid: &'static str,
    pub(crate) replicas: i32,
    pub(crate) paused: bool,
    pub(crate) strategy: Value,
    pub(crate) generation: i64,
    pub(crate) observed: i64,
    pub(crate) restarted_at: Option<String>,
    pub(crate) old: Vec<bool>,
    pub(crate) new: Vec<bool>,
    pub(crate) progressing: Value,
}

impl Default for Make {
    fn default() -> Self {
        let strategy =
            json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 1}});
        Self {
            uid: "d1",
            replicas: 3,
            paused: false,
            strategy,
            generation: 1,
            observed: 1,
            restarted_at: None,
            old: Vec::new(),
            new: vec![true; 3],
            progressing: json!({"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}),
        }
    }
}

impl Make {
    /// The workload, its counts as the controller would have them.
    pub(crate) fn workload(&self) -> Workload {
        let old = Self::pods("old", &self.old);
        let new = Self::pods("new", &self.new);
        let sets = vec![
            self.replica_set("old", &template(Some("earlier"))),
            self.replica_set("new", &self.template()),
        ];
        Workload::of(self.deployment(), sets, [old, new].concat(), Fact::Known(Vec::new()))
    }

    /// Its facts, with every verb granted.
    pub(crate) fn facts(&self) -> Facts {
        let access =
            crate::access::restart(false).into_iter().map(|access| (access, Fact::Known(true))).collect();
        Facts { workload: self.workload(), access, surroundings: Surroundings::empty() }
    }

    /// The Deployment alone.
    pub(crate) fn deployment(&self) -> Deployment {
        let ready = |pods: &[bool]| pods.iter().filter(|ready| **ready).count();
        let available = ready(&self.old) + ready(&self.new);
        Deployment::read(json!({
            "metadata": {"name": "api-gateway", "uid": self.uid, "generation": self.generation},
            "spec": {
                "replicas": self.replicas,
                "paused": self.paused,
                "strategy": self.strategy,
                "selector": {"matchLabels": {"app": "api-gateway"}},
                "template": self.template(),
            },
            "status": {
                "observedGeneration": self.observed,
                "replicas": self.old.len() + self.new.len(),
                "updatedReplicas": self.new.len(),
                "readyReplicas": available,
                "availableReplicas": available,
                "conditions": [self.progressing],
            }
        }))
        .unwrap()
    }

    fn template(&self) -> Value {
        template(self.restarted_at.as_deref())
    }

    fn replica_set(&self, name: &str, template: &Value) -> ReplicaSet {
        let mut template = template.clone();
        template["metadata"]["labels"]["pod-template-hash"] = json!(name);
        ReplicaSet::read(json!({
            "metadata": {"name": name, "uid": name, "ownerReferences": [owner("Deployment", "api-gateway", self.uid)]},
            "spec": {"selector": {}, "template": template},
        }))
        .unwrap()
    }

    fn pods(set: &str, ready: &[bool]) -> Vec<Pod> {
        ready.iter().enumerate().map(|(index, ready)| pod(&format!("{set}-{index}"), set, *ready)).collect()
    }
}

/// A running pod of a `ReplicaSet`.
pub(crate) fn pod(name: &str, set: &str, ready: bool) -> Pod {
    let status = if ready { "True" } else { "False" };
    serde_json::from_value(json!({
        "metadata": {"name": name, "creationTimestamp": at(0), "ownerReferences": [owner("ReplicaSet", set, set)]},
        "spec": {"nodeName": "node-1", "containers": [{"name": "app"}]},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": status}],
            "containerStatuses": [{
                "name": "app", "image": "", "imageID": "", "ready": ready, "restartCount": 0,
                "state": {"running": {"startedAt": at(0)}},
            }],
        }
    }))
    .unwrap()
}

fn owner(kind: &str, name: &str, uid: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": uid, "controller": true})
}

fn template(restarted_at: Option<&str>) -> Value {
    let mut template = json!({
        "metadata": {"labels": {"app": "api-gateway"}},
        "spec": {"containers": [{"name": "app", "image": "api-gateway:2.41.0"}]},
    });
    if let Some(value) = restarted_at {
        template["metadata"]["annotations"][crate::revision::RESTARTED_AT] = json!(value);
    }
    template
}
