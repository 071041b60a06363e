//! A service of one test on the real cluster, its revisions, and sk-rollback on it.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

use std::path::Path;

use serde_json::{Value, json};
use testkit::{DeployedService, Plugin, TestCluster};

/// A service whose revisions the tests tell apart by the value of one variable.
pub(crate) struct Service {
    pub(crate) deployed: DeployedService,
}

impl Service {
    /// Three pods of revision `v1`, ready.
    #[track_caller]
    pub(crate) fn start(cluster: &TestCluster) -> Self {
        Self::start_with(cluster, |_| {})
    }

    /// The same with a Deployment that is changed before.
    #[track_caller]
    pub(crate) fn start_with(cluster: &TestCluster, change: impl FnOnce(&mut Value)) -> Self {
        let deployed = DeployedService::start_with(cluster, |deployment| {
            let env = &mut deployment["spec"]["template"]["spec"]["containers"][0]["env"];
            env.as_array_mut().expect("a list").push(json!({"name": "RELEASE", "value": "v1"}));
            change(deployment);
        });
        Self { deployed }
    }

    /// sk-rollback on it, as users call it.
    pub(crate) fn rollback(&self, arguments: &[&str]) -> Plugin {
        let plugin = kubectl(self.deployed.cluster().kubeconfig());
        let namespace = self.deployed.namespace();
        plugin.args(["sk-rollback", "deployment/web", "-n", namespace]).args(arguments)
    }

    /// Rolls another release out, and waits until it serves.
    #[track_caller]
    pub(crate) fn release(&self, release: &str) {
        self.set(&[("RELEASE", release)]);
        self.wait();
    }

    /// Rolls a release out that never becomes ready.
    #[track_caller]
    pub(crate) fn release_bad(&self, release: &str) {
        self.set(&[("RELEASE", release), ("STUB_NOT_READY", "true")]);
        self.wait_for_generation();
    }

    #[track_caller]
    fn set(&self, variables: &[(&str, &str)]) {
        let variables: Vec<String> =
            variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut command = vec!["set", "env", "deployment/web"];
        command.extend(variables.iter().map(String::as_str));
        self.deployed.kubectl(&command);
    }

    #[track_caller]
    pub(crate) fn wait(&self) {
        self.deployed.kubectl(&["rollout", "status", "deployment/web", "--timeout=90s"]);
    }

    /// Waits until the controller has seen the template: then its revision has a number.
    #[track_caller]
    pub(crate) fn wait_for_generation(&self) {
        testkit::wait_until(std::time::Duration::from_secs(30), "the controller to see the template", || {
            let deployment = self.deployment();
            let seen = deployment["status"]["observedGeneration"] == deployment["metadata"]["generation"];
            seen.then_some(())
        });
    }

    #[track_caller]
    pub(crate) fn restart(&self) {
        // Within one second a second restart would be the same template.
        let before = self.revision();
        testkit::wait_until(std::time::Duration::from_secs(30), "a restart that counts", || {
            self.deployed.try_kubectl(&["rollout", "restart", "deployment/web"]);
            self.wait_for_generation();
            (self.revision() > before).then_some(())
        });
    }

    pub(crate) fn deployment(&self) -> Value {
        let namespace = self.deployed.namespace();
        self.deployed.cluster().get_json(["deployment", "web", "-n", namespace])
    }

    /// The number of the present revision.
    pub(crate) fn revision(&self) -> i64 {
        let deployment = self.deployment();
        let number = &deployment["metadata"]["annotations"]["deployment.kubernetes.io/revision"];
        number.as_str().and_then(|number| number.parse().ok()).unwrap_or_default()
    }

    /// The release that the Deployment's template names.
    pub(crate) fn runs(&self) -> String {
        let deployment = self.deployment();
        let env = &deployment["spec"]["template"]["spec"]["containers"][0]["env"];
        let mut variables = env.as_array().into_iter().flatten();
        let release = variables.find(|variable| variable["name"] == "RELEASE");
        release.and_then(|release| release["value"].as_str()).unwrap_or_default().to_owned()
    }
}

/// kubectl, with the plugin where kubectl looks for `kubectl sk-rollback`.
pub(crate) fn kubectl(kubeconfig: &Path) -> Plugin {
    Plugin::kubectl(kubeconfig, "sk_rollback", env!("CARGO_BIN_EXE_kubectl-sk-rollback"))
}
