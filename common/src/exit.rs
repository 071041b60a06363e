//! The exit codes of the contract, in one table.

use sk_core::operation::Signal;
use sk_core::report::Outcome;

/// Done; of a diagnosis: no finding of severity `error`.
pub const DONE: u8 = 0;
/// It ran and failed; of a diagnosis: findings of severity `error`.
pub const FAILED: u8 = 1;
/// The command line, the catalogue or the kubeconfig is wrong; nothing was contacted or changed.
pub const WRONG_INPUT: u8 = 2;
/// Not started: refused, declined, absent, not allowed, not reachable; nothing was changed.
pub const NOT_STARTED: u8 = 3;
/// Another operation holds the target; nothing was changed.
pub const LOCKED: u8 = 4;
/// Started, and the result is not known.
pub const UNKNOWN: u8 = 5;

/// The code of an outcome; an interrupted operation ends with 128 and its signal's number, as shells say it.
pub fn code(outcome: Outcome, signal: Option<Signal>) -> u8 {
    match outcome {
        Outcome::Succeeded | Outcome::Planned | Outcome::Unchanged => DONE,
        Outcome::Failed => FAILED,
        Outcome::Refused | Outcome::Declined => NOT_STARTED,
        Outcome::Locked => LOCKED,
        Outcome::Unknown => UNKNOWN,
        Outcome::Interrupted => match signal {
            Some(Signal::Hangup) => 129,
            Some(Signal::Terminate) => 143,
            Some(Signal::Interrupt) | None => 130,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_the_contract_says() {
        for (outcome, signal, expected) in [
            (Outcome::Succeeded, None, 0),
            (Outcome::Planned, None, 0),
            (Outcome::Unchanged, None, 0),
            (Outcome::Failed, None, 1),
            (Outcome::Refused, None, 3),
            (Outcome::Declined, None, 3),
            (Outcome::Locked, None, 4),
            (Outcome::Unknown, None, 5),
            (Outcome::Interrupted, Some(Signal::Interrupt), 130),
            (Outcome::Interrupted, Some(Signal::Terminate), 143),
            (Outcome::Interrupted, Some(Signal::Hangup), 129),
        ] {
            assert_eq!(code(outcome, signal), expected, "{outcome:?}");
        }
    }
}
