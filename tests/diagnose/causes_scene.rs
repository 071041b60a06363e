//! A fixture on the cluster: a namespace of its own, its manifest, its script, its fake Node, and no trace afterwards.

use std::ffi::OsStr;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use testkit::{Namespace, Plugin, Run, TestCluster, assert_valid, until};

use crate::causes_fixture::Fixture;

/// A fixture that stands on the cluster until it is dropped.
pub(crate) struct Scene {
    cluster: TestCluster,
    fixture: Fixture,
    manifest: String,
    heart: Option<Heart>,
    /// Dropped after everything else.
    namespace: Namespace,
}

/// Time for the API server to take a manifest.
const APPLIED: Duration = Duration::from_secs(30);

/// One diagnosis at a time: dozens that look again and again would keep the cluster from getting anywhere.
static LOOKING: Mutex<()> = Mutex::new(());

impl Scene {
    /// Applies the manifest and runs the script.
    #[track_caller]
    pub(crate) fn set(cluster: &TestCluster, fixture: &Fixture) -> Self {
        let namespace = cluster.namespace();
        let account = ["wait", "serviceaccount/default", "--for=create", "--timeout=60s", "-n"];
        cluster.kubectl(account.iter().copied().chain([namespace.name()]));
        let manifest = std::fs::read_to_string(fixture.file("yaml")).expect("a manifest");
        let node = cluster.get_json(["nodes", "-l", "kubernetes.io/os=linux"])["items"][0].take();
        let manifest = fill_in(cluster, &manifest, namespace.name(), &node);
        let mut scene =
            Self { cluster: cluster.clone(), fixture: *fixture, manifest, heart: None, namespace };
        scene.apply();
        if scene.has_fake_node() && !fixture.falls_silent {
            scene.heart = Some(Heart::of(scene.namespace.name(), cluster));
        }
        scene.run_script(node["metadata"]["name"].as_str().unwrap_or_default());
        scene
    }

    /// What a manifest makes is not known at once to the parts of the API server that check the rest of it.
    #[track_caller]
    fn apply(&self) {
        let mut last = Ok(());
        let applied = until(APPLIED, || {
            last = self.cluster.apply_in(self.namespace.name(), &self.manifest);
            last.is_ok().then_some(())
        });
        assert!(applied.is_some(), "{}: {last:?}", self.fixture.code);
    }

    fn has_fake_node(&self) -> bool {
        self.manifest.contains("\nkind: Node\n")
    }

    #[track_caller]
    fn run_script(&self, node: &str) {
        let script = self.fixture.file("sh");
        if !script.exists() {
            return;
        }
        let output = Command::new("sh")
            .arg("-eu")
            .arg(&script)
            .env("KUBECONFIG", self.cluster.kubeconfig())
            .env("NAMESPACE", self.namespace.name())
            .env("NODE", node)
            .output()
            .expect("a shell");
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        assert!(output.status.success(), "{}: {}\n{}", script.display(), output.status, said.join(""));
    }

    /// Looks until the diagnosis is as the fixture says.
    #[track_caller]
    pub(crate) fn prove(&self) {
        let mut last = String::new();
        let proven = until(self.fixture.deadline, || {
            last = self.look().err().unwrap_or_default();
            last.is_empty().then_some(())
        });
        let Fixture { code, deadline, .. } = self.fixture;
        assert!(proven.is_some(), "{code} was not found within {deadline:?}: {last}");
    }

    /// One diagnosis, held against the fixture.
    fn look(&self) -> Result<(), String> {
        let (kind, name) = self.fixture.object.split_once('/').unwrap_or_default();
        let name = self.find(kind, name).ok_or_else(|| format!("there is no {}", self.fixture.object))?;
        let run = {
            let _one = LOOKING.lock().unwrap_or_else(PoisonError::into_inner);
            self.diagnose(if kind == "pod" { "pod" } else { "service" }, &name)
        };
        let wrong = judge(&self.fixture, &format!("{kind}/{name}"), &run);
        wrong.map_or(Ok(()), |wrong| Err(format!("{wrong}\n{run}")))
    }

