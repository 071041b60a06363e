//! How long each template served, from what the cluster keeps: when its `ReplicaSet`s were made, when the next one was,
//! and which pods still run. What that does not tell is not known.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::Pod;

use crate::revision;
use crate::workload::{self, ReplicaSet, Workload};

/// How long a template was the one that serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Served {
    /// This long.
    For(SignedDuration),
    /// At least this long: when it began or ended for another time is not known.
    AtLeast(SignedDuration),
    /// No rollout to it was ever completed, and none of its pods is ready.
    Never,
    /// Not known.
    Unknown,
}

impl Served {
    /// What is certain.
    pub fn at_least(self) -> SignedDuration {
        match self {
            Self::For(time) | Self::AtLeast(time) => time,
            Self::Never | Self::Unknown => SignedDuration::ZERO,
        }
    }
}

impl std::fmt::Display for Served {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::For(time) => f.write_str(&crate::duration::short(*time)),
            Self::AtLeast(time) => write!(f, "at least {}", crate::duration::short(*time)),
            Self::Never => f.write_str("never"),
            Self::Unknown => f.write_str("not known"),
        }
    }
}

/// One number of one `ReplicaSet`: a time during which its template was the Deployment's.
struct Stint<'a> {
    number: i64,
    template: &'a str,
    /// When it began: known of the first number of a `ReplicaSet` only, since it is made for that.
    began: Option<Timestamp>,
    set: &'a ReplicaSet,
}

/// How long each template served, by digest.
pub(super) fn of(workload: &Workload, now: Timestamp) -> BTreeMap<String, Served> {
    let hashes: Vec<String> =
        workload.replica_sets.iter().map(|set| revision::hash(set.template())).collect();
    let mut stints: Vec<Stint<'_>> = Vec::new();
    for (set, template) in workload.replica_sets.iter().zip(&hashes) {
        stints.extend(stints_of(set, template));
    }
    stints.sort_by_key(|stint| stint.number);
    let all: Vec<&str> = hashes.iter().map(String::as_str).collect();
    stints.retain(|stint| !never_took_over(stint, &workload.pods));
    let mut served: BTreeMap<String, Served> = BTreeMap::new();
    for template in all {
        served.entry(template.to_owned()).or_insert_with(|| sum(template, &stints, workload, now));
    }
    served
}

fn stints_of<'a>(set: &'a ReplicaSet, template: &'a str) -> Vec<Stint<'a>> {
    let mut numbers = set.former_revisions();
    numbers.extend(set.revision());
    numbers.sort_unstable();
    numbers.dedup();
    let began = |index: usize| if index == 0 { set.created_at() } else { None };
    numbers
        .into_iter()
        .enumerate()
        .map(|(index, number)| Stint { number, template, began: began(index), set })
        .collect()
}

/// A rollout that completes leaves no pod of another `ReplicaSet`. One that was made before this one began and is still
/// there has outlived it: it never took over.
fn never_took_over(stint: &Stint<'_>, pods: &[Pod]) -> bool {
    let Some(began) = stint.began else { return false };
    pods.iter().any(|pod| {
        let created = pod.metadata.creation_timestamp.as_ref().map(|time| time.0);
        let lives = pod.metadata.deletion_timestamp.is_none() && !workload::has_ended(pod);
        lives && owner(pod) != Some(stint.set.uid()) && created.is_some_and(|created| created < began)
    })
}

fn owner(pod: &Pod) -> Option<&str> {
    workload::controller(&pod.metadata).map(|owner| owner.uid.as_str())
}

/// Adds up the times of one template; stints of it that follow one another are one.
fn sum(template: &str, stints: &[Stint<'_>], workload: &Workload, now: Timestamp) -> Served {
    let mut total = SignedDuration::ZERO;
    let (mut any, mut all_known) = (false, true);
    let mut rest = stints;
    while let Some(first) = rest.iter().position(|stint| stint.template == template) {
        any = true;
        rest = &rest[first..];
        let length = rest.iter().position(|stint| stint.template != template).unwrap_or(rest.len());
        let ended = rest.get(length).map_or(Some(now), |next| next.began);
        match (rest[0].began, ended) {
            (Some(began), Some(ended)) => total += ended.duration_since(began).max(SignedDuration::ZERO),
            _ => all_known = false,
        }
        rest = &rest[length..];
    }
    let serves = serving(template, workload, now);
    match (any, all_known) {
        (true, true) => Served::For(total),
        _ if total.max(serves) > SignedDuration::ZERO => Served::AtLeast(total.max(serves)),
        (true, false) => Served::Unknown,
        (false, _) => Served::Never,
    }
}

/// How long the pod of this template that has been ready longest has been so.
fn serving(template: &str, workload: &Workload, now: Timestamp) -> SignedDuration {
    let own = |pod: &&Pod| {
        let sets = workload.replica_sets.iter();
        let set = sets
            .filter(|set| revision::hash(set.template()) == template)
            .find(|set| owner(pod) == Some(set.uid()));
        workload::is_ready(pod) && set.is_some()
    };
    let since = workload.pods.iter().filter(own).filter_map(ready_since).min();
    since.map_or(SignedDuration::ZERO, |since| now.duration_since(since).max(SignedDuration::ZERO))
}

fn ready_since(pod: &Pod) -> Option<Timestamp> {
    let conditions = pod.status.as_ref()?.conditions.as_deref()?;
    let ready = conditions.iter().find(|condition| condition.type_ == "Ready")?;
    Some(ready.last_transition_time.as_ref()?.0)
}
