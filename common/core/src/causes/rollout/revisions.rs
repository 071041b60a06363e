//! Revisions as sentences name them, and which of them are the same template.

use crate::causes::WorkloadFacts;
use crate::revision;
use crate::workload::ReplicaSet;

/// `revision 12`, or the `ReplicaSet` where the controller has not numbered it.
pub(in crate::causes) fn named(set: &ReplicaSet) -> String {
    set.revision()
        .map_or_else(|| format!("ReplicaSet {}", set.name()), |revision| format!("revision {revision}"))
}

/// The present revision, and the ones before it that still exist, the last one first.
fn present_and_earlier<'a>(facts: &WorkloadFacts<'a>) -> Option<(&'a ReplicaSet, Vec<&'a ReplicaSet>)> {
    let current = facts.workload.current()?;
    let number = current.revision()?;
    let earlier =
        facts.workload.replica_sets.iter().filter(|set| set.revision().is_some_and(|of| of < number));
    let mut earlier: Vec<&ReplicaSet> = earlier.collect();
    earlier.sort_by_key(|set| std::cmp::Reverse(set.revision()));
    Some((current, earlier))
}

/// The present revision, and the one directly before it: the next lower number that still exists.
pub(super) fn present_and_before<'a>(facts: &WorkloadFacts<'a>) -> Option<(&'a ReplicaSet, &'a ReplicaSet)> {
    let (current, earlier) = present_and_earlier(facts)?;
    Some((current, earlier.first()?))
}

/// The present revision, the first of those directly before it that have its template, and the one before that.
pub(in crate::causes) fn of_template_and_before<'a>(
    facts: &WorkloadFacts<'a>,
) -> Option<(&'a ReplicaSet, &'a ReplicaSet, &'a ReplicaSet)> {
    let (current, earlier) = present_and_earlier(facts)?;
    let own = revision::hash(current.template());
    let before = earlier.iter().position(|set| revision::hash(set.template()) != own)?;
    let first = before.checked_sub(1).map_or(current, |last| earlier[last]);
    Some((current, first, earlier[before]))
}

/// The other revisions whose template is that of the present one but for when their pods were told to restart.
pub(super) fn same_as_current<'a>(
    facts: &WorkloadFacts<'a>,
) -> Option<(&'a ReplicaSet, Vec<&'a ReplicaSet>)> {
    let current = facts.workload.current()?;
    let own = revision::hash(current.template());
    let others = facts.workload.replica_sets.iter().filter(|set| set.uid() != current.uid());
    let same: Vec<&ReplicaSet> = others.filter(|set| revision::hash(set.template()) == own).collect();
    (!same.is_empty()).then_some((current, same))
}
