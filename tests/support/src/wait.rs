//! Waiting for a state, with a deadline.

use std::time::{Duration, Instant};

/// Time between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// Looks until there is something; none when `deadline` is over.
pub fn until<T>(deadline: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    loop {
        if let Some(seen) = look() {
            return Some(seen);
        }
        if start.elapsed() > deadline {
            return None;
        }
        std::thread::park_timeout(PAUSE);
    }
}

/// Waits until `look` sees something.
///
/// # Panics
/// It did not within `deadline`; `what` says what was waited for.
#[track_caller]
pub fn wait_until<T>(deadline: Duration, what: &str, look: impl FnMut() -> Option<T>) -> T {
    until(deadline, look).unwrap_or_else(|| panic!("waited {deadline:?} for {what}"))
}
