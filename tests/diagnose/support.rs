//! What the tests of sk-diagnose share: the binary, its report's schema, a namespace on the fake API.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

use serde_json::{Value, json};
use testkit::{FakeApi, Plugin, Reply, Request, Run, assert_valid};

/// The namespace of the tests.
pub(crate) const NAMESPACE: &str = "shop";

/// The real binary.
pub(crate) fn diagnose() -> Plugin {
    Plugin::new(env!("CARGO_BIN_EXE_kubectl-sk-diagnose"))
}

/// The report on stdout, held to the committed schema.
#[track_caller]
pub(crate) fn report(run: &Run) -> Value {
    let schema =
        serde_json::from_str(include_str!("../../schemas/diagnosis-report.json")).expect("a JSON schema");
    let report = run.json();
    assert_valid(&schema, &report);
    report
}

/// `CODE OBJECT` of each finding.
#[track_caller]
pub(crate) fn findings(run: &Run) -> Vec<String> {
    let report = report(run);
    let findings = report["findings"].as_array().into_iter().flatten();
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    findings.map(|finding| ["code", "object"].map(|key| text(finding, key)).join(" ")).collect()
}

/// `VERDICT OBJECT` of each object.
#[track_caller]
pub(crate) fn verdicts(run: &Run) -> Vec<String> {
    let report = report(run);
    let objects = report["objects"].as_array().into_iter().flatten();
    let text = |object: &Value, key: &str| object[key].as_str().unwrap_or_default().to_owned();
    objects.map(|object| ["verdict", "object"].map(|key| text(object, key)).join(" ")).collect()
}

/// A namespace with a Deployment `web`, and whatever else a test puts into it.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) deployments: Vec<Value>,
    pub(crate) replica_sets: Vec<Value>,
    pub(crate) pods: Vec<Value>,
    pub(crate) events: Vec<Value>,
    /// The previous log of every container.
    pub(crate) log: String,
}

impl World {
    /// A Deployment `web` of these pods.
    pub(crate) fn web(pods: Vec<Value>) -> Self {
        let ready = pods.iter().filter(|pod| is_ready(pod)).count();
        Self {
            deployments: vec![deployment("web", pods.len(), ready)],
            replica_sets: vec![replica_set("web")],
            pods,
            ..Self::default()
        }
    }

    /// Scripts every request that reads it. Selectors of events and of pods' phases hold.
    pub(crate) fn serve(&self, api: &FakeApi) {
        let apps = format!("/apis/apps/v1/namespaces/{NAMESPACE}");
        let core = format!("/api/v1/namespaces/{NAMESPACE}");
        for (folder, plural) in
            [(format!("{core}/pods"), "pods"), (format!("{apps}/deployments"), "deployments.apps")]
        {
            api.on("GET", &format!("{folder}/*"), [not_found(plural)]);
        }
        api.on("GET", &format!("{apps}/deployments"), [list(&self.deployments)]);
        api.on("GET", &format!("{apps}/replicasets"), [list(&self.replica_sets)]);
        for deployment in &self.deployments {
            let name = deployment["metadata"]["name"].as_str().expect("a name");
            api.on("GET", &format!("{apps}/deployments/{name}"), [Reply::json(deployment)]);
        }
        api.on("GET", &format!("{core}/pods"), [selected(&self.pods)]);
        api.on("GET", "/api/v1/pods", [selected(&self.pods)]);
        api.on("GET", &core, [Reply::json(&json!({"kind": "Namespace", "metadata": {"name": NAMESPACE}}))]);
        api.on("GET", &format!("{core}/events"), [selected(&self.events)]);
        for pod in &self.pods {
            let path = format!("{core}/pods/{}", pod["metadata"]["name"].as_str().expect("a name"));
            api.on("GET", &path, [Reply::json(pod)]);
            api.on("GET", &format!("{path}/log"), [Reply::text(200, &self.log)]);
        }
        for (path, node) in [("/api/v1/nodes", true), ("/api/v1/nodes/node-1", false)] {
            api.on("GET", path, [if node { list(&[self::node()]) } else { Reply::json(&self::node()) }]);
        }
        for path in [
            format!("{core}/services"),
            format!("{core}/resourcequotas"),
            format!("/apis/policy/v1/namespaces/{NAMESPACE}/poddisruptionbudgets"),
            format!("/apis/autoscaling/v2/namespaces/{NAMESPACE}/horizontalpodautoscalers"),
            format!("/apis/networking.k8s.io/v1/namespaces/{NAMESPACE}/networkpolicies"),
        ] {
            api.on("GET", &path, [list(&[])]);
        }
    }

