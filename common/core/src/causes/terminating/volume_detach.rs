//! `terminating/volume-detach`: a volume of the pod cannot be detached from its node.

use crate::causes::container::{clip, word};
use crate::causes::terminating::leaving;
use crate::causes::{Cause, Fatal, PodFacts, Rule, STATE, Sighting};
use crate::finding::Severity;

pub(in crate::causes) const VOLUME_DETACH: Cause = Cause {
    code: "terminating/volume-detach",
    about: "a volume of the pod cannot be detached from its node",
    severity: Severity::Error,
    fatal: Fatal::AtTimeout,
    rule: Rule::PodInDepth(rule),
};

fn rule(facts: &PodFacts<'_>) -> Option<Sighting> {
    let leaving = leaving::of(facts).filter(leaving::Leaving::is_overdue)?;
    let stuck = facts.claims().into_iter().find_map(|(_, claim)| {
        let attachment = facts.attachment(&claim)?;
        let error = attachment.status.as_ref().and_then(|status| status.detach_error.as_ref());
        (error.is_some() || attachment.metadata.deletion_timestamp.is_some())
            .then_some((claim, attachment, error))
    });
    let (claim, attachment, error) = stuck?;
    let name = attachment.metadata.name.as_deref().unwrap_or_default();
    let said = error.and_then(|error| error.message.as_deref()).map(clip);
    let why = said.clone().unwrap_or_else(|| format!("{} has not answered yet", attachment.spec.attacher));
    let field = match said {
        Some(said) => format!("status.detachError: {said}"),
        None => "metadata.deletionTimestamp is set".to_owned(),
    };
    Some(Sighting {
        summary: format!(
            "the volume of PersistentVolumeClaim {claim} is not detached from {}: {why}",
            facts.node()
        ),
        evidence: vec![format!("volumeattachment/{name} {field}"), leaving.evidence()],
        next: vec![
            facts.place.of_cluster(&format!("describe volumeattachment {}", word(name))),
            facts.place.kubectl(&format!("describe pvc {}", word(&claim))),
        ],
        observations: STATE,
        ..Sighting::default()
    })
}
