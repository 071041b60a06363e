//! The time of an operation: wall-clock time that never jumps.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

/// Wall-clock time at the start, plus the time that has really passed since.
///
/// A laptop that sleeps, or a clock that is set, must not look like a rollout without progress.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    wall: Timestamp,
    started: Instant,
}

impl Clock {
    /// Starts now.
    pub fn start() -> Self {
        Self { wall: Timestamp::now(), started: Instant::now() }
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        let passed = SignedDuration::try_from(self.started.elapsed()).unwrap_or(SignedDuration::MAX);
        self.wall.saturating_add(passed).unwrap_or(self.wall)
    }

    /// The moment of the runtime's timer that belongs to a time.
    pub fn instant(&self, at: Timestamp) -> tokio::time::Instant {
        let ahead = at.duration_since(self.wall).max(SignedDuration::ZERO).unsigned_abs();
        tokio::time::Instant::from_std(self.started + ahead)
    }
}