    /// The object of this name, or the first whose name starts so.
    fn find(&self, kind: &str, name: &str) -> Option<String> {
        if !name.ends_with('-') {
            return Some(name.to_owned());
        }
        let list = self.cluster.get_json([kind, "-n", self.namespace.name()]);
        let names = list["items"].as_array()?.iter().filter_map(|item| item["metadata"]["name"].as_str());
        names.filter(|found| found.starts_with(name)).max().map(str::to_owned)
    }

    fn diagnose(&self, form: &str, name: &str) -> Run {
        let plugin = Plugin::new("kubectl");
        let bin = plugin.home().join("bin");
        std::fs::create_dir(&bin).expect("a directory in the home directory");
        let binary = env!("CARGO_BIN_EXE_kubectl-sk-diagnose");
        std::os::unix::fs::symlink(binary, bin.join("kubectl-sk_diagnose")).expect("a link to the plugin");
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
        let plugin = plugin.env("PATH", path).kubeconfig(self.cluster.kubeconfig());
        let plugin = plugin.args(["sk-diagnose", form, name, "-n", self.namespace.name(), "-o", "json"]);
        let services = self.fixture.file("services");
        if services.exists() {
            plugin.args([OsStr::new("--services"), services.as_os_str()]).run()
        } else {
            plugin.run()
        }
    }
}

/// What is wrong with a diagnosis; none when it is as the fixture says.
fn judge(fixture: &Fixture, object: &str, run: &Run) -> Option<String> {
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_default();
    let Some(findings) = report["findings"].as_array() else { return Some("no report".to_owned()) };
    let schema = include_str!("../../schemas/diagnosis-report.json");
    assert_valid(&serde_json::from_str(schema).expect("a JSON schema"), &report);
    let of_code = |finding: &&Value| finding["code"] == fixture.code && finding["object"] == object;
    let Some(finding) = findings.iter().find(of_code) else { return Some(format!("not on {object}")) };
    let expected = |finding: &&Value| {
        let code = finding["code"].as_str().unwrap_or_default();
        code == fixture.code || fixture.beside.contains(&code)
    };
    let errors = findings.iter().filter(|finding| finding["severity"] == "error");
    let others: Vec<&Value> = errors.clone().filter(|finding| !expected(finding)).collect();
    if !others.is_empty() {
        return Some(format!("and {} beside it", json!(others)));
    }
    let absent = |code: &&&str| !findings.iter().any(|finding| finding["code"] == ***code);
    if let Some(code) = fixture.beside.iter().find(absent) {
        return Some(format!("without {code}"));
    }
    let exit = i32::from(errors.count() > 0);
    if run.exit_code() != Some(exit) {
        return Some(format!("exit code {:?}, not {exit}", run.exit_code()));
    }
    lacks(finding, fixture)
}

