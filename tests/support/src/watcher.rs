//! A witness: how many replicas of a Deployment were available, from a watch of its own.

use std::io::BufReader;
use std::process::{Child, ChildStdout, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Deserializer, Value};

use crate::TestCluster;

/// Time for a watch to begin.
const FIRST_EVENT: Duration = Duration::from_secs(30);

/// Records `status.availableReplicas` of a Deployment for as long as it lives.
pub struct Availability {
    child: Child,
    reader: JoinHandle<Vec<u64>>,
}

impl Availability {
    /// Begins to watch; returns once the first state is recorded.
    ///
    /// # Panics
    /// No state came within 30 s.
    #[track_caller]
    pub fn watch(cluster: &TestCluster, namespace: &str, deployment: &str) -> Self {
        let mut command =
            cluster.command(["get", "deployment", deployment, "-n", namespace, "--watch", "-o", "json"]);
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("kubectl get --watch: {error}"));
        let Some(stdout) = child.stdout.take() else { panic!("kubectl get --watch has no stdout") };
        let (begun, first) = channel();
        let reader = std::thread::spawn(move || record(stdout, &begun));
        wait_for(&first, deployment);
        Self { child, reader }
    }

    /// Ends the watch and returns every count seen, in order. Its minimum is what clients had at the worst moment.
    ///
    /// # Panics
    /// The watch had ended before: then it proves nothing.
    #[track_caller]
    pub fn finish(mut self) -> Vec<u64> {
        let ended = self.child.try_wait().unwrap_or_else(|error| panic!("kubectl get --watch: {error}"));
        assert!(ended.is_none(), "the watch of availability ended too early: {ended:?}");
        // It is alive and ours, so both work.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.reader.join().unwrap_or_else(|_| panic!("the watch of availability broke"))
    }
}

#[track_caller]
fn wait_for(first: &Receiver<()>, deployment: &str) {
    assert!(
        first.recv_timeout(FIRST_EVENT).is_ok(),
        "no state of deployment {deployment} within {FIRST_EVENT:?}"
    );
}

/// Killing kubectl cuts the stream in the middle of a document, which ends the recording.
fn record(stdout: ChildStdout, begun: &Sender<()>) -> Vec<u64> {
    let states = Deserializer::from_reader(BufReader::new(stdout)).into_iter::<Value>().map_while(Result::ok);
    let mut counts = Vec::new();
    for state in states {
        counts.push(state["status"]["availableReplicas"].as_u64().unwrap_or(0));
        // Only the first is waited for.
        let _ = begun.send(());
    }
    counts
}
