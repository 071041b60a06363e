//! How long each template served, from what the cluster keeps: when its `ReplicaSet`s were made, when the next one was,
//! and which pods still run. What that does not tell is not known.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::Pod;

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

/// How long each template served, by digest. `hashes` are those of the workload's `ReplicaSet`s, in their order.
pub(super) fn of(workload: &Workload, hashes: &[String], now: Timestamp) -> BTreeMap<String, Served> {
    let mut stints: Vec<Stint<'_>> = Vec::new();
    for (set, template) in workload.replica_sets.iter().zip(hashes) {
        stints.extend(stints_of(set, template));
    }
    stints.sort_by_key(|stint| stint.number);
    stints.retain(|stint| !never_took_over(stint, &workload.pods));
    let mut ready = ready_since(workload, hashes);
    let mut served: BTreeMap<String, Served> = BTreeMap::new();
    for template in hashes {
        if !served.contains_key(template) {
            let serving = ready.remove(template.as_str()).map(|since| now.duration_since(since));
            let serving = serving.unwrap_or_default().max(SignedDuration::ZERO);
            served.insert(template.clone(), sum(template, &stints, serving, now));
        }
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
        lives
            && workload::controller_uid(&pod.metadata) != Some(stint.set.uid())
            && created.is_some_and(|created| created < began)
    })
}

/// Adds up the times of one template; stints of it that follow one another are one. `serves` is how long the pod of it
/// has been ready that has been so longest.
fn sum(template: &str, stints: &[Stint<'_>], serves: SignedDuration, now: Timestamp) -> Served {
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
    match (any, all_known) {
        (true, true) => Served::For(total),
        _ if total.max(serves) > SignedDuration::ZERO => Served::AtLeast(total.max(serves)),
        (true, false) => Served::Unknown,
        (false, _) => Served::Never,
    }
}

/// Since when the pod of each template has been ready that has been so longest.
fn ready_since<'a>(workload: &Workload, hashes: &'a [String]) -> BTreeMap<&'a str, Timestamp> {
    let mut ready: BTreeMap<&str, Timestamp> = BTreeMap::new();
    for pod in workload.pods.iter().filter(|pod| workload::is_ready(pod)) {
        let owned =
            |(set, _): &(&ReplicaSet, &String)| workload::controller_uid(&pod.metadata) == Some(set.uid());
        let set = workload.replica_sets.iter().zip(hashes).find(owned);
        let (Some((_, template)), Some(since)) = (set, became_ready(pod)) else { continue };
        let first = ready.entry(template).or_insert(since);
        *first = since.min(*first);
    }
    ready
}

fn became_ready(pod: &Pod) -> Option<Timestamp> {
    let conditions = pod.status.as_ref()?.conditions.as_deref()?;
    let ready = conditions.iter().find(|condition| condition.type_ == "Ready")?;
    Some(ready.last_transition_time.as_ref()?.0)
}