/// What the finding lacks.
fn lacks(finding: &Value, fixture: &Fixture) -> Option<String> {
    let lines = |field: &str| {
        let lines = finding[field].as_array().into_iter().flatten().filter_map(Value::as_str);
        lines.collect::<Vec<_>>().join("\n")
    };
    let summary = finding["summary"].as_str().unwrap_or_default().to_owned();
    for (name, text, words) in
        [("summary", summary, fixture.says), ("evidence", lines("evidence"), fixture.shows)]
    {
        if let Some(word) = words.iter().find(|word| !text.contains(**word)) {
            return Some(format!("its {name} lacks {word:?}: {text}"));
        }
    }
    let helpless = finding["severity"] == "error" && lines("next").is_empty();
    (helpless || lines("evidence").is_empty()).then(|| format!("without evidence or next: {finding}"))
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.heart.take();
        let namespace = self.namespace.name();
        // Best effort, all of it: what is not there any more needs no removal. Nothing on a node without a kubelet
        // ends by itself, nor does what a finalizer holds.
        if self.manifest.contains("finalizers:") {
            let free = r#"{"metadata": {"finalizers": null}}"#;
            let patch = ["patch", "pod", "web", "-n", namespace, "--type=merge", "-p", free];
            self.cluster.try_kubectl(&patch, "");
        }
        let delete = ["delete", "-n", namespace, "--wait=false", "--ignore-not-found", "-f", "-"];
        self.cluster.try_kubectl(&delete, &self.manifest);
        if self.has_fake_node() {
            let pods =
                ["delete", "pods", "--all", "-n", namespace, "--force", "--grace-period=0", "--wait=false"];
            self.cluster.try_kubectl(&pods, "");
        }
        if self.manifest.contains("kind: CSIDriver") {
            self.delete_attachments();
        }
    }
}

impl Scene {
    /// The attach-detach controller made them, and would keep them for six minutes.
    fn delete_attachments(&self) {
        let namespace = self.namespace.name();
        let path = format!("jsonpath={{.items[?(@.spec.nodeName=='{namespace}')].metadata.name}}");
        let names = self.cluster.try_kubectl(&["get", "volumeattachments", "-o", &path], "");
        for name in names.split_whitespace() {
            let free = r#"{"metadata": {"finalizers": null}}"#;
            self.cluster.try_kubectl(&["delete", "volumeattachment", name, "--wait=false"], "");
            self.cluster.try_kubectl(&["patch", "volumeattachment", name, "--type=merge", "-p", free], "");
        }
    }
}

/// Puts in what stands in @...@: what differs from cluster to cluster.
fn fill_in(cluster: &TestCluster, manifest: &str, namespace: &str, node: &Value) -> String {
    let addresses = node["status"]["addresses"].as_array().into_iter().flatten();
    let internal = addresses.into_iter().find(|address| address["type"] == "InternalIP");
    let address = internal.and_then(|address| address["address"].as_str()).unwrap_or_default();
    let authority = cluster.kubectl([
        "config",
        "view",
        "--raw",
        "--minify",
        "-o",
        "jsonpath={.clusters[0].cluster.certificate-authority-data}",
    ]);
    let image = std::env::var("SK_TEST_STUB_IMAGE").expect("SK_TEST_STUB_IMAGE names the stub's image");
    let values = [
        ("@NAMESPACE@", namespace),
        ("@NODE@", node["metadata"]["name"].as_str().unwrap_or_default()),
        ("@ADDRESS@", address),
        ("@CA@", &authority),
        ("@IMAGE@", &image),
    ];
    values.iter().fold(manifest.to_owned(), |text, (place, value)| text.replace(place, value))
}

/// The heartbeats of a fake Node: without them the node controller finds it lost after 50 s.
struct Heart {
    stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// Time between two heartbeats.
const BEAT: Duration = Duration::from_secs(10);

impl Heart {
    fn of(node: &str, cluster: &TestCluster) -> Self {
        let (node, cluster) = (node.to_owned(), cluster.clone());
        let stopped = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&stopped);
        let thread = std::thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                beat(&cluster, &node);
                std::thread::park_timeout(BEAT);
            }
        });
        Self { stopped, thread: Some(thread) }
    }
}

/// A node that is ready is so still; one that is not has no heartbeats to lose.
fn beat(cluster: &TestCluster, node: &str) {
    let condition = json!({"type": "Ready", "lastHeartbeatTime": Timestamp::now().to_string()});
    let patch = json!({"status": {"conditions": [condition]}}).to_string();
    cluster.try_kubectl(&["patch", "node", node, "--subresource=status", "-p", &patch], "");
}

impl Drop for Heart {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // It panics nowhere, and if it did, the fixture would have failed by itself.
            let _ = thread.join();
        }
    }
}
