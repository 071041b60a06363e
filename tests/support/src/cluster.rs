//! The real cluster of the tests, through kubectl: never one that does not say it is for tests.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

/// One namespace of the cluster must carry it, and so does each namespace that a test makes.
const ALLOWED: &str = "kubectl-sk/test=allowed";

/// The cluster that `SK_TEST_KUBECONFIG` names.
#[derive(Clone, Debug)]
pub struct TestCluster {
    kubeconfig: PathBuf,
}

impl TestCluster {
    /// Connects to it.
    ///
    /// # Panics
    /// `SK_TEST_KUBECONFIG` is not set, or none of the cluster's namespaces carries `kubectl-sk/test=allowed`:
    /// a test that needs the cluster fails without one, it never skips.
    pub fn get() -> Self {
        let Some(kubeconfig) = std::env::var_os("SK_TEST_KUBECONFIG") else {
            panic!("this test needs a cluster: set SK_TEST_KUBECONFIG (scripts/test does)");
        };
        let cluster = Self { kubeconfig: kubeconfig.into() };
        let allowed = cluster.kubectl(["get", "namespaces", "-l", ALLOWED, "-o", "name"]);
        assert!(
            !allowed.is_empty(),
            "no namespace of {cluster:?} is labelled {ALLOWED}: it is not for tests"
        );
        cluster
    }

    /// Its kubeconfig.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// Runs kubectl, which must succeed, and returns its standard output.
    #[track_caller]
    pub fn kubectl(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> String {
        succeeded(self.command(arguments).output())
    }

    /// `kubectl get … -o json`.
    #[track_caller]
    pub fn get_json(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Value {
        let mut command = self.command(["get", "-o", "json"]);
        let text = succeeded(command.args(arguments).output());
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("kubectl gave no JSON: {error}\n{text}"))
    }

    /// `kubectl apply -f -`.
    #[track_caller]
    pub fn apply(&self, manifest: &Value) {
        succeeded(self.given(["apply", "-f", "-"], &manifest.to_string()));
    }

    /// `kubectl apply -n NAMESPACE -f -`, of YAML.
    ///
    /// # Errors
    /// What kubectl says where it does not succeed.
    pub fn apply_in(&self, namespace: &str, manifest: &str) -> Result<(), String> {
        let output = self.given(["apply", "-n", namespace, "-f", "-"], manifest);
        let output = output.map_err(|error| format!("kubectl: {error}"))?;
        let said = || String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(()) } else { Err(said()) }
    }

    /// Runs kubectl with this on its standard input, and returns its standard output, whether it succeeds or not.
    pub fn try_kubectl(&self, arguments: &[&str], stdin: &str) -> String {
        let output = self.given(arguments, stdin);
        output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
    }

    /// kubectl with this on its standard input. What it leaves unread is no failure of its own.
    fn given(
        &self,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
        stdin: &str,
    ) -> std::io::Result<Output> {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        if let Some(mut pipe) = child.stdin.take() {
            let _ = pipe.write_all(stdin.as_bytes());
        }
        child.wait_with_output()
    }

    /// A fresh namespace, removed when the guard is dropped.
    #[track_caller]
    pub fn namespace(&self) -> Namespace {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let name = format!("sk-test-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        self.kubectl(["create", "namespace", &name]);
        let namespace = Namespace { cluster: self.clone(), name };
        self.kubectl(["label", "namespace", &namespace.name, ALLOWED]);
        namespace
    }

    pub(crate) fn command(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = Command::new("kubectl");
        command.arg("--kubeconfig").arg(&self.kubeconfig).args(arguments).stdin(Stdio::null());
        command
    }
}

#[track_caller]
fn succeeded(output: std::io::Result<Output>) -> String {
    let output = output.unwrap_or_else(|error| panic!("kubectl: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "kubectl: {}\n{}{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    );
    text(&output.stdout)
}

/// A namespace of one test. When the test fails, its events are shown.
#[derive(Debug)]
pub struct Namespace {
    cluster: TestCluster,
    name: String,
}

impl Namespace {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut events =
                self.cluster.command(["get", "events", "--sort-by=.lastTimestamp", "-n", &self.name]);
            // Best effort: the test has failed already. Goes to the test's stderr.
            let _ = events.stdout(std::io::stderr()).status();
        }
        let mut delete = self.cluster.command(["delete", "namespace", &self.name, "--wait=false"]);
        let _ = delete.stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}
