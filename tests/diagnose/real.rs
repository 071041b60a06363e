//! What the cluster tests of sk-diagnose share: pods of the stub in a namespace of their own.

#![allow(
    dead_code,
    clippy::expect_used,
    clippy::panic,
    reason = "not every target uses all; a test fails by panicking"
)]

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Namespace, Plugin, Run, TestCluster, assert_valid, wait_until};

/// Longest time for a pod to get into the state that is waited for.
const PATIENCE: Duration = Duration::from_secs(120);

/// Pods in a namespace of their own.
pub(crate) struct Scene {
    cluster: TestCluster,
    namespace: Namespace,
}

impl Scene {
    #[track_caller]
    pub(crate) fn new(cluster: &TestCluster) -> Self {
        let scene = Self { cluster: cluster.clone(), namespace: cluster.namespace() };
        // A namespace takes pods once its ServiceAccount is there.
        wait_until(PATIENCE, "the namespace's ServiceAccount", || {
            (!scene.kubectl(&["get", "serviceaccount", "-o", "name"]).is_empty()).then_some(())
        });
        scene
    }

    pub(crate) fn namespace(&self) -> &str {
        self.namespace.name()
    }

    pub(crate) fn cluster(&self) -> &TestCluster {
        &self.cluster
    }

    /// Makes a pod of the stub, changed before.
    #[track_caller]
    pub(crate) fn start(&self, name: &str, change: impl FnOnce(&mut Value)) {
        let mut pod = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": self.namespace(), "labels": {"app": name}}, "spec": stub(),
        });
        change(&mut pod);
        self.cluster.apply(&pod);
    }

    /// Makes a Deployment of one pod of the stub that is never beside its next, changed before.
    #[track_caller]
    pub(crate) fn deploy(&self, name: &str, change: impl FnOnce(&mut Value)) {
        let labels = json!({"app": name});
        let mut deployment = json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": name, "namespace": self.namespace()},
            "spec": {"selector": {"matchLabels": labels}, "strategy": {"type": "Recreate"},
                "template": {"metadata": {"labels": labels}, "spec": stub()}},
        });
        change(&mut deployment);
        self.cluster.apply(&deployment);
    }

    /// Waits until the pod is as it should be.
    #[track_caller]
    pub(crate) fn wait(&self, pod: &str, what: &str, is_so: impl Fn(&Value) -> bool) {
        wait_until(PATIENCE, what, || {
            is_so(&self.cluster.get_json(["pod", pod, "-n", self.namespace()])).then_some(())
        });
    }

    /// kubectl in its namespace, which must succeed.
    #[track_caller]
    pub(crate) fn kubectl(&self, arguments: &[&str]) -> String {
        self.cluster.kubectl(arguments.iter().copied().chain(["-n", self.namespace()]))
    }

    /// sk-diagnose in its namespace, as users call it.
    pub(crate) fn diagnose(&self, arguments: &[&str]) -> Plugin {
        self.diagnose_as(self.cluster.kubeconfig(), arguments)
    }

    /// The same with another kubeconfig.
    pub(crate) fn diagnose_as(&self, kubeconfig: &Path, arguments: &[&str]) -> Plugin {
        let plugin = Plugin::kubectl(kubeconfig, "sk_diagnose", env!("CARGO_BIN_EXE_kubectl-sk-diagnose"));
        plugin.args(["sk-diagnose"]).args(arguments).args(["-n", self.namespace()])
    }

    /// Finds this cause on this object, with these words in its summary, first of all.
    #[track_caller]
    pub(crate) fn finds(&self, form: &[&str], code: &str, object: &str, words: &str) -> Value {
        self.finds_one_of(form, &[code], object, words)
    }

    #[track_caller]
    pub(crate) fn finds_one_of(&self, form: &[&str], codes: &[&str], object: &str, words: &str) -> Value {
        let run = self.diagnose(form).args(["-o", "json"]).run().code(1);
        let finding = report(&run)["findings"][0].clone();
        let found = finding["code"].as_str().is_some_and(|code| codes.contains(&code));
        let named = finding["summary"].as_str().is_some_and(|summary| summary.contains(words));
        assert!(
            found && finding["object"] == object && named,
            "not {codes:?} on {object} with {words:?}\n{run}"
        );
        finding
    }

    /// What people read of one cause fits, and can be pasted.
    #[track_caller]
    pub(crate) fn reads_in_a_dozen_lines(&self, form: &[&str]) {
        let run = self.diagnose(form).run().code(1).stderr("");
        let lines: Vec<&str> = run.stdout.lines().collect();
        // A word of a command cannot be broken.
        let fits = |line: &&str| line.chars().count() <= 80 || line.trim_start().starts_with("-p '");
        assert_eq!(lines.iter().find(|line| !fits(line)), None, "{run}");
        assert!(lines.len() <= 12, "{} lines\n{run}", lines.len());
        assert!(lines[0].starts_with("✗ ") && run.stdout.contains("next  kubectl "), "{run}");
    }
}

impl Drop for Scene {
    /// A finalizer would keep the namespace for ever.
    fn drop(&mut self) {
        let free = Plugin::new("kubectl").kubeconfig(self.cluster.kubeconfig());
        let patch = r#"{"metadata":{"finalizers":null}}"#;
        // Best effort: most pods are gone, or have none.
        let names = free.args(["get", "pods", "-o", "name", "-n", self.namespace.name()]).run().stdout;
        for pod in names.lines() {
            let free = Plugin::new("kubectl").kubeconfig(self.cluster.kubeconfig());
            free.args(["patch", pod, "--type=merge", "-p", patch, "-n", self.namespace.name()]).run();
        }
    }
}

/// The spec of a pod of the stub.
fn stub() -> Value {
    let image = std::env::var("SK_TEST_STUB_IMAGE").expect("SK_TEST_STUB_IMAGE names the stub's image");
    json!({"terminationGracePeriodSeconds": 1, "containers": [{"name": "app", "image": image,
        "imagePullPolicy": "Never", "resources": {"requests": {"cpu": "5m", "memory": "8Mi"}}}]})
}

/// A probe that no container lives long enough for: one without a probe is ready between two crashes.
pub(crate) fn never_in_time() -> Value {
    json!({"httpGet": {"path": "/health/ready", "port": 8080}, "initialDelaySeconds": 30})
}

/// The environment that orders the stub.
pub(crate) fn orders(orders: &[(&str, &str)]) -> Value {
    let variable = |name: &str| format!("STUB_{}", name.to_uppercase().replace('-', "_"));
    orders.iter().map(|(name, value)| json!({"name": variable(name), "value": value})).collect()
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
