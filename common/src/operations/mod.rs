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
const RECORDING: Duration = Duration::from_secs(5);

/// Runs a restart to its end. `show` is called after every step and a few times a second in between.
pub async fn drive(
    cluster: &Cluster,
    watch: &mut Watch<'_>,
    restart: &mut Restart,
    clock: Clock,
    signals: &mut Signals,
    mut show: impl FnMut(&Restart, Timestamp),
) {
    let mut observation = Observation::Begin;
    loop {
        let action = restart.next(observation, clock.now());
        show(restart, clock.now());
        let target = &restart.plan().request.target;
        observation = match action {
            Action::Patch { body, dry_run } => {
                let manager = restart.plan().field_manager();
                Observation::Patched(cluster.patch_deployment(target, &body, manager, dry_run).await)
            }
            Action::Read => {
                let read = cluster.deployment(target).await;
                Observation::Read(read.map(|found| found.map(Box::new)).map_err(|error| error.to_string()))
            }
            Action::Watch { until } => {
                let mut redraw = || show(restart, clock.now());
                wait(watch, clock.instant(until), signals, &mut redraw).await
            }
            Action::Record(note) => {
                let recording = cluster.record(&restart.seen().deployment, target, &note);
                let recorded = tokio::time::timeout(RECORDING, recording).await;
                Observation::Recorded(recorded.unwrap_or_else(|_| Err("no answer in time".to_owned())))
            }
            Action::Finish => return,
        };
    }
}

async fn wait(
    watch: &mut Watch<'_>,
    until: tokio::time::Instant,
    signals: &mut Signals,
    redraw: &mut impl FnMut(),
) -> Observation {
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
            _ = frames.tick() => redraw(),
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
