//! Containers that were told to end and still run, long inside their grace: a hook that goes first, or SIGTERM ignored.

use k8s_openapi::api::core::v1::{Event, LifecycleHandler};

use super::leaving::{self, Leaving};
use crate::causes::PodFacts;
use crate::causes::container::{Seen, clip};
use crate::redact;

/// A container that was told to end and has not.
#[derive(Clone, Copy, Debug)]
pub(in crate::causes) struct Stopping<'a> {
    pub(in crate::causes) container: Seen<'a>,
    pub(in crate::causes) leaving: Leaving,
    /// Its preStop hook.
    pub(in crate::causes) hook: Option<&'a LifecycleHandler>,
    /// That the hook failed.
    pub(in crate::causes) failed: Option<&'a Event>,
}

/// The container, while the pod's grace lasts.
pub(in crate::causes) fn seen<'a>(facts: &PodFacts<'a>) -> Option<Stopping<'a>> {
    let leaving = leaving::of(facts).filter(|leaving| !leaving.is_overdue())?;
    let container = leaving::running(facts).filter(|_| facts.lost_node().is_none())?;
    let hook = hook(&container);
    let failed = facts.container_events(&container, "FailedPreStopHook").last();
    let slow = leaving.is_late() && leaving::was_told(facts, &container);
    (slow || failed.is_some()).then_some(Stopping { container, leaving, hook, failed })
}

/// The container's preStop hook.
pub(in crate::causes) fn hook<'a>(container: &Seen<'a>) -> Option<&'a LifecycleHandler> {
    container.spec?.lifecycle.as_ref()?.pre_stop.as_ref()
}

/// What a hook does: `sleep 30`, `GET /drain`.
pub(in crate::causes) fn does(hook: &LifecycleHandler) -> String {
    if let Some(exec) = &hook.exec {
        return clip(&redact::command(exec.command.as_deref().unwrap_or_default()));
    }
    if let Some(http) = &hook.http_get {
        return format!("GET {}", http.path.as_deref().unwrap_or("/"));
    }
    hook.sleep.as_ref().map(|sleep| format!("sleep of {}s", sleep.seconds)).unwrap_or_default()
}
