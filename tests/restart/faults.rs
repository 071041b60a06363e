//! The API server breaks while a rollout is watched: the right outcome, or exit 5 with how to go on.

#[path = "support.rs"]
#[expect(dead_code, reason = "the fake API's half serves another target")]
mod support;

#[path = "service.rs"]
#[expect(dead_code, reason = "not every test breaks its service")]
mod service;

use std::time::{Duration, Instant};

use service::{Restarts, Service};
use support::report;
use testkit::{Fault, FaultyApi, Reply, Request, Run, Running, TestCluster, wait_until};

/// Time for a restart to get as far as a new pod.
const BEGINS: Duration = Duration::from_secs(60);

/// More often than a watch is set up again in the time of a test.
const ALWAYS: usize = usize::MAX;

/// A service with one pod that takes a while to be ready, and the API server with faults before it.
struct Broken {
    cluster: TestCluster,
    service: Service,
    api: FaultyApi,
}

impl Broken {
    #[track_caller]
    fn new(ready_after: &str) -> Self {
        let cluster = TestCluster::get();
        let service = Service::start_with(&cluster, |deployment| deployment["spec"]["replicas"] = 1.into());
        service.order(&[("STUB_READY_AFTER", ready_after)]);
        let api = FaultyApi::start(&cluster);
        Self { cluster, service, api }
    }

    #[track_caller]
    fn begin(&self, timeout: &str) -> Running {
        let arguments = ["--soak", "0", "-o", "json", "--timeout", timeout];
        let mut running = self.service.restart_through(&self.api.kubeconfig(), &arguments).spawn();
        running.wait_for(" ready  new pod web-", BEGINS);
        running
    }

    fn generation(&self) -> i64 {
        let deployment = self.cluster.get_json(["deployment", "web", "-n", self.service.namespace()]);
        deployment["metadata"]["generation"].as_i64().unwrap_or_default()
    }

    fn patches(&self) -> usize {
        let of_deployment = |request: &&Request| request.method == "PATCH" && request.path.ends_with("/web");
        self.api.requests().iter().filter(of_deployment).count()
    }

    /// The rollout is complete in truth, and not only in the report.
    #[track_caller]
    fn succeeds(&self, run: Run) {
        let run = run.code(0);
        let told = report(&run);
        assert_eq!(
            (&told["outcome"], &told["verified"]["rollout"]),
            (&"Succeeded".into(), &"pass".into()),
            "{run}"
        );
        let status = self.service.try_kubectl(&["rollout", "status", "deployment/web", "--watch=false"]);
        assert!(status.contains("successfully rolled out"), "{status}\n{run}");
    }
}

fn is_watch(request: &Request) -> bool {
    request.query.iter().any(|(name, value)| name == "watch" && value != "false")
}

fn is_read(request: &Request) -> bool {
    request.method == "GET"
}

fn is_patch(request: &Request) -> bool {
    request.method == "PATCH"
}

/// Not known how it went, with how to go on.
#[track_caller]
fn unknown(run: Run) {
    let run = run.code(5);
    let told = report(&run);
    assert_eq!(
        (&told["outcome"], &told["verified"]["rollout"]),
        (&"Unknown".into(), &"unknown".into()),
        "{run}"
    );
    let next = told["findings"].as_array().into_iter().flatten().map(|finding| finding["next"].to_string());
    let next: String = next.collect();
    assert!(next.contains("rollout status deployment/web"), "{next}\n{run}");
}

fn too_many(retry_after: &str) -> Fault {
    let message = "the server has received too many requests and has asked us to try again later";
    Fault::Answer(Reply::refusal(429, "TooManyRequests", message).header("Retry-After", retry_after))
}

fn internal() -> Fault {
    Fault::Answer(Reply::refusal(500, "InternalError", "Internal error occurred: etcdserver: leader changed"))
}

#[test]
fn a_connection_that_is_cut() {
    let broken = Broken::new("4");
    let running = broken.begin("60s");
    broken.api.cut();
    broken.succeeds(running.join());
}

#[test]
fn a_server_that_is_away_for_10_seconds() {
    let broken = Broken::new("4");
    let running = broken.begin("60s");
    broken.api.down();
    let (gone, away) = (Instant::now(), Duration::from_secs(10));
    wait_until(2 * away, "the server to be away", || (gone.elapsed() >= away).then_some(()));
    broken.api.up();
    broken.succeeds(running.join());
}

#[test]
fn a_server_that_never_comes_back() {
    let broken = Broken::new("2");
    let running = broken.begin("8s");
    broken.api.down();
    unknown(running.join());
}

#[test]
fn watches_that_expired_or_are_refused_for_a_while() {
    for fault in [Fault::expired(), too_many("1"), internal()] {
        let broken = Broken::new("4");
        let running = broken.begin("60s");
        broken.api.inject(is_watch, fault, 8);
        broken.api.cut();
        broken.succeeds(running.join());
        assert_eq!(broken.api.faults(), 8, "the fault was over before the rollout was");
    }
}

#[test]
fn reads_that_are_refused_for_good() {
    for fault in [too_many("86400"), internal()] {
        let broken = Broken::new("2");
        let running = broken.begin("8s");
        broken.api.inject(is_read, fault, ALWAYS);
        broken.api.cut();
        unknown(running.join());
        assert!(broken.api.faults() > 0, "nothing met with the fault");
    }
}

#[test]
fn a_patch_whose_answer_is_lost_is_not_made_twice() {
    let broken = Broken::new("0");
    let before = broken.generation();
    broken.api.inject(is_patch, Fault::LostAnswer, 1);
    broken.succeeds(broken.begin("60s").join());
    assert_eq!((broken.patches(), broken.generation()), (1, before + 1));
}

#[test]
fn a_patch_that_never_arrived_is_made_again() {
    let broken = Broken::new("0");
    let before = broken.generation();
    broken.api.inject(is_patch, Fault::Answer(Reply::reset()), 1);
    broken.succeeds(broken.begin("60s").join());
    assert_eq!((broken.patches(), broken.generation()), (2, before + 1));
}
