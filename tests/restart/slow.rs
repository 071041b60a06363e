//! Healthy but slow services on the real cluster: a restart of them is never called failed.
//!
//! Once each; twenty times with `SK_TEST_ALL=1`.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

#[path = "support.rs"]
#[expect(dead_code, reason = "the fake API's half serves another target")]
mod support;

#[path = "service.rs"]
mod service;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use service::{Restarts, Service, kubectl};
use support::report;
use testkit::{Run, TestCluster, wait_until};

/// Time for a restart to get as far as a new pod, and for its cause to show.
const BEGINS: Duration = Duration::from_secs(60);

/// Rounds of each test.
fn rounds() -> usize {
    if std::env::var_os("SK_TEST_ALL").is_some_and(|all| all == "1") { 20 } else { 1 }
}

/// Rounds of a test that run at the same time: all four tests do too, and the node has room for 110 pods.
const AT_ONCE: usize = 2;

/// Runs every round, so that a false failure is counted and not just met.
fn never_fails(round: impl Fn(&TestCluster) -> Run + Sync) {
    let cluster = TestCluster::get();
    let left = AtomicUsize::new(rounds());
    let take = || left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok();
    let work = || {
        let mut failures = Vec::new();
        while take() {
            let run = round(&cluster);
            let report = report(&run);
            if report["outcome"] != "Succeeded" || report["verified"]["rollout"] != "pass" {
                failures.push(run.to_string());
            }
        }
        failures
    };
    let failures: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE.min(rounds())).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a round of its own")).collect()
    });
    assert!(
        failures.is_empty(),
        "{} of {} called failed:\n{}",
        failures.len(),
        rounds(),
        failures.join("\n")
    );
}

/// Restarts with the defaults, but for the soak.
const DEFAULTS: &[&str] = &["--soak", "0", "-o", "json"];

/// All pods at once: the new ones come before any old one goes.
fn all_at_once(deployment: &mut Value) {
    deployment["spec"]["strategy"]["rollingUpdate"]["maxSurge"] = json!("100%");
}

#[test]
fn pods_that_are_ready_after_40_seconds() {
    never_fails(|cluster| {
        let service = Service::start_with(cluster, all_at_once);
        service.order(&[("STUB_READY_AFTER", "40")]);
        let began = Instant::now();
        let run = service.restart(DEFAULTS).run();
        assert!(began.elapsed() >= Duration::from_secs(40), "it was not slow\n{run}");
        run
    });
}

#[test]
fn one_crash_in_three_pods() {
    never_fails(|cluster| {
        let service = Service::start(cluster);
        service.order(&[("STUB_READY_AFTER", "3")]);
        let mut running = service.restart(DEFAULTS).spawn();
        running.wait_for(" starting on ", BEGINS);
        let said = running.stderr();
        let pod = said.lines().find(|line| line.contains(" starting on ")).and_then(|line| {
            let mut words = line.split_whitespace();
            words.find(|word| *word == "pod").and_then(|_| words.next())
        });
        let pod = pod.expect("the line names the pod");
        let curl = ["curl", "-s", "-X", "POST", "localhost:8080/misbehave?exit-code=7"];
        // It may end with the container that it is in; the count of restarts below tells whether it was heard.
        let exec = kubectl(cluster.kubeconfig()).args(["exec", "-n", service.namespace(), pod, "--"]);
        exec.args(curl).run();
        let run = running.join();
        let pods = report(&run)["pods"].clone();
        let restarts = pods.as_array().into_iter().flatten().filter_map(|pod| pod["restarts"].as_u64());
        assert_eq!(restarts.sum::<u64>(), 1, "not one crash in three pods\n{run}");
        run
    });
}

#[test]
fn a_config_map_that_arrives_15_seconds_late() {
    never_fails(|cluster| {
        let service = Service::start(cluster);
        service.kubectl(&["delete", "configmap", "web-config"]);
        let mut running = service.restart(DEFAULTS).spawn();
        running.wait_for("crashloop/config-error", BEGINS);
        let shown = Instant::now();
        let late = Duration::from_secs(15);
        wait_until(2 * late, "the ConfigMap to be late", || (shown.elapsed() >= late).then_some(()));
        service.apply(&json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web-config"},
            "data": {"RATE_LIMIT_RPS": "5"}}));
        running.join()
    });
}

/// Longer than `--fail-after`.
const LEAVES_AFTER: &str = "35";

#[test]
fn a_node_that_has_room_only_after_an_old_pod_went() {
    never_fails(|cluster| {
        let slots = Slots::on_a_node(cluster, 1);
        let service = Service::start_with(cluster, |deployment| {
            deployment["spec"]["replicas"] = 1.into();
            deployment["spec"]["strategy"]["rollingUpdate"] = json!({"maxSurge": 1, "maxUnavailable": 1});
            let spec = &mut deployment["spec"]["template"]["spec"];
            spec["terminationGracePeriodSeconds"] = 60.into();
            let container = &mut spec["containers"][0];
            container["env"]
                .as_array_mut()
                .expect("a list")
                .push(json!({"name": "STUB_SIGTERM_DELAY", "value": LEAVES_AFTER}));
            container["resources"]["limits"][&slots.name] = 1.into();
        });
        let mut running = service.restart(DEFAULTS).spawn();
        running.wait_for(&slots.name, BEGINS);
        running.join()
    });
}

/// Places on the node for pods that ask for one, which no other test's pods do.
struct Slots {
    cluster: TestCluster,
    node: String,
    name: String,
}

impl Slots {
    #[track_caller]
    fn on_a_node(cluster: &TestCluster, count: usize) -> Self {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("kubectl-sk.test/slots-{}-{number}", std::process::id());
        let node = cluster.get_json(["nodes"])["items"][0]["metadata"]["name"].as_str().map(str::to_owned);
        let slots = Self { cluster: cluster.clone(), node: node.expect("a node has a name"), name };
        slots.patch(&json!(count.to_string()));
        slots
    }

    #[track_caller]
    fn patch(&self, count: &Value) {
        let mut slots = json!({});
        slots[&self.name] = count.clone();
        let patch = json!({"status": {"capacity": slots, "allocatable": slots}}).to_string();
        self.cluster.kubectl([
            "patch",
            "node",
            &self.node,
            "--subresource=status",
            "--type=merge",
            "-p",
            &patch,
        ]);
    }
}

impl Drop for Slots {
    fn drop(&mut self) {
        self.patch(&Value::Null);
    }
}
