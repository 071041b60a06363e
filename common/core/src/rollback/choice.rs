//! Which revision to go back to, and why not to a newer one.

use jiff::SignedDuration;

use super::history::{History, Revision};
use super::served::Served;
use crate::duration;
use crate::operation::Entry;
use crate::revision;
use crate::words::counted;
use crate::workload::{ReplicaSet, Workload};

/// What served this long has shown that it can.
const PROVEN: SignedDuration = SignedDuration::from_mins(10);

/// The revision to go back to.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// Its number.
    pub number: i64,
    /// The `ReplicaSet` that has its template.
    pub set: ReplicaSet,
    /// Why this one.
    pub why: String,
    /// Newer ones, and why not those.
    pub passed_over: Vec<PassedOver>,
}

/// A revision that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct PassedOver {
    /// Its number.
    pub revision: i64,
    /// Why not.
    pub why: String,
}

/// Why there is no revision to go back to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoChoice {
    /// In words.
    pub why: String,
    /// A number that can be named, where one might do.
    pub might_do: Option<i64>,
}

/// Chooses without `--to-revision`: of the revisions that really differ the newest that was verified, else the newest
/// that served long enough, else the newest that is not known to be broken.
///
/// # Errors
/// None really differs, or none of those is known to have served.
pub fn choose(history: &History) -> Result<Choice, NoChoice> {
    let differing = || history.revisions.iter().filter(|revision| !revision.current);
    if differing().next().is_none() {
        return Err(NoChoice { why: nothing_else(history), might_do: None });
    }
    let sound = || differing().filter(|revision| revision.failed.is_none() && revision.crashes().is_none());
    let chosen = sound()
        .find(|revision| verified(revision).is_some())
        .or_else(|| sound().find(|revision| revision.served.at_least() >= PROVEN))
        .or_else(|| differing().find(|revision| revision.broken().is_none()));
    match chosen {
        Some(revision) => choice(history, revision, why(revision)).ok_or_else(|| no_choice(history)),
        None => Err(no_choice(history)),
    }
}

/// Takes the revision that `--to-revision` names.
///
/// # Errors
/// It is pruned, not there yet, or the same template as now.
pub fn named(history: &History, number: i64) -> Result<Choice, NoChoice> {
    let refuse =
        |why: String| Err(NoChoice { why: format!("{why}; {}", there_are(history)), might_do: None });
    match history.find(number) {
        Some((revision, _)) if revision.current => refuse(same_as_now(revision, number)),
        Some((_, set)) => Ok(Choice {
            number,
            set: set.clone(),
            why: "--to-revision names it".to_owned(),
            passed_over: Vec::new(),
        }),
        None => refuse(absent(history, number)),
    }
}

fn choice(history: &History, revision: &Revision, why: String) -> Option<Choice> {
    let set = revision.sets.first()?.clone();
    let newer = history.revisions.iter().take_while(|other| other.number != revision.number);
    let passed_over = newer.flat_map(passed_over).collect();
    Some(Choice { number: revision.number, set, why, passed_over })
}

fn verified(revision: &Revision) -> Option<&Entry> {
    revision.verified.known()?.as_ref()
}

fn why(revision: &Revision) -> String {
    let served = revision.served;
    match verified(revision) {
        Some(operation) => {
            format!("the newest that differs and was verified ({operation}); it served: {served}")
        }
        None if served.at_least() >= PROVEN => {
            format!("the newest that differs and served {} or longer ({served})", duration::short(PROVEN))
        }
        None => format!(
            "the newest that differs; none was verified or is known to have served {} (this one: {served})",
            duration::short(PROVEN)
        ),
    }
}

impl Revision {
    /// Why it is known not to serve, where it is.
    pub fn broken(&self) -> Option<String> {
        if let Some(operation) = &self.failed {
            return Some(format!("its last operation failed ({operation})"));
        }
        let never = self.served == Served::Never;
        let never =
            never.then(|| "no rollout to it was ever completed: older pods have outlived it".to_owned());
        self.crashes().or(never)
    }

    /// That what was verified once does not serve now.
    fn crashes(&self) -> Option<String> {
        let crashes = self.ready == 0 && self.pod_restarts > 0;
        crashes.then(|| format!("none of its pods is ready now ({})", counted(self.pod_restarts, "restart")))
    }
}

impl Choice {
    /// The workload with the template of this choice.
    pub(crate) fn workload(&self, workload: &Workload) -> Workload {
        let template = revision::without_hash(self.set.template());
        let Workload { deployment, replica_sets, pods, events, .. } = workload.clone();
        Workload::of(deployment.with_template(template), replica_sets, pods, events)
    }
}

fn passed_over(revision: &Revision) -> Vec<PassedOver> {
    if revision.current {
        let restarts = revision.folded.iter();
        let why = format!("the same template as now, which revision {} is a restart of", revision.number);
        return restarts.map(|number| PassedOver { revision: *number, why: why.clone() }).collect();
    }
    let why = revision.broken().unwrap_or_else(|| match (&revision.verified, revision.served) {
        (crate::fact::Fact::Unavailable(_), served) => format!("not known to be verified, served: {served}"),
        (_, served) => format!("not verified, served: {served}"),
    });
    vec![PassedOver { revision: revision.number, why }]
}

fn nothing_else(history: &History) -> String {
    let numbers = history.numbers();
    let pruned = history.pruned().map(|words| format!("; {words}")).unwrap_or_default();
    match numbers.len() {
        0 => "the Deployment has no revision yet".to_owned(),
        1 => format!("revision {} is the only one{pruned}", numbers[0]),
        many => format!("the last {many} revisions are restarts of the same template{pruned}"),
    }
}

fn no_choice(history: &History) -> NoChoice {
    let differing = || history.revisions.iter().filter(|revision| !revision.current);
    let reasons: Vec<String> = differing()
        .map(|revision| format!("{}: {}", revision.number, revision.broken().unwrap_or_default()))
        .collect();
    let why = format!("no other revision is known to have served ({})", reasons.join("; "));
    NoChoice { why, might_do: differing().next().map(|revision| revision.number) }
}

fn same_as_now(revision: &Revision, number: i64) -> String {
    if revision.number == number {
        format!("revision {number} is what the Deployment has now")
    } else {
        format!(
            "revision {number} is the same template as now: revision {} is a restart of it",
            revision.number
        )
    }
}

fn absent(history: &History, number: i64) -> String {
    let newest = history.numbers().first().copied().unwrap_or_default();
    let now = history.revisions.iter().find(|revision| revision.former.contains(&number));
    if let Some(set) = now.and_then(|revision| {
        revision
            .sets
            .iter()
            .find(|set| set.former_revisions().contains(&number))
            .and_then(ReplicaSet::revision)
    }) {
        return format!("revision {number} was rolled back to, and is revision {set} now");
    }
    if number > newest {
        return format!("revision {number} does not exist yet");
    }
    format!("revision {number} is not kept any more (revisionHistoryLimit {})", history.limit)
}

fn there_are(history: &History) -> String {
    let numbers: Vec<String> = history.numbers().iter().map(ToString::to_string).collect();
    match numbers.as_slice() {
        [] => "there is none".to_owned(),
        numbers => format!("there are {}", numbers.join(", ")),
    }
}
