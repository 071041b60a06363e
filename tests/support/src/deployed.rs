//! A service of one test on the real cluster: three pods of the stub, in a namespace of its own.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{Namespace, Plugin, TestCluster};

/// Time for the pods of a healthy service to be ready.
const READY: &str = "--timeout=90s";

/// A Deployment `web` with a ConfigMap and a Secret that it needs.
pub struct DeployedService {
    cluster: TestCluster,
    namespace: Namespace,
}

impl DeployedService {
    /// Starts it, and waits for its pods.
    #[track_caller]
    pub fn start(cluster: &TestCluster) -> Self {
        Self::start_with(cluster, |_| {})
    }

    /// Starts it with a Deployment that is changed before.
    #[track_caller]
    pub fn start_with(cluster: &TestCluster, change: impl FnOnce(&mut Value)) -> Self {
        let service = Self { cluster: cluster.clone(), namespace: cluster.namespace() };
        service.apply(&json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web-config"},
            "data": {"RATE_LIMIT_RPS": "5"}}));
        service.apply(&json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web-orders"}}));
        service.apply(&json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "web-secret"},
            "stringData": {"token": "s3cret"}}));
        let mut deployment = deployment();
        change(&mut deployment);
        service.apply(&deployment);
        service.kubectl(&["rollout", "status", "deployment/web", READY]);
        service
    }

    /// Its namespace.
    pub fn namespace(&self) -> &str {
        self.namespace.name()
    }

    /// The cluster that it runs on.
    pub fn cluster(&self) -> &TestCluster {
        &self.cluster
    }

    /// Orders the stub of every pod that starts from now on to misbehave.
    #[track_caller]
    pub fn order(&self, orders: &[(&str, &str)]) {
        let data: serde_json::Map<String, Value> =
            orders.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        self.patch("configmap/web-orders", &json!({"data": data}));
    }

    /// Patches an object (merge).
    #[track_caller]
    pub fn patch(&self, object: &str, patch: &Value) {
        self.kubectl(&["patch", object, "--type=merge", "-p", &patch.to_string()]);
    }

    /// `kubectl apply` of an object into its namespace.
    #[track_caller]
    pub fn apply(&self, object: &Value) {
        let mut object = object.clone();
        object["metadata"]["namespace"] = json!(self.namespace());
        self.cluster.apply(&object);
    }

    /// kubectl in its namespace, which must succeed.
    #[track_caller]
    pub fn kubectl(&self, arguments: &[&str]) {
        self.cluster.kubectl(arguments.iter().copied().chain(["-n", self.namespace()]));
    }

    /// kubectl in its namespace: what it says, whether it succeeds or not.
    pub fn try_kubectl(&self, arguments: &[&str]) -> String {
        let run = Plugin::new("kubectl").kubeconfig(self.cluster.kubeconfig());
        let run = run.args(arguments).args(["-n", self.namespace()]).run();
        format!("{}{}", run.stdout, run.stderr)
    }
}

/// Longest time without an answer that a probe of the stub is given.
const PROBE: Duration = Duration::from_secs(1);

fn deployment() -> Value {
    let image = std::env::var("SK_TEST_STUB_IMAGE").expect("SK_TEST_STUB_IMAGE names the stub's image");
    let probe = |path: &str| {
        json!({"httpGet": {"path": path, "port": 8080}, "periodSeconds": 1, "failureThreshold": 2,
            "timeoutSeconds": PROBE.as_secs()})
    };
    let key = |kind: &str, name: &str, key: &str| json!({kind: {"name": name, "key": key}});
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app": "web"}},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {
                    "terminationGracePeriodSeconds": 5,
                    "containers": [{
                        "name": "app", "image": image, "imagePullPolicy": "Never",
                        "envFrom": [{"configMapRef": {"name": "web-orders"}}],
                        "env": [
                            {"name": "RATE_LIMIT_RPS", "valueFrom": key("configMapKeyRef", "web-config", "RATE_LIMIT_RPS")},
                            {"name": "TOKEN", "valueFrom": key("secretKeyRef", "web-secret", "token")},
                        ],
                        "readinessProbe": probe("/health/ready"),
                        "livenessProbe": probe("/health/live"),
                        "resources": {
                            "requests": {"cpu": "5m", "memory": "8Mi"}, "limits": {"cpu": "200m", "memory": "32Mi"},
                        },
                    }],
                },
            },
        },
    })
}
