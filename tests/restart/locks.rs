//! The lock on the real cluster: two at once, a take-over, a holder that was killed, and signals.

#[path = "support.rs"]
#[expect(dead_code, reason = "the fake API's half serves another target")]
mod support;

#[path = "service.rs"]
mod service;

use std::time::Duration;

use serde_json::Value;
use service::{Restarts, Service};
use support::report;
use testkit::{Run, Running, TestCluster, wait_until};

/// Time for a restart to get as far as making the first new pod.
const BEGINS: Duration = Duration::from_secs(60);

/// A service whose new pods take their time, so that a restart holds the lock for that long.
fn slow_service(cluster: &TestCluster, seconds: &str) -> Service {
    let service = Service::start_with(cluster, |deployment| {
        deployment["spec"]["replicas"] = 1.into();
    });
    service.order(&[("STUB_READY_AFTER", seconds)]);
    service
}

/// Starts a restart and waits until it has patched: a new pod shows.
#[track_caller]
fn begin(service: &Service, arguments: &[&str]) -> Running {
    let mut running = service.restart(&["--soak", "0"]).args(arguments).spawn();
    running.wait_for(" ready  new pod web-", BEGINS);
    running
}

fn get(cluster: &TestCluster, service: &Service, object: &str) -> Value {
    cluster.get_json([object, "web", "-n", service.namespace()])
}

/// Events and history that name this operation.
fn traces(cluster: &TestCluster, service: &Service, operation: &str) -> Vec<String> {
    let all = |kind: &str| cluster.get_json([kind, "-n", service.namespace()]);
    let (events, maps) = (all("events"), all("configmaps"));
    let items = |list: &Value| list["items"].as_array().cloned().unwrap_or_default();
    let found = items(&events).into_iter().chain(items(&maps)).map(|object| object.to_string());
    found.filter(|text| text.contains(operation)).collect()
}

fn operation(run: &Run) -> String {
    report(run)["operation"].as_str().unwrap_or_default().to_owned()
}

/// The code of the report's first finding, and its summary.
fn finding(run: &Run) -> (String, String) {
    let report = report(run);
    let text = |field: &str| report["findings"][0][field].as_str().unwrap_or_default().to_owned();
    (text("code"), text("summary"))
}

fn leases(cluster: &TestCluster, service: &Service) -> usize {
    let leases = cluster.get_json(["leases", "-n", service.namespace()]);
    leases["items"].as_array().map_or(0, Vec::len)
}

#[test]
fn the_second_is_told_who_and_a_take_over_wins() {
    let cluster = TestCluster::get();
    let service = slow_service(&cluster, "20");
    let first = begin(&service, &["-o", "json", "--reason", "rotate certificates"]);
    let patched = get(&cluster, &service, "deployment")["metadata"]["generation"].clone();

    let second = service.restart(&["--soak", "0", "-o", "json"]).run().code(4);
    let (code, told) = finding(&second);
    let lease = cluster.get_json(["lease", "sk-web", "-n", service.namespace()]);
    assert_eq!((code.as_str(), &report(&second)["outcome"]), ("lock/held", &"Locked".into()), "{second}");
    let identity = lease["spec"]["holderIdentity"].as_str().expect("the lease names its holder");
    let holder = &lease["metadata"]["annotations"]["sk.skillancer.io/operation"];
    for part in [identity, " since ", "rotate certificates", holder.as_str().unwrap_or("no operation")] {
        assert!(told.contains(part), "{told:?} without {part:?}\n{second}");
    }
    assert_eq!(get(&cluster, &service, "deployment")["metadata"]["generation"], patched, "{second}");

    service.order(&[("STUB_READY_AFTER", "0")]);
    let third = service.restart(&["--soak", "0", "-o", "json", "--take-over", "--reason", "it is mine"]);
    let third = third.run().code(0);
    let first = first.join().code(5);
    assert_eq!(finding(&first).0, "lock/displaced", "{first}");
    let next = report(&first)["findings"][0]["next"].to_string();
    assert!(next.contains("rollout status deployment/web"), "{next}\n{first}");
    assert_eq!(traces(&cluster, &service, &operation(&first)), Vec::<String>::new(), "{first}");
    assert_eq!(traces(&cluster, &service, &operation(&third)).len(), 2, "{third}");
    assert_eq!(leases(&cluster, &service), 0);
}

#[test]
fn the_lock_of_a_killed_holder_runs_out() {
    let cluster = TestCluster::get();
    let service = slow_service(&cluster, "2");
    let first = begin(&service, &[]);
    first.signal("KILL");
    let first = first.join();
    let again = || service.restart(&["--soak", "0", "-o", "json"]).run();
    let second = again().code(4);
    assert_eq!(finding(&second).0, "lock/held", "{second}\nafter {first}");
    let run = wait_until(Duration::from_secs(60), "the lock of a dead holder to run out", || {
        let run = again();
        (report(&run)["outcome"] != "Locked").then_some(run)
    });
    let run = run.code(0);
    let steps = report(&run)["steps"].clone();
    let time = |field: &str| steps[0][field].as_str().and_then(|time| time.parse::<jiff::Timestamp>().ok());
    let waited = time("finishedAt").zip(time("startedAt")).map(|(end, start)| end.duration_since(start));
    assert!(
        waited >= Some(jiff::SignedDuration::from_secs(14)),
        "it was not watched before it was taken\n{run}"
    );
    assert_eq!(leases(&cluster, &service), 0);
}

#[test]
fn signals_leave_the_rollout_going_and_the_lock_free() {
    let cluster = TestCluster::get();
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let service = slow_service(&cluster, "5");
        let running = begin(&service, &[]);
        running.signal(signal);
        let run = running.join().code(code);
        for part in ["rollout/interrupted", "Kubernetes goes on", "rollout status deployment/web"] {
            assert!(run.stdout.contains(part), "{part:?} is not said\n{run}");
        }
        assert_eq!(leases(&cluster, &service), 0, "the lock is still held");
        service.kubectl(&["rollout", "status", "deployment/web", "--timeout=60s"]);
    }
}
