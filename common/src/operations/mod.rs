//! The driver of operations: asks the core for the next action, does it, observes.

mod clock;
mod signals;

use std::time::Duration;

use jiff::Timestamp;
use sk_core::restart::{Action, Observation, Restart, Signal};

pub use clock::Clock;
pub use signals::Signals;

use crate::cluster::{Change, Cluster, Watch};

/// Time between two looks of the screen at a running operation.
const FRAME: Duration = Duration::from_millis(250);

/// Longest time that is spent on writing down what is done already.
const PATIENCE: Duration = Duration::from_secs(5);

/// Who looks at a running operation.
pub trait Audience {
    /// Called after every step, and a few times a second in between.
    fn show(&mut self, restart: &Restart, now: Timestamp);

    /// Resolves when a person has seen enough of the soak.
    fn quit(&mut self) -> impl Future<Output = ()>;
}

/// Runs a restart to its end.
pub async fn drive(
    cluster: &Cluster,
    watch: &mut Watch<'_>,
    restart: &mut Restart,
    clock: Clock,
    signals: &mut Signals,
    audience: &mut impl Audience,
) {
    let mut observation = Observation::Begin;
    loop {
        let action = restart.next(observation, clock.now());
        audience.show(restart, clock.now());
        observation = match action {
            Action::Watch { until } => wait(watch, until, restart, clock, signals, audience).await,
            Action::Finish => return,
            // What only reads may be called off; a write may not.
            action @ (Action::Read | Action::Fetch(_) | Action::Inspect(_) | Action::ReadLogs { .. }) => {
                unless_interrupted(signals, act(cluster, restart, action, clock))
                    .await
                    .unwrap_or_else(Observation::Signal)
            }
            action => act(cluster, restart, action, clock).await,
        };
    }
}

/// Does what is one request, or a few at once.
async fn act(cluster: &Cluster, restart: &Restart, action: Action, clock: Clock) -> Observation {
    let target = &restart.plan().request.target;
    match action {
        Action::Lease { name, request } => {
            Observation::Lease(cluster.lease(&target.namespace, &name, request).await)
        }
        Action::Patch { body, dry_run } => {
            let manager = restart.plan().field_manager();
            Observation::Patched(cluster.patch_deployment(target, &body, manager, dry_run).await)
        }
        Action::Read => {
            let read = cluster.deployment(target).await;
            Observation::Read(read.map(|found| found.map(Box::new)).map_err(|error| error.to_string()))
        }
        Action::Fetch(needs) => Observation::Fetched(cluster.fetch(target, &needs).await),
        Action::Inspect(inspection) => Observation::Inspected(cluster.inspect(target, &inspection).await),
        Action::ReadLogs { since } => Observation::Logs(
            cluster.logs_since(target, &restart.containers(), clock.now().duration_since(since)).await,
        ),
        Action::Record(record) => {
            let recording = cluster.record(&restart.seen().deployment, target, &record);
            let unrecorded = tokio::time::timeout(PATIENCE, recording).await;
            Observation::Recorded(unrecorded.unwrap_or_else(|_| vec!["no answer in time".to_owned()]))
        }
        Action::Watch { .. } | Action::Finish => Observation::Quiet,
    }
}

async fn wait(
    watch: &mut Watch<'_>,
    until: Timestamp,
    restart: &Restart,
    clock: Clock,
    signals: &mut Signals,
    audience: &mut impl Audience,
) -> Observation {
    let until = clock.instant(until);
    let mut frames = tokio::time::interval(FRAME);
    loop {
        tokio::select! {
            signal = signals.next() => return Observation::Signal(signal),
            change = watch.next() => return match change {
                Change::Workload(workload) => Observation::Workload(workload),
                Change::Gone => Observation::Gone,
                Change::Trouble(error) => Observation::Trouble(error.to_string()),
            },
            () = tokio::time::sleep_until(until) => return Observation::Quiet,
            () = audience.quit(), if restart.soak().is_some() => return Observation::Quit,
            _ = frames.tick() => audience.show(restart, clock.now()),
        }
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
