//! The same cause on many pods of one owner, told once.

use std::collections::BTreeMap;

use super::fold::Folded;
use crate::causes::{Cause, Found};
use crate::finding::Finding;

/// A cause, and the objects of one owner on which it was seen in the same way.
#[derive(Clone, Debug)]
pub struct Group {
    /// The cause.
    pub cause: &'static Cause,
    /// `kind/name` of what owns the objects: a Deployment, another controller, or the pod itself.
    pub owner: String,
    /// The container that it is about, where the objects have others.
    pub container: Option<String>,
    /// `kind/name` of each object; the first is the one that the finding tells of.
    pub objects: Vec<String>,
    /// As it was seen on the first of them.
    pub finding: Finding,
    /// What follows from it, and is not told by itself.
    pub consequences: Vec<Finding>,
}

/// The findings in their order, those alike together.
pub(super) fn groups(findings: &[Found], folded: &[Folded], owners: &BTreeMap<String, String>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut known: BTreeMap<(&str, &str, Option<&str>, String), usize> = BTreeMap::new();
    for (index, found) in findings.iter().enumerate() {
        let object = &found.finding.object;
        let owner = owners.get(object).unwrap_or(object);
        let container = found.container.as_deref();
        let key = (found.cause.code, owner.as_str(), container, shape(&found.finding.summary));
        // One that was not looked into as the first were stands for what they showed.
        let first = |group: &Group| {
            let same = group.cause.code == found.cause.code && group.owner == *owner;
            same && group.container == found.container
        };
        let told = groups.iter().position(first).filter(|_| !found.needs.is_empty());
        let place = told.unwrap_or_else(|| {
            *known.entry(key).or_insert_with(|| {
                groups.push(Group {
                    cause: found.cause,
                    owner: owner.clone(),
                    container: found.container.clone(),
                    objects: Vec::new(),
                    finding: found.finding.clone(),
                    consequences: Vec::new(),
                });
                groups.len() - 1
            })
        });
        let group = &mut groups[place];
        group.objects.push(object.clone());
        for folded in folded.iter().filter(|folded| folded.under == index) {
            let told = |told: &Finding| told.code == folded.finding.code;
            if !group.consequences.iter().any(told) {
                group.consequences.push(folded.finding.clone());
            }
        }
    }
    groups
}

/// A summary without what differs from pod to pod: numbers, such as times and nodes.
fn shape(summary: &str) -> String {
    let words = summary.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphabetic()));
    words.filter(|word| !word.bytes().any(|b| b.is_ascii_digit())).collect::<Vec<_>>().join(" ")
}
