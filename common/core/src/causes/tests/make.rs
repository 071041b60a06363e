//! Makers of workloads: a Deployment `web`, its pods, events and logs.

use serde_json::{Value, json};

use super::Case;
use crate::causes::{Answer, Asked, Need, Needed};
use crate::fact::Fact;
use crate::fixtures::at;
use crate::verify::Health;

const REPLICA_SET: &str = "web-6f9c7d5b8";

/// A Deployment `web` with pods of its present template, and perhaps of an older one.
#[derive(Clone, Debug)]
pub(super) struct Make {
    deployment: Value,
    sets: Vec<Value>,
    pods: Vec<Value>,
    events: Vec<Value>,
    logs: Vec<(String, String)>,
    answers: Vec<(Need, Answer)>,
    needed: Needed,
    now: i64,
}

pub(super) fn web() -> Make {
    let deployment = json!({
        "metadata": {"name": "web", "uid": "d", "generation": 2},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": "web"}},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "template": {
                "metadata": {"labels": {"app": "web"}, "annotations": {"kubectl.kubernetes.io/restartedAt": "now"}},
                "spec": {"containers": [{"name": "app", "image": "registry.example.com/web:7"}]},
            },
        },
        "status": {"observedGeneration": 2, "conditions": []},
    });
    Make {
        deployment,
        sets: vec![set(REPLICA_SET, &Value::Null)],
        pods: vec![],
        events: vec![],
        logs: vec![],
        answers: vec![],
        needed: Needed::default(),
        now: 120,
    }
}

fn set(name: &str, template: &Value) -> Value {
    let owner =
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "d", "controller": true});
    json!({"metadata": {"name": name, "uid": name, "ownerReferences": [owner]}, "spec": {"template": template}})
}

/// Lays a JSON merge patch (RFC 7386) over a value.
fn merge(value: &mut Value, patch: &Value) {
    let (Some(fields), Some(patch)) = (value.as_object_mut(), patch.as_object()) else {
        *value = patch.clone();
        return;
    };
    for (key, patch) in patch {
        if patch.is_null() {
            fields.remove(key);
        } else {
            merge(fields.entry(key.clone()).or_insert(json!({})), patch);
        }
    }
}

impl Make {
    /// A pod of the present template, patched.
    pub(super) fn pod(self, patch: &Value) -> Self {
        self.pod_of(REPLICA_SET, patch)
    }

    /// A pod of this `ReplicaSet`, patched.
    pub(super) fn pod_of(mut self, set: &str, patch: &Value) -> Self {
        let name = format!("{set}-p{}", self.pods.len());
        let hash = set.rsplit('-').next();
        let mut pod = json!({
            "metadata": {
                "name": name, "uid": name, "creationTimestamp": at(0),
                "labels": {"app": "web", "pod-template-hash": hash},
                "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": set, "uid": set, "controller": true}],
            },
            "spec": {
                "nodeName": "node-1", "restartPolicy": "Always",
                "containers": [{"name": "app", "image": "registry.example.com/web:7"}],
            },
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}]},
        });
        merge(&mut pod, patch);
        self.pods.push(pod);
        self
    }

    /// An older `ReplicaSet` with this template, and a ready pod of it.
    pub(super) fn older(mut self, template: &Value) -> Self {
        self.sets.push(set("web-old", template));
        self.pod_of("web-old", &ready())
    }

    /// A change to the Deployment.
    pub(super) fn deployment(mut self, patch: &Value) -> Self {
        merge(&mut self.deployment, patch);
        self
    }

    /// An event on the newest pod: about its container `app` where that is who it concerns.
    pub(super) fn event(
        mut self,
        of: &str,
        reason: &str,
        message: &str,
        count: u32,
        seconds: [i64; 2],
    ) -> Self {
        let uid = format!("{REPLICA_SET}-p{}", self.pods.len() - 1);
        let path = (!of.is_empty()).then(|| format!("spec.containers{{{of}}}"));
        self.events.push(json!({
            "metadata": {}, "involvedObject": {"kind": "Pod", "uid": uid, "fieldPath": path},
            "type": "Warning", "reason": reason, "message": message, "count": count,
            "firstTimestamp": at(seconds[0]), "lastTimestamp": at(seconds[1]),
        }));
        self
    }

    /// An event on the present `ReplicaSet`.
    pub(super) fn refused(mut self, message: &str) -> Self {
        self.events.push(json!({
            "metadata": {}, "involvedObject": {"kind": "ReplicaSet", "uid": REPLICA_SET},
            "type": "Warning", "reason": "FailedCreate", "message": format!("Error creating: {message}"), "count": 9,
            "firstTimestamp": at(0), "lastTimestamp": at(60),
        }));
        self.condition(&json!({"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": message}))
    }

    /// A condition of the Deployment.
    pub(super) fn condition(mut self, condition: &Value) -> Self {
        self.deployment["status"]["conditions"].as_array_mut().unwrap().push(condition.clone());
        self
    }

    /// The log of the newest pod's previous run.
    pub(super) fn log(mut self, text: &str) -> Self {
        self.logs.push((format!("{REPLICA_SET}-p{}", self.pods.len() - 1), text.to_owned()));
        self
    }

    /// What was fetched because a rule asked for it.
    pub(super) fn answer(mut self, need: Need, answer: Answer) -> Self {
        self.answers.push((need, answer));
        self
    }

    /// All nodes of the cluster.
    pub(super) fn nodes(self, nodes: &[Value]) -> Self {
        self.answer(Need::Nodes, Answer::Nodes(nodes.iter().map(read).collect()))
    }

    /// The node of the pods.
    pub(super) fn on(self, node: &Value) -> Self {
        self.answer(Need::Node("node-1".to_owned()), Answer::Node(Some(Box::new(read(node)))))
    }

    /// What the endpoint of the newest pod's probe answers.
    pub(super) fn answers(self, status: u16, body: &str) -> Self {
        let asked = Asked {
            pod: format!("{REPLICA_SET}-p{}", self.pods.len() - 1),
            container: "app".to_owned(),
            tls: false,
            port: 8080,
            path: "/ready".to_owned(),
            headers: Vec::new(),
        };
        self.answer(
            Need::Probe(asked),
            Answer::Probe(Ok(Health { status, millis: 4, body: body.to_owned() })),
        )
    }

    /// How many pods have to be available.
    pub(super) fn floor(mut self, floor: i32) -> Self {
        self.needed.available = Some(floor);
        self
    }

    /// How many pods the service is meant to have.
    pub(super) fn minimum(mut self, minimum: i32) -> Self {
        self.needed.replicas = Some(minimum);
        self
    }

    /// A `ReplicaSet` of the Deployment, patched, without pods.
    pub(super) fn set(mut self, name: &str, template: &Value, patch: &Value) -> Self {
        let mut set = set(name, template);
        merge(&mut set, patch);
        self.sets.push(set);
        self
    }

    /// A change to the present `ReplicaSet`.
    pub(super) fn current(mut self, patch: &Value) -> Self {
        merge(&mut self.sets[0], patch);
        self
    }

    /// The time now, in seconds after the pods were created.
    pub(super) fn at(mut self, seconds: i64) -> Self {
        self.now = seconds;
        self
    }

    pub(super) fn case(&self) -> Case {
        let raw = json!({
            "now": at(self.now), "deployment": self.deployment, "replicaSets": self.sets,
            "pods": self.pods, "events": self.events,
        });
        let mut case = Case::read(&raw);
        for (pod, text) in &self.logs {
            let need = Need::PreviousLog { pod: pod.clone(), container: "app".to_owned() };
            case.fetched.insert(need, Fact::Known(Answer::Text(text.clone())));
        }
        for (need, answer) in &self.answers {
            case.fetched.insert(need.clone(), Fact::Known(answer.clone()));
        }
        case.needed = self.needed;
        case
    }
}

