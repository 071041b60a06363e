//! What has to be read of an object before anything more can be said of it. Nothing is asked for what is well.

use super::{Need, PodFacts, WorkloadFacts};

/// What to read of a pod that is not well.
pub(super) fn of_pod(_facts: &PodFacts<'_>) -> Vec<Need> {
    Vec::new()
}

/// What to read of a Deployment.
pub(super) fn of_workload(_facts: &WorkloadFacts<'_>, _whole: bool) -> Vec<Need> {
    Vec::new()
}
