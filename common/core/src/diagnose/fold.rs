//! Consequences: what follows from another finding is folded under it.

use std::collections::BTreeMap;

use crate::causes::Found;
use crate::finding::{Finding, Severity};

/// A finding that follows from another.
#[derive(Clone, Debug)]
pub(super) struct Folded {
    /// Place of that other among the findings that are left.
    pub(super) under: usize,
    /// What follows.
    pub(super) finding: Finding,
}

/// Which codes explain which, on the same pod: starts of codes, and of what follows from them.
const ON_A_POD: &[(&[&str], &[&str])] = &[
    (&["readiness/dependency", "readiness/network-policy", "readiness/node-not-ready"], &["readiness/"]),
    (&["image/", "crashloop/", "pending/", "terminating/node-lost"], &["readiness/"]),
    (&["terminating/node-lost"], &["terminating/volume-detach", "terminating/runtime-kill"]),
];

/// What follows for a Deployment from an error on any of its pods, or on itself.
const ON_A_DEPLOYMENT: &[&str] = &["rollout/progress-deadline", "rollout/stale-revision"];

/// Takes what follows from other findings out of the ranked findings.
pub(super) fn fold(found: Vec<Found>, owners: &BTreeMap<String, String>) -> (Vec<Found>, Vec<Folded>) {
    let mut causes: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, one) in found.iter().enumerate() {
        let object = one.finding.object.as_str();
        causes.entry(object).or_default().push(index);
        if let Some(owner) = owners.get(object).filter(|owner| *owner != object) {
            causes.entry(owner).or_default().push(index);
        }
    }
    let over: Vec<Option<usize>> = (0..found.len())
        .map(|index| {
            let near = causes.get(found[index].finding.object.as_str())?;
            near.iter().copied().find(|other| *other != index && explains(&found[*other], &found[index]))
        })
        .collect();
    keep(found, &over)
}

/// Whether one finding explains the other. What is worse than its cause is told by itself.
fn explains(cause: &Found, other: &Found) -> bool {
    let (code, follows) = (cause.cause.code, other.cause.code);
    if cause.finding.severity > other.finding.severity || code == follows {
        return false;
    }
    let same = cause.finding.object == other.finding.object;
    let stops = cause.finding.severity == Severity::Error || code == "rollout/paused";
    let on_a_deployment = ON_A_DEPLOYMENT.contains(&follows) && !ON_A_DEPLOYMENT.contains(&code) && stops;
    let starts = |starts: &[&str], code: &str| starts.iter().any(|start| code.starts_with(start));
    let follows_on_pod = ON_A_POD.iter().any(|(causes, consequences)| {
        starts(causes, code) && starts(consequences, follows) && !starts(causes, follows)
    });
    on_a_deployment || (same && follows_on_pod)
}

/// Parts the findings by whether something is over them. What is over them may itself be folded: then its own cause is.
fn keep(found: Vec<Found>, over: &[Option<usize>]) -> (Vec<Found>, Vec<Folded>) {
    let root = |index: usize| {
        let mut at = index;
        for _ in 0..over.len() {
            match over[at] {
                Some(next) => at = next,
                None => return at,
            }
        }
        at
    };
    let mut places: BTreeMap<usize, usize> = BTreeMap::new();
    for index in (0..over.len()).filter(|index| over[*index].is_none()) {
        places.insert(index, places.len());
    }
    let (mut kept, mut folded) = (Vec::new(), Vec::new());
    for (index, one) in found.into_iter().enumerate() {
        match places.get(&root(index)).filter(|_| over[index].is_some()) {
            Some(under) => folded.push(Folded { under: *under, finding: one.finding }),
            None => kept.push(one),
        }
    }
    (kept, folded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::causes::{CAUSES, Sighting};

    /// What is left, and what is folded, of findings with these codes, all on one pod.
    fn folded(codes: [&str; 2]) -> (Vec<&'static str>, Vec<String>) {
        let found = CAUSES.iter().filter(|cause| codes.contains(&cause.code));
        let found: Vec<Found> =
            found.map(|cause| Found::new(cause, "pod/web-1".to_owned(), Sighting::default())).collect();
        assert_eq!(found.len(), 2, "{codes:?}");
        let (left, folded) = fold(found, &BTreeMap::new());
        assert!(folded.iter().all(|folded| folded.under == 0), "{folded:?}");
        (
            left.iter().map(|found| found.cause.code).collect(),
            folded.into_iter().map(|one| one.finding.code).collect(),
        )
    }

    #[test]
    fn what_follows_on_a_pod_is_folded_by_every_row() {
        for (cause, follows) in [
            ("readiness/dependency", "readiness/http-5xx"),
            ("readiness/network-policy", "readiness/timeout"),
            ("readiness/node-not-ready", "readiness/refused"),
            ("image/not-found", "readiness/sidecar-not-ready"),
            ("crashloop/app-exit", "readiness/refused"),
            ("pending/evicted", "readiness/still-starting"),
            ("terminating/node-lost", "readiness/timeout"),
            ("terminating/node-lost", "terminating/volume-detach"),
            ("terminating/node-lost", "terminating/runtime-kill"),
        ] {
            assert_eq!(
                folded([cause, follows]),
                (vec![cause], vec![follows.to_owned()]),
                "{cause} -> {follows}"
            );
        }
    }

    #[test]
    fn what_stands_beside_another_is_told_by_itself() {
        for codes in [
            ["readiness/dependency", "readiness/network-policy"],
            ["crashloop/app-exit", "crashloop/oom-killed"],
            ["terminating/finalizer", "terminating/volume-detach"],
            ["terminating/node-lost", "terminating/finalizer"],
        ] {
            assert_eq!(folded(codes).0.len(), 2, "{codes:?}");
        }
    }
}
