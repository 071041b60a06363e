//! The driver of operations: asks the core for the next action, does it, observes.

mod clock;
mod diagnose;
mod evict;
mod restart;
mod signals;

use std::time::Duration;

use jiff::Timestamp;
use sk_core::operation::{Action, Observation, Signal};

pub use clock::Clock;
pub use diagnose::{Judgement, diagnose_all};
pub use signals::Signals;

use crate::cluster::{Change, Cluster, Watch};

/// Time between two looks of the screen at a running operation.
const FRAME: Duration = Duration::from_millis(250);

/// Longest time that is spent on writing down what is done already.
const PATIENCE: Duration = Duration::from_secs(5);

/// A running operation of the core, with what only its own actions need.
pub trait Operation {
    /// Takes an observation and says what to do next.
    fn next(&mut self, observation: Observation, now: Timestamp) -> Action;

    /// The namespace it works in.
    fn namespace(&self) -> &str;

    /// Whether a person may end it now by having seen enough.
    fn may_be_quit(&self) -> bool {
        false
    }

    /// Does one of its own actions.
    fn act(&self, cluster: &Cluster, action: Action, now: Timestamp) -> impl Future<Output = Observation>;
}

/// Who looks at a running operation.
pub trait Audience<O> {
    /// Called after every step, and a few times a second in between.
    fn show(&mut self, operation: &O, now: Timestamp);

    /// Resolves when a person has seen enough.
    fn quit(&mut self) -> impl Future<Output = ()>;
}

/// Runs an operation to its end.
pub async fn drive<O: Operation>(
    cluster: &Cluster,
    watch: &mut Watch<'_>,
    operation: &mut O,
    clock: Clock,
    signals: &mut Signals,
    audience: &mut impl Audience<O>,
) {
    let mut observation = Observation::Begin;
    loop {
        let action = operation.next(observation, clock.now());
        audience.show(operation, clock.now());
        observation = match action {
            Action::Watch { until } => wait(watch, until, operation, clock, signals, audience).await,
            Action::Finish => return,
            // What only reads may be called off; a write may not.
            action @ (Action::Read | Action::Fetch(_) | Action::Inspect(_) | Action::ReadLogs { .. }) => {
                unless_interrupted(signals, act(cluster, operation, action, clock))
                    .await
                    .unwrap_or_else(Observation::Signal)
            }
            action => act(cluster, operation, action, clock).await,
        };
    }
}

/// Does what is one request, or a few at once.
async fn act(cluster: &Cluster, operation: &impl Operation, action: Action, clock: Clock) -> Observation {
    let namespace = operation.namespace();
    match action {
        Action::Lease { name, request } => Observation::Lease(cluster.lease(namespace, &name, request).await),
        Action::Fetch(needs) => Observation::Fetched(cluster.fetch(namespace, &needs).await),
        Action::Inspect(inspection) => Observation::Inspected(cluster.inspect(namespace, &inspection).await),
        Action::Record(record) => {
            let unrecorded = tokio::time::timeout(PATIENCE, cluster.record(namespace, &record)).await;
            Observation::Recorded(unrecorded.unwrap_or_else(|_| vec!["no answer in time".to_owned()]))
        }
        action => operation.act(cluster, action, clock.now()).await,
    }
}

async fn wait<O: Operation>(
    watch: &mut Watch<'_>,
    until: Timestamp,
    operation: &O,
    clock: Clock,
    signals: &mut Signals,
    audience: &mut impl Audience<O>,
) -> Observation {
    let until = clock.instant(until);
    let mut frames = tokio::time::interval(FRAME);
    loop {
        tokio::select! {
            signal = signals.next() => return Observation::Signal(signal),
            change = watch.next() => return noticed(change),
            () = tokio::time::sleep_until(until) => return Observation::Quiet,
            () = audience.quit(), if operation.may_be_quit() => return Observation::Quit,
            _ = frames.tick() => audience.show(operation, clock.now()),
        }
    }
}

fn noticed(change: Change) -> Observation {
    match change {
        Change::Workload(workload) => Observation::Workload(workload),
        Change::Siblings(siblings) => Observation::Pods(siblings),
        Change::Gone => Observation::Gone,
        Change::Trouble(error) => Observation::Trouble(error.to_string()),
    }
}

/// Runs something that a signal may end.
///
/// # Errors
/// The signal that ended it.
pub async fn unless_interrupted<T>(
    signals: &mut Signals,
    work: impl Future<Output = T>,
) -> Result<T, Signal> {
    tokio::select! {
        signal = signals.next() => Err(signal),
        done = work => Ok(done),
    }
}

/// The runtime of a plugin: one thread, for there is one operation.
///
/// # Errors
/// The operating system refuses what it needs.
pub fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

/// The id of a new operation: a ULID, so ids sort by time.
pub fn new_id() -> String {
    ulid::Ulid::generate().to_string()
}

/// Name of this machine, for those who find it holding a lock.
pub fn host() -> String {
    gethostname::gethostname().to_string_lossy().into_owned()
}