/// The status of the container `app`.
pub(super) fn container(ready: bool, restarts: i32, state: &Value, last: &Value) -> Value {
    json!({"status": {"containerStatuses": [{
        "name": "app", "image": "", "imageID": "", "ready": ready, "started": true,
        "restartCount": restarts, "state": state, "lastState": last,
    }]}})
}

pub(super) fn waiting(reason: &str, message: &str) -> Value {
    container(false, 0, &json!({"waiting": {"reason": reason, "message": message}}), &Value::Null)
}

pub(super) fn running(seconds: i64) -> Value {
    json!({"running": {"startedAt": at(seconds)}})
}

pub(super) fn ended(code: i32, reason: &str, seconds: [i64; 2]) -> Value {
    json!({"terminated": {
        "exitCode": code, "reason": reason, "startedAt": at(seconds[0]), "finishedAt": at(seconds[1]),
    }})
}

/// A pod that crashed so many times and waits for its next start.
pub(super) fn crashed(code: i32, reason: &str, restarts: i32) -> Value {
    let back_off = json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 20s restarting failed container"}});
    container(false, restarts, &back_off, &ended(code, reason, [90, 100]))
}

pub(super) fn ready() -> Value {
    let mut pod = container(true, 0, &running(1), &Value::Null);
    merge(
        &mut pod,
        &json!({"status": {"conditions": [
        {"type": "Ready", "status": "True"}, {"type": "ContainersReady", "status": "True"}]}}),
    );
    pod
}

/// Pending without a node, for what the scheduler says.
pub(super) fn unscheduled(message: &str) -> Value {
    json!({"spec": {"nodeName": null}, "status": {"phase": "Pending", "conditions": [
        {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}]}})
}

/// Pending on a node, before its sandbox.
pub(super) fn creating() -> Value {
    let mut pod = waiting("ContainerCreating", "");
    merge(&mut pod, &json!({"status": {"phase": "Pending"}}));
    pod
}

/// A pod, patched further.
pub(super) fn with(mut pod: Value, patch: &Value) -> Value {
    merge(&mut pod, patch);
    pod
}

/// An object of the API.
pub(super) fn read<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}

/// A node that is ready and has 4 cpu, patched.
pub(super) fn node(name: &str, patch: &Value) -> Value {
    let node = json!({
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
        "spec": {},
        "status": {
            "allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"},
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    });
    with(node, patch)
}

/// A container with the readiness probe `GET /ready` on 8080, asked every 5 s from 10 s after the start on.
pub(super) fn probed(state: &Value, restarts: i32, last: &Value) -> Value {
    let mut pod = container(false, restarts, state, last);
    pod["spec"] = json!({"containers": [{"name": "app", "image": "web:7", "readinessProbe": {
        "httpGet": {"path": "/ready", "port": 8080}, "initialDelaySeconds": 10, "periodSeconds": 5}}]});
    pod
}
