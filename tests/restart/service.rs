//! A service of one test on the real cluster: three pods of the stub, in a namespace of its own.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Namespace, Plugin, TestCluster};

/// Time for the pods of a healthy service to be ready.
const READY: &str = "--timeout=90s";

/// A Deployment `web` with a ConfigMap and a Secret that it needs.
pub(crate) struct Service {
    cluster: TestCluster,
    namespace: Namespace,
}

impl Service {
    /// Starts it, and waits for its pods.
    #[track_caller]
    pub(crate) fn start(cluster: &TestCluster) -> Self {
        Self::start_with(cluster, |_| {})
    }

    /// Starts it with a Deployment that is changed before.
    #[track_caller]
    pub(crate) fn start_with(cluster: &TestCluster, change: impl FnOnce(&mut Value)) -> Self {
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

    pub(crate) fn namespace(&self) -> &str {
        self.namespace.name()
    }

    /// sk-restart on it, as users call it.
    pub(crate) fn restart(&self, arguments: &[&str]) -> Plugin {
        self.restart_through(self.cluster.kubeconfig(), arguments)
    }

    /// sk-restart on it with another kubeconfig.
    pub(crate) fn restart_through(&self, kubeconfig: &Path, arguments: &[&str]) -> Plugin {
        let plugin = kubectl(kubeconfig);
        plugin.args(["sk-restart", "deployment/web", "-n", self.namespace(), "--yes"]).args(arguments)
    }

    /// Orders the stub of every pod that starts from now on to misbehave.
    #[track_caller]
    pub(crate) fn order(&self, orders: &[(&str, &str)]) {
        let data: serde_json::Map<String, Value> =
            orders.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        self.patch("configmap/web-orders", &json!({"data": data}));
    }

    #[track_caller]
    pub(crate) fn patch(&self, object: &str, patch: &Value) {
        self.kubectl(&["patch", object, "--type=merge", "-p", &patch.to_string()]);
    }

    #[track_caller]
    pub(crate) fn apply(&self, object: &Value) {
        let mut object = object.clone();
        object["metadata"]["namespace"] = json!(self.namespace());
        self.cluster.apply(&object);
    }

    /// kubectl in its namespace, which must succeed.
    #[track_caller]
    pub(crate) fn kubectl(&self, arguments: &[&str]) {
        self.cluster.kubectl(arguments.iter().copied().chain(["-n", self.namespace()]));
    }

    /// kubectl in its namespace: what it says, whether it succeeds or not.
    pub(crate) fn try_kubectl(&self, arguments: &[&str]) -> String {
        let run = Plugin::new("kubectl").kubeconfig(self.cluster.kubeconfig());
        let run = run.args(arguments).args(["-n", self.namespace()]).run();
        format!("{}{}", run.stdout, run.stderr)
    }
}

/// kubectl, with the plugin where kubectl looks for `kubectl sk-restart`.
pub(crate) fn kubectl(kubeconfig: &Path) -> Plugin {
    let plugin = Plugin::new("kubectl");
    let bin = plugin.home().join("bin");
    std::fs::create_dir(&bin).expect("a directory in the home directory");
    let link = bin.join("kubectl-sk_restart");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_kubectl-sk-restart"), link).expect("a link to the plugin");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
    plugin.env("PATH", path).kubeconfig(kubeconfig)
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
