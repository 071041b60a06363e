//! A user of the real cluster who may do what a Role says, and no more.

use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::TestCluster;

/// Verb, API group and resource.
pub type Verb = (&'static str, &'static str, &'static str);

/// A `ServiceAccount` `operator` of one namespace, with a Role of the same name.
pub struct User {
    cluster: TestCluster,
    namespace: String,
    directory: TempDir,
}

impl User {
    /// Makes it; it may do nothing yet.
    ///
    /// # Panics
    /// The cluster refuses.
    #[track_caller]
    pub fn new(cluster: &TestCluster, namespace: &str) -> Self {
        cluster.kubectl(["create", "serviceaccount", "operator", "-n", namespace]);
        let subject = format!("--serviceaccount={namespace}:operator");
        cluster.kubectl(["create", "rolebinding", "operator", "--role=operator", &subject, "-n", namespace]);
        let directory = TempDir::new().expect("a directory for the kubeconfig");
        Self { cluster: cluster.clone(), namespace: namespace.to_owned(), directory }
    }

    /// Lets it do this and nothing else, and returns the kubeconfig to do it with.
    ///
    /// # Panics
    /// The cluster refuses.
    #[track_caller]
    pub fn may(&self, verbs: &[Verb]) -> PathBuf {
        let rules: Vec<Value> = verbs
            .iter()
            .map(|(verb, group, resource)| json!({"verbs": [verb], "apiGroups": [group], "resources": [resource]}))
            .collect();
        self.cluster.apply(&json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
            "metadata": {"name": "operator", "namespace": self.namespace}, "rules": rules}));
        let path = self.directory.path().join("config");
        if !path.exists() {
            std::fs::write(&path, self.config().to_string()).expect("the kubeconfig is written");
        }
        path
    }

    fn config(&self) -> Value {
        let token = self.cluster.kubectl(["create", "token", "operator", "-n", &self.namespace]);
        let admin = self.cluster.kubectl(["config", "view", "--raw", "--minify", "-o", "json"]);
        let admin: Value = serde_json::from_str(&admin).expect("kubectl config view is JSON");
        json!({"apiVersion": "v1", "kind": "Config", "current-context": "operator",
            "clusters": [{"name": "cluster", "cluster": admin["clusters"][0]["cluster"]}],
            "users": [{"name": "operator", "user": {"token": token.trim()}}],
            "contexts": [{"name": "operator", "context": {"cluster": "cluster", "user": "operator"}}]})
    }
}
