//! A service on the fake API: a Deployment `api-gateway` of the catalogue, and what belongs to it.

use std::slice::from_ref;

use serde_json::{Value, json};

use crate::{FakeApi, Reply};

/// The namespace of the catalogue.
pub const NAMESPACE: &str = "skillancer-production";

/// A Deployment `api-gateway` with three ready pods and what belongs to them, to be changed before it is served.
pub struct FakeService {
    /// The Deployment.
    pub deployment: Value,
    /// Its present `ReplicaSet`.
    pub replica_set: Value,
    /// Its earlier ones.
    pub earlier: Vec<Value>,
    /// Its pods.
    pub pods: Vec<Value>,
    /// The HPA that the catalogue names.
    pub autoscaler: Value,
    /// The namespace's quota.
    pub quota: Value,
    /// Its `PodDisruptionBudget`.
    pub budget: Value,
    /// What its pods use.
    pub metrics: Vec<Value>,
}

/// Where the optional facts are read, by the check that needs them.
pub const OPTIONAL: [(&str, &str); 4] = [
    (
        "hpa-ceiling",
        "/apis/autoscaling/v2/namespaces/skillancer-production/horizontalpodautoscalers/api-gateway-hpa",
    ),
    ("quota-surge", "/api/v1/namespaces/skillancer-production/resourcequotas"),
    ("no-pdb", "/apis/policy/v1/namespaces/skillancer-production/poddisruptionbudgets"),
    ("usage", "/apis/metrics.k8s.io/v1beta1/namespaces/skillancer-production/pods"),
];

impl Default for FakeService {
    fn default() -> Self {
        Self::new()
    }
}

impl FakeService {
    /// All is well.
    pub fn new() -> Self {
        let template = json!({
            "metadata": {"labels": {"app": "api-gateway"}},
            "spec": {"containers": [container()]},
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
        let autoscaler = json!({
            "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "api-gateway-hpa", "namespace": NAMESPACE},
            "spec": {
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "api-gateway"},
                "minReplicas": 3, "maxReplicas": 9,
                "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 80}}}],
            },
            "status": {"desiredReplicas": 3, "currentMetrics": [
                {"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 71}}}]},
        });
        let quota = json!({
            "metadata": {"name": "compute", "namespace": NAMESPACE},
            "status": {"hard": {"requests.cpu": "2", "pods": "10"}, "used": {"requests.cpu": "800m", "pods": "3"}},
        });
        let budget = json!({
            "metadata": {"name": "api-gateway", "namespace": NAMESPACE},
            "spec": {"minAvailable": 2, "selector": {"matchLabels": {"app": "api-gateway"}}},
            "status": {"currentHealthy": 3, "expectedPods": 3, "desiredHealthy": 2, "disruptionsAllowed": 1},
        });
        let pods = (1..=3).map(pod).collect();
        Self {
            deployment,
            replica_set,
            earlier: Vec::new(),
            pods,
            autoscaler,
            quota,
            budget,
            metrics: (1..=3).map(metrics).collect(),
        }
    }

    /// Scripts the requests that gather facts; what is changed afterwards is each test's own.
    pub fn serve(&self, api: &FakeApi) {
        let apps = format!("/apis/apps/v1/namespaces/{NAMESPACE}");
        let core = format!("/api/v1/namespaces/{NAMESPACE}");
        let sets = std::iter::once(&self.replica_set).chain(&self.earlier).cloned().collect();
        for (path, kind, items) in [
            (format!("{apps}/deployments"), "DeploymentList", vec![self.deployment.clone()]),
            (format!("{apps}/replicasets"), "ReplicaSetList", sets),
            (format!("{core}/pods"), "PodList", self.pods.clone()),
            (format!("{core}/events"), "EventList", Vec::new()),
        ] {
            let list = json!({"kind": kind, "apiVersion": "v1", "metadata": {"resourceVersion": "7"}, "items": items});
            api.on("GET", &path, [Reply::json(&list)]);
            api.on("GET", &format!("{path}?watch=true"), [Reply::watch(&[])]);
        }
        api.on("GET", &format!("{apps}/deployments/api-gateway"), [Reply::json(&self.deployment)]);
        let list =
            |items: &[Value]| json!({"kind": "List", "apiVersion": "v1", "metadata": {}, "items": items});
        let lists = [from_ref(&self.quota), from_ref(&self.budget), &self.metrics].map(list);
        for ((_, path), answer) in OPTIONAL.iter().zip(std::iter::once(&self.autoscaler).chain(&lists)) {
            api.on("GET", path, [Reply::json(answer)]);
        }
        allow(api, &json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}));
    }
}

/// Answers the rules review with this one rule, and access reviews with no.
pub fn allow(api: &FakeApi, rule: &Value) {
    let status = json!({"resourceRules": [rule], "nonResourceRules": [], "incomplete": false});
    let review =
        json!({"kind": "SelfSubjectRulesReview", "apiVersion": "authorization.k8s.io/v1", "status": status});
    api.on("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", [Reply::json(&review)]);
    let denied = json!({"kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1", "status": {"allowed": false}});
    api.on("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", [Reply::json(&denied)]);
}

/// Requests that could have changed something: writes, but for the reviews, which keep nothing.
pub fn writes(api: &FakeApi) -> Vec<String> {
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
        "spec": {"nodeName": "node-1", "containers": [container()]},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
    })
}

fn container() -> Value {
    let resources = json!({"requests": {"cpu": "200m"}, "limits": {"memory": "256Mi"}});
    json!({"name": "app", "image": "example.com/api-gateway:2.41.0", "resources": resources})
}

/// What metrics-server says of a pod.
fn metrics(number: u32) -> Value {
    let app = json!({"name": "app", "usage": {"cpu": "141592653n", "memory": "131072Ki"}});
    json!({"metadata": {"name": format!("api-gateway-1-{number}"), "namespace": NAMESPACE}, "containers": [app]})
}

fn owner(kind: &str, name: &str, uid: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": uid, "controller": true})
}
