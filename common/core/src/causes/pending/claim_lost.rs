//! `pending/claim-lost`: a `PersistentVolumeClaim` was bound to a volume that is gone.

use crate::causes::container::word;
use crate::causes::pending::creating::{self, Step};
use crate::causes::pending::scheduling::{self, Filter};
use crate::causes::{Cause, Fatal, PodFacts, Rule, STATE, Sighting, event};
use crate::finding::Severity;

pub(in crate::causes) const CLAIM_LOST: Cause = Cause {
    code: "pending/claim-lost",
    about: "a PersistentVolumeClaim of the pod was bound to a PersistentVolume that is gone, and its data with it",
    severity: Severity::Error,
    fatal: Fatal::WhenItStands,
    rule: Rule::PodInDepth(rule),
};

/// A claim without its volume.
#[derive(Clone, Debug)]
pub(in crate::causes::pending) struct Lost {
    claim: String,
    volume: String,
    evidence: String,
}

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let (lost, said) = unplaced(facts).or_else(|| mounting(facts))?;
    let Lost { claim, volume, evidence } = lost;
    Some(Sighting {
        summary: format!(
            "PersistentVolumeClaim {claim} is Lost: its volume {volume} does not exist any more; it has to be made anew"
        ),
        evidence: said.evidence.into_iter().chain([evidence]).collect(),
        next: vec![
            facts.place.kubectl(&format!("describe pvc {}", word(&claim))),
            facts.place.of_cluster("get pv"),
        ],
        observations: STATE,
        needs: said.needs,
    })
}

/// Of a pod that the scheduler could not place for its claims.
fn unplaced(facts: &PodFacts<'_>) -> Option<(Lost, Sighting)> {
    let unschedulable = scheduling::seen(facts)?;
    let text = unschedulable.reason(Filter::Claim, |_| true)?.text;
    Some((lost(facts, text)?, unschedulable.sighting(String::new(), None, Vec::new())))
}

/// Of a pod whose volumes cannot be attached or mounted.
fn mounting(facts: &PodFacts<'_>) -> Option<(Lost, Sighting)> {
    let failed = |step| creating::failures(facts, step).first().copied();
    let failed = failed(Step::Attach).or_else(|| failed(Step::Mount))?;
    Some((lost(facts, "")?, Sighting { evidence: vec![event::evidence(failed)], ..Sighting::default() }))
}

/// The claim, by its phase, or by the scheduler's words: `persistentvolumeclaim "C" bound to non-existent
/// persistentvolume "V"`.
pub(in crate::causes::pending) fn lost(facts: &PodFacts<'_>, text: &str) -> Option<Lost> {
    let by_phase = facts.claims().into_iter().find_map(|(_, name)| {
        let claim = facts.claim(&name)?.claim.as_ref()?;
        claim.status.as_ref().filter(|status| status.phase.as_deref() == Some("Lost"))?;
        let volume = claim.spec.as_ref().and_then(|spec| spec.volume_name.clone()).unwrap_or_default();
        Some(Lost { evidence: format!("pvc/{name} status.phase: Lost"), claim: name, volume })
    });
    let by_words = || {
        let (claim, volume) = text.split_once(" bound to non-existent persistentvolume ")?;
        let quoted = |text: &str| text.split('"').nth(1).map(str::to_owned);
        let (claim, volume) = (quoted(claim)?, quoted(volume)?);
        Some(Lost { evidence: format!("pvc/{claim} spec.volumeName: {volume}"), claim, volume })
    };
    by_phase.or_else(by_words)
}
