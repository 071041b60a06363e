//! What is known before a rollback is decided on, beyond what any rollout needs.

use jiff::Timestamp;

use super::choice::{self, Choice, NoChoice};
use super::history::History;
use crate::fact::Fact;
use crate::operation::Entry;
use crate::references::{self, Kept, Reference};
use crate::workload::Workload;

/// The history, what was chosen of it, and what that needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Ahead {
    /// The revisions that there are.
    pub history: History,
    /// The one to go back to.
    pub choice: Result<Choice, NoChoice>,
    /// Why `sk-history` could not be read, where it could not.
    pub unread: Option<String>,
    /// The `ConfigMap`s and Secrets that the chosen template requires.
    pub kept: Kept,
}

impl Ahead {
    /// Chooses: the revision of this number, else the one that is best to go back to.
    pub fn of(
        workload: &Workload,
        operations: &Fact<Vec<Entry>>,
        number: Option<i64>,
        now: Timestamp,
    ) -> Self {
        let history = History::of(workload, operations, now);
        let choice =
            number.map_or_else(|| choice::choose(&history), |number| choice::named(&history, number));
        Self { history, choice, unread: operations.reason().map(str::to_owned), kept: Kept::new() }
    }

    /// What has to be looked at for the template that was chosen.
    pub fn needs(&self) -> Vec<Reference> {
        let chosen = self.choice.iter();
        chosen.flat_map(|choice| references::required(choice.set.template()).into_keys()).collect()
    }
}
