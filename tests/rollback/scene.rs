//! A service on the fake API with a past: the present revision crashes, the one before it served, and so on.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use testkit::{FakeApi, FakeService, NAMESPACE, Plugin, Reply};

use crate::support::rollback;

/// A secret that must never be seen.
pub(crate) const CANARY: &str = "hunter2-canary";

/// The service of the tests, to be changed before it is served.
pub(crate) struct Scene {
    pub(crate) service: FakeService,
    /// `data` of the ConfigMap `sk-history`.
    pub(crate) history: Value,
    /// `data` of the ConfigMap and the Secret that the templates name; none where they do not exist.
    pub(crate) settings: Option<Value>,
    pub(crate) secret: Option<Value>,
}

/// So long ago, as the API server writes times.
fn ago(hours: i64, minutes: i64) -> String {
    format!("{:.0}", Timestamp::now() - SignedDuration::from_mins(hours * 60 + minutes))
}

/// The template of an image.
fn template(image: &str) -> Value {
    json!({
        "metadata": {"labels": {"app": "api-gateway"}},
        "spec": {"containers": [{
            "name": "app", "image": format!("example.com/api-gateway:{image}"), "fieldOfTomorrow": {"a": [1]},
            "env": [
                {"name": "DB_PASSWORD", "value": format!("{CANARY}-{image}")},
                {"name": "RATE", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "rate"}}},
                {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "tokens", "key": "token"}}},
            ],
        }]},
    })
}

/// A `ReplicaSet` of the service.
fn set(number: i64, template: &Value, created: &str, cause: Option<&str>) -> Value {
    let mut template = template.clone();
    template["metadata"]["labels"]["pod-template-hash"] = json!(format!("hash{number}"));
    let owner = json!([{"apiVersion": "apps/v1", "kind": "Deployment", "name": "api-gateway", "uid": "d-1", "controller": true}]);
    let mut set = json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {"name": format!("api-gateway-{number}"), "namespace": NAMESPACE, "uid": format!("r-{number}"),
            "resourceVersion": "7", "creationTimestamp": created, "ownerReferences": owner,
            "annotations": {"deployment.kubernetes.io/revision": number.to_string()}},
        "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "api-gateway"}}, "template": template},
    });
    if let Some(cause) = cause {
        set["metadata"]["annotations"]["kubernetes.io/change-cause"] = json!(cause);
    }
    set
}

impl Scene {
    /// 3.7.3, then 3.7.4, restarted once, now 3.8.0, which crashes; older ones are pruned.
    pub(crate) fn new() -> Self {
        let mut service = FakeService::new();
        let restarted = |image: &str, at: &str| {
            let mut template = template(image);
            template["metadata"]["annotations"] = json!({"kubectl.kubernetes.io/restartedAt": at});
            template
        };
        let now = template("3.8.0");
        service.replica_set = set(12, &now, &ago(2, 0), Some("release 3.8.0"));
        service.earlier = vec![
            set(11, &restarted("3.7.4", "later"), &ago(48, 0), Some("hotfix invoice rounding")),
            set(10, &template("3.7.4"), &ago(72, 0), Some("hotfix invoice rounding")),
            set(8, &template("3.7.3"), &ago(216, 0), Some("release 3.7.3")),
        ];
        let metadata = &mut service.deployment["metadata"];
        metadata["annotations"] = json!({"deployment.kubernetes.io/revision": "12", "team": "edge",
            "kubernetes.io/change-cause": "release 3.8.0"});
        service.deployment["spec"]["template"] = now.clone();
        for pod in &mut service.pods {
            pod["metadata"]["ownerReferences"][0]["uid"] = json!("r-12");
            pod["metadata"]["creationTimestamp"] = json!(ago(1, 59));
            pod["status"]["conditions"][0]["lastTransitionTime"] = json!(ago(1, 59));
            pod["status"]["containerStatuses"] = json!([{
                "name": "app", "image": "example.com/api-gateway:3.8.0", "imageID": "example.com/api-gateway@sha256:38",
                "ready": true, "restartCount": 2, "state": {"running": {"startedAt": ago(0, 1)}},
            }]);
        }
        let entry = json!({
            "command": "sk-restart", "deployment": "api-gateway", "user": "anna", "host": "laptop", "reason": null,
            "outcome": "Succeeded", "template": sk_core::revision::hash(&template("3.7.4")), "verified": true,
            "startedAt": ago(48, 1), "finishedAt": ago(47, 59),
        });
        Self {
            service,
            history: json!({"01J00000000000000000000000": entry.to_string()}),
            settings: Some(json!({"rate": "5"})),
            secret: Some(json!({"token": "c2VjcmV0LWNhbmFyeQ=="})),
        }
    }

    /// Scripts every request that reads.
    pub(crate) fn serve(&self) -> FakeApi {
        let api = FakeApi::start();
        self.service.serve(&api);
        let core = format!("/api/v1/namespaces/{NAMESPACE}");
        let object = |kind: &str, name: &str, data: &Value| json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, "data": data});
        let history = object("ConfigMap", "sk-history", &self.history);
        api.on("GET", &format!("{core}/configmaps/sk-history"), [Reply::json(&history)]);
        for (path, kind, name, data) in [
            ("configmaps", "ConfigMap", "settings", &self.settings),
            ("secrets", "Secret", "tokens", &self.secret),
        ] {
            let reply = match data {
                Some(data) => Reply::json(&object(kind, name, data)),
                None => Reply::refusal(404, "NotFound", &format!("{path} \"{name}\" not found")),
            };
            api.on("GET", &format!("{core}/{path}/{name}"), [reply]);
        }
        api
    }

    /// The plugin on it.
    pub(crate) fn run(api: &FakeApi, arguments: &[&str]) -> Plugin {
        rollback().kubeconfig(api.kubeconfig()).args(["api-gateway"]).args(arguments)
    }
}
