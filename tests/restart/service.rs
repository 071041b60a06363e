//! sk-restart on a service of one test on the real cluster.

use std::path::Path;

use testkit::Plugin;

pub(crate) use testkit::DeployedService as Service;

/// sk-restart on a service.
pub(crate) trait Restarts {
    /// As users call it.
    fn restart(&self, arguments: &[&str]) -> Plugin;

    /// The same with another kubeconfig.
    fn restart_through(&self, kubeconfig: &Path, arguments: &[&str]) -> Plugin;
}

impl Restarts for Service {
    fn restart(&self, arguments: &[&str]) -> Plugin {
        self.restart_through(self.cluster().kubeconfig(), arguments)
    }

    fn restart_through(&self, kubeconfig: &Path, arguments: &[&str]) -> Plugin {
        let plugin = kubectl(kubeconfig);
        plugin.args(["sk-restart", "deployment/web", "-n", self.namespace(), "--yes"]).args(arguments)
    }
}

/// kubectl, with the plugin where kubectl looks for `kubectl sk-restart`.
pub(crate) fn kubectl(kubeconfig: &Path) -> Plugin {
    Plugin::kubectl(kubeconfig, "sk_restart", env!("CARGO_BIN_EXE_kubectl-sk-restart"))
}
