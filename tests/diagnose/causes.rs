//! Every cause that one kind node and fake Nodes can show, on the real cluster: found by its code, on its object, alone.
//!
//! A subset in every run; all with `SK_TEST_ALL=1`; with `SK_TEST_CAUSES=image/` those whose code starts so.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

mod causes_fixture;
mod causes_scene;
mod causes_table;

use std::sync::Mutex;

use causes_fixture::Fixture;
use causes_scene::Scene;
use causes_table::FIXTURES;
use testkit::TestCluster;

/// Fixtures of one family that stand on the cluster at the same time.
const AT_ONCE: usize = 4;

fn is_wanted(fixture: &Fixture) -> bool {
    if let Ok(start) = std::env::var("SK_TEST_CAUSES") {
        return fixture.code.starts_with(&start);
    }
    fixture.every_run || std::env::var_os("SK_TEST_ALL").is_some_and(|all| all == "1")
}

/// Proves the family's fixtures, the slowest first, and names all that failed.
fn prove(family: &str) {
    let cluster = TestCluster::get();
    let mut wanted: Vec<&Fixture> =
        FIXTURES.iter().filter(|fixture| fixture.family() == family && is_wanted(fixture)).collect();
    wanted.sort_by_key(|fixture| fixture.deadline);
    let left = Mutex::new(wanted);
    let take = || left.lock().expect("no fixture fails while it is taken").pop();
    let work =
        || std::iter::from_fn(take).filter(|fixture| !stands(&cluster, fixture)).map(|fixture| fixture.code);
    let failed: Vec<&str> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(|| work().collect::<Vec<_>>())).collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().expect("fixtures fail in threads of their own"))
            .collect()
    });
    assert!(failed.is_empty(), "see above: {}", failed.join(", "));
}

/// Whether a fixture is proven. A thread of its own says what is wrong, and lets the others go on.
fn stands(cluster: &TestCluster, fixture: &Fixture) -> bool {
    std::thread::scope(|scope| scope.spawn(|| Scene::set(cluster, fixture).prove()).join().is_ok())
}

#[test]
fn images() {
    prove("image");
}

#[test]
fn crash_loops() {
    prove("crashloop");
}

#[test]
fn readiness() {
    prove("readiness");
}

#[test]
fn pending() {
    prove("pending");
}

#[test]
fn terminating() {
    prove("terminating");
}

#[test]
fn rollouts() {
    prove("rollout");
}
