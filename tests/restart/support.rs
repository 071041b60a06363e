//! What the tests of sk-restart share: the binary, its report's schema, a service on the fake API.

use serde_json::{Value, json};
use testkit::{FakeApi, Plugin, Reply, Run, assert_valid};

/// The namespace of the catalogue.
pub(crate) const NAMESPACE: &str = "skillancer-production";

/// The real binary.
pub(crate) fn restart() -> Plugin {
    Plugin::new(env!("CARGO_BIN_EXE_kubectl-sk-restart"))
}

/// The report on stdout, held to the committed schema.
#[track_caller]
pub(crate) fn report(run: &Run) -> Value {
    let schema =
        serde_json::from_str(include_str!("../../schemas/restart-report.json")).expect("a JSON schema");
    let report = run.json();
    assert_valid(&schema, &report);
    report
}

/// A Deployment `api-gateway` with three ready pods, to be changed before it is served.
pub(crate) struct Service {
    pub(crate) deployment: Value,
    pub(crate) replica_set: Value,
    pub(crate) pods: Vec<Value>,
}

impl Service {
    pub(crate) fn new() -> Self {
        let template = json!({
            "metadata": {"labels": {"app": "api-gateway"}},
            "spec": {"containers": [{"name": "app", "image": "example.com/api-gateway:2.41.0"}]},
        });
        let deployment = json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "api-gateway", "namespace": NAMESPACE, "uid": "d-1", "generation": 1, "resourceVersion": "7"},
            "spec": {
                "replicas": 3,
                "selector": {"matchLabels": {"app": "api-gateway"}},
                "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
                "template": template,
            },
            "status": {
                "observedGeneration": 1, "replicas": 3, "updatedReplicas": 3, "readyReplicas": 3, "availableReplicas": 3,
            },
        });
        let replica_set = json!({
            "apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": {"name": "api-gateway-1", "namespace": NAMESPACE, "uid": "r-1", "resourceVersion": "7",
                "ownerReferences": [owner("Deployment", "api-gateway", "d-1")]},
            "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "api-gateway"}}, "template": template},
        });
        Self { deployment, replica_set, pods: (1..=3).map(pod).collect() }
    }

    /// Scripts the requests that gather facts; what is changed afterwards is each test's own.
    pub(crate) fn serve(&self, api: &FakeApi) {
        let apps = format!("/apis/apps/v1/namespaces/{NAMESPACE}");
        let core = format!("/api/v1/namespaces/{NAMESPACE}");
        for (path, kind, items) in [
            (format!("{apps}/deployments"), "DeploymentList", vec![self.deployment.clone()]),
            (format!("{apps}/replicasets"), "ReplicaSetList", vec![self.replica_set.clone()]),
            (format!("{core}/pods"), "PodList", self.pods.clone()),
            (format!("{core}/events"), "EventList", Vec::new()),
        ] {
            let list = json!({"kind": kind, "apiVersion": "v1", "metadata": {"resourceVersion": "7"}, "items": items});
            api.on("GET", &path, [Reply::json(&list)]);
            api.on("GET", &format!("{path}?watch=true"), [Reply::watch(&[])]);
        }
        api.on("GET", &format!("{apps}/deployments/api-gateway"), [Reply::json(&self.deployment)]);
        allow(api, &json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}));
    }
}

/// Answers the rules review with this one rule, and access reviews with no.
pub(crate) fn allow(api: &FakeApi, rule: &Value) {
    let status = json!({"resourceRules": [rule], "nonResourceRules": [], "incomplete": false});
    let review =
        json!({"kind": "SelfSubjectRulesReview", "apiVersion": "authorization.k8s.io/v1", "status": status});
    api.on("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", [Reply::json(&review)]);
    let denied = json!({"kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1", "status": {"allowed": false}});
    api.on("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", [Reply::json(&denied)]);
}

/// Requests that could have changed something: writes, but for the reviews, which keep nothing.
pub(crate) fn writes(api: &FakeApi) -> Vec<String> {
    let requests = api.requests();
    let writing = requests.iter().filter(|r| r.method != "GET" && !r.path.contains("/authorization.k8s.io/"));
    writing.map(|request| format!("{} {}", request.method, request.path)).collect()
}

fn pod(number: u32) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": format!("api-gateway-1-{number}"), "namespace": NAMESPACE, "uid": format!("p-{number}"),
            "resourceVersion": "7", "labels": {"app": "api-gateway"}, "creationTimestamp": "2026-11-01T00:00:00Z",
            "ownerReferences": [owner("ReplicaSet", "api-gateway-1", "r-1")]},
        "spec": {"nodeName": "node-1", "containers": [{"name": "app", "image": "example.com/api-gateway:2.41.0"}]},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
    })
}

fn owner(kind: &str, name: &str, uid: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": uid, "controller": true})
}