    /// Runs sk-diagnose on it, in its namespace.
    pub(crate) fn run(&self, arguments: &[&str]) -> (Run, FakeApi) {
        let api = FakeApi::start();
        self.serve(&api);
        let run = diagnose().kubeconfig(api.kubeconfig()).args(arguments).args(["-n", NAMESPACE]).run();
        (run, api)
    }
}

/// What the API server says of an object that is not there.
fn not_found(plural: &'static str) -> Reply {
    let status = move |request: &Request| {
        let name = request.path.rsplit('/').next().unwrap_or_default();
        json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404,
            "message": format!("{plural} {name:?} not found")})
    };
    Reply::made(status).status(404)
}

fn is_ready(pod: &Value) -> bool {
    pod["status"]["conditions"].as_array().into_iter().flatten().any(|one| one["status"] == "True")
}

/// A list of one page.
pub(crate) fn list(items: &[Value]) -> Reply {
    Reply::json(
        &json!({"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": "7"}, "items": items}),
    )
}

/// A list whose `fieldSelector` holds: `a.b=c` and `a.b!=c`. No pod is of the app `nope`.
fn selected(items: &[Value]) -> Reply {
    let items = items.to_vec();
    Reply::made(move |request: &Request| {
        let selector = request.query.iter().find(|(name, _)| name == "fieldSelector");
        let selector = selector.map_or("", |(_, value)| value.as_str());
        let nope = request.query.iter().any(|(name, value)| name == "labelSelector" && value == "app=nope");
        let kept: Vec<&Value> = items.iter().filter(|item| !nope && matches(item, selector)).collect();
        json!({"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": "7"}, "items": kept})
    })
}

fn matches(item: &Value, selector: &str) -> bool {
    selector.split(',').filter(|term| !term.is_empty()).all(|term| {
        let (path, value) = term.split_once('=').expect("a term");
        let wanted = !path.ends_with('!');
        let pointer = format!("/{}", path.trim_end_matches('!').replace('.', "/"));
        (item.pointer(&pointer).and_then(Value::as_str) == Some(value)) == wanted
    })
}

/// Path and query of each request, in the order of paths; `limit` left out.
pub(crate) fn requests(api: &FakeApi) -> Vec<String> {
    let mut requests: Vec<String> = api
        .requests()
        .iter()
        .map(|request| {
            let query = request.query.iter().filter(|(name, _)| name != "limit");
            let query: Vec<String> = query.map(|(name, value)| format!("{name}={value}")).collect();
            format!("{} {}?{}", request.method, request.path, query.join("&"))
                .trim_end_matches('?')
                .to_owned()
        })
        .collect();
    requests.sort();
    requests
}

pub(crate) fn deployment(name: &str, replicas: usize, ready: usize) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "namespace": NAMESPACE, "uid": format!("d-{name}"), "generation": 1},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template(name)},
        "status": {"observedGeneration": 1, "replicas": replicas, "updatedReplicas": replicas,
            "readyReplicas": ready, "availableReplicas": ready},
    })
}

pub(crate) fn replica_set(name: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {"name": format!("{name}-6f9c7d5b8"), "namespace": NAMESPACE, "uid": format!("r-{name}"),
            "ownerReferences": [owner("Deployment", name, &format!("d-{name}"))]},
        "spec": {"replicas": 3, "selector": {"matchLabels": {"app": name}}, "template": template(name)},
    })
}

fn template(name: &str) -> Value {
    json!({"metadata": {"labels": {"app": name}}, "spec": spec(name)})
}

fn spec(name: &str) -> Value {
    json!({"nodeName": "node-1", "restartPolicy": "Always", "containers": [
        {"name": "app", "image": format!("example.com/{name}:2"), "resources": {"limits": {"memory": "256Mi"}}}]})
}

