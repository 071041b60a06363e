//! `pending/claim-in-use`: a claim is for one pod at a time (`ReadWriteOncePod`), and another pod uses it.

use crate::causes::container::word;
use crate::causes::pending::scheduling::{self, Filter};
use crate::causes::{Cause, Fatal, PodFacts, Rule, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const CLAIM_IN_USE: Cause = Cause {
    code: "pending/claim-in-use",
    about: "a PersistentVolumeClaim is for one pod at a time (ReadWriteOncePod), and another pod uses it",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::Pod(rule),
};

const MODE: &str = "ReadWriteOncePod";

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let unschedulable = scheduling::seen(facts)?;
    unschedulable.reason(Filter::ClaimInUse, |_| true)?;
    let claims: Vec<String> = facts.claims().into_iter().map(|(_, claim)| claim).collect();
    let exclusive = |claim: &&String| {
        let spec = facts.claim(claim).and_then(|found| found.claim.as_ref()?.spec.as_ref());
        spec.is_some_and(|spec| spec.access_modes.iter().flatten().any(|mode| mode == MODE))
    };
    let known: Vec<&str> = claims.iter().filter(exclusive).map(String::as_str).collect();
    let names = if known.is_empty() { claims.iter().map(String::as_str).collect() } else { known.clone() };
    let summary = format!(
        "PersistentVolumeClaim {} is for one pod at a time ({MODE}), and another pod uses it",
        names.join(" or ")
    );
    let evidence: Vec<String> =
        known.iter().map(|claim| format!("pvc/{claim} spec.accessModes: {MODE}")).collect();
    // It lists who uses the claim.
    let describe = names.iter().map(|name| facts.place.kubectl(&format!("describe pvc {}", word(name))));
    let describe = describe.collect();
    Some(unschedulable.sighting(summary, evidence, describe))
}
