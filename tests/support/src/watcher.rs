//! Witnesses of the real cluster: what its objects showed, and when, from a watch of their own.

use std::io::BufReader;
use std::process::{Child, ChildStdout, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Deserializer, Value};

use crate::TestCluster;

/// Time for a watch to begin.
const FIRST_EVENT: Duration = Duration::from_secs(30);

/// Records what it picks from each state of the objects it watches, and the moment it saw it.
pub struct Witness<T> {
    child: Child,
    reader: JoinHandle<Vec<(Instant, T)>>,
}

impl<T: Send + 'static> Witness<T> {
    /// Begins to watch `objects`, as `["pods"]` or `["deployment", "web"]`; returns once the first state was seen.
    ///
    /// # Panics
    /// No state came within 30 s.
    #[track_caller]
    pub fn watch(
        cluster: &TestCluster,
        namespace: &str,
        objects: &[&str],
        pick: impl Fn(&Value) -> Option<T> + Send + 'static,
    ) -> Self {
        let watch = ["-n", namespace, "--watch", "-o", "json"];
        let mut command = cluster.command(["get"].iter().chain(objects).chain(&watch));
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("kubectl get --watch: {error}"));
        let Some(stdout) = child.stdout.take() else { panic!("kubectl get --watch has no stdout") };
        let (begun, first) = channel();
        let reader = std::thread::spawn(move || record(stdout, &begun, pick));
        wait_for(&first, objects);
        Self { child, reader }
    }

    /// Ends the watch and returns all that was picked, in order.
    ///
    /// # Panics
    /// The watch had ended before: then it proves nothing.
    #[track_caller]
    pub fn finish(mut self) -> Vec<(Instant, T)> {
        let ended = self.child.try_wait().unwrap_or_else(|error| panic!("kubectl get --watch: {error}"));
        assert!(ended.is_none(), "the watch ended too early: {ended:?}");
        // It is alive and ours, so both work.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.reader.join().unwrap_or_else(|_| panic!("the watch broke"))
    }
}

#[track_caller]
fn wait_for(first: &Receiver<()>, objects: &[&str]) {
    assert!(first.recv_timeout(FIRST_EVENT).is_ok(), "no state of {objects:?} within {FIRST_EVENT:?}");
}

/// Killing kubectl cuts the stream in the middle of a document, which ends the recording.
fn record<T>(
    stdout: ChildStdout,
    begun: &Sender<()>,
    pick: impl Fn(&Value) -> Option<T>,
) -> Vec<(Instant, T)> {
    let states = Deserializer::from_reader(BufReader::new(stdout)).into_iter::<Value>().map_while(Result::ok);
    let mut picked = Vec::new();
    for state in states {
        picked.extend(pick(&state).map(|picked| (Instant::now(), picked)));
        // Only the first is waited for.
        let _ = begun.send(());
    }
    picked
}

/// How many replicas of a Deployment were available, for as long as it lives.
pub struct Availability(Witness<u64>);

impl Availability {
    /// Begins to watch; returns once the first state is recorded.
    ///
    /// # Panics
    /// No state came within 30 s.
    #[track_caller]
    pub fn watch(cluster: &TestCluster, namespace: &str, deployment: &str) -> Self {
        let available = |state: &Value| Some(state["status"]["availableReplicas"].as_u64().unwrap_or(0));
        Self(Witness::watch(cluster, namespace, &["deployment", deployment], available))
    }

    /// Every count seen, in order. Its minimum is what clients had at the worst moment.
    ///
    /// # Panics
    /// The watch had ended before: then it proves nothing.
    #[track_caller]
    pub fn finish(self) -> Vec<u64> {
        self.0.finish().into_iter().map(|(_, count)| count).collect()
    }
}