/// A pod of a Deployment that is as it should be.
pub(crate) fn ready(deployment: &str, suffix: &str) -> Value {
    pod(
        deployment,
        suffix,
        &json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}],
        "containerStatuses": [{"name": "app", "image": "", "imageID": "", "ready": true, "restartCount": 0,
            "state": {"running": {"startedAt": "2026-11-01T00:00:05Z"}}}]}),
    )
}

/// One whose container ends with code 7, again and again.
pub(crate) fn crashing(deployment: &str, suffix: &str) -> Value {
    let last = json!({"terminated": {"exitCode": 7, "reason": "Error", "startedAt": "2026-11-01T00:00:05Z",
        "finishedAt": "2026-11-01T00:00:07Z"}});
    let waits = json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container"}});
    pod(
        deployment,
        suffix,
        &json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}],
        "containerStatuses": [{"name": "app", "image": "", "imageID": "", "ready": false, "restartCount": 6,
            "state": waits, "lastState": last}]}),
    )
}

/// One that no node takes.
pub(crate) fn unschedulable(deployment: &str, suffix: &str) -> Value {
    let message = "0/1 nodes are available: 1 Insufficient cpu.";
    let mut pod = pod(
        deployment,
        suffix,
        &json!({"phase": "Pending", "conditions": [{"type": "PodScheduled",
        "status": "False", "reason": "Unschedulable", "message": message}]}),
    );
    pod["spec"]["nodeName"] = Value::Null;
    pod["spec"]["containers"][0]["resources"] = json!({"requests": {"cpu": "64"}});
    pod
}

/// One that a finalizer keeps.
pub(crate) fn terminating(deployment: &str, suffix: &str) -> Value {
    let mut pod = ready(deployment, suffix);
    pod["metadata"]["deletionTimestamp"] = json!("2026-11-01T01:00:00Z");
    pod["metadata"]["deletionGracePeriodSeconds"] = json!(30);
    pod["metadata"]["finalizers"] = json!(["example.com/hold"]);
    pod["status"] = json!({"phase": "Failed"});
    pod
}

/// One whose readiness endpoint answers 503.
pub(crate) fn unready(deployment: &str, suffix: &str) -> Value {
    let mut pod = ready(deployment, suffix);
    pod["status"]["conditions"][0]["status"] = json!("False");
    pod["status"]["containerStatuses"][0]["ready"] = json!(false);
    pod["status"]["containerStatuses"][0]["started"] = json!(true);
    pod["spec"]["containers"][0]["readinessProbe"] = json!({"httpGet": {"path": "/health/ready", "port": 8080}, "periodSeconds": 1, "failureThreshold": 2});
    pod
}

/// The kubelet's word on that.
pub(crate) fn probe_failed(pod: &Value) -> Value {
    event(pod, "Warning", "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503")
}

pub(crate) fn event(pod: &Value, kind: &str, reason: &str, message: &str) -> Value {
    let of = &pod["metadata"];
    json!({"metadata": {"name": format!("{}.{reason}", of["name"].as_str().unwrap_or_default()), "namespace": NAMESPACE},
        "involvedObject": {"kind": "Pod", "name": of["name"], "uid": of["uid"], "fieldPath": "spec.containers{app}"},
        "type": kind, "reason": reason, "message": message, "count": 9,
        "firstTimestamp": "2026-11-01T00:00:10Z", "lastTimestamp": "2026-11-01T00:10:00Z"})
}

/// A pod of a Deployment in this status.
pub(crate) fn pod(deployment: &str, suffix: &str, status: &Value) -> Value {
    let set = format!("{deployment}-6f9c7d5b8");
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": format!("{set}-{suffix}"), "namespace": NAMESPACE, "uid": format!("p-{deployment}-{suffix}"),
            "labels": {"app": deployment, "pod-template-hash": "6f9c7d5b8"},
            "creationTimestamp": "2026-11-01T00:00:00Z",
            "ownerReferences": [owner("ReplicaSet", &set, &format!("r-{deployment}"))]},
        "spec": spec(deployment),
        "status": status,
    })
}

fn node() -> Value {
    json!({"metadata": {"name": "node-1", "uid": "n-1"}, "spec": {},
        "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"},
            "conditions": [{"type": "Ready", "status": "True"}]}})
}

fn owner(kind: &str, name: &str, uid: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": uid, "controller": true})
}
