//! What rules read of a pod: its containers by spec and status, and who owns it.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{
    Container, ContainerStateTerminated, ContainerStateWaiting, ContainerStatus, Pod,
};

use super::PodFacts;
use crate::redact;
pub(in crate::causes) use crate::sanitize::quoted as word;
use crate::{words, workload};

/// What a container is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::causes) enum Role {
    /// Runs to its end before the others start.
    Init,
    /// An init container that keeps running (`restartPolicy: Always`).
    Sidecar,
    /// One of `spec.containers`.
    App,
}

/// A container of a pod, by spec and status.
#[derive(Clone, Copy, Debug)]
pub(in crate::causes) struct Seen<'a> {
    pub(in crate::causes) status: &'a ContainerStatus,
    pub(in crate::causes) spec: Option<&'a Container>,
    pub(in crate::causes) role: Role,
}

/// The containers that have a status, init containers first.
pub(in crate::causes) fn all(pod: &Pod) -> impl Iterator<Item = Seen<'_>> {
    let spec = pod.spec.as_ref();
    let inits = spec.and_then(|spec| spec.init_containers.as_deref()).unwrap_or_default();
    let apps = spec.map_or(&[][..], |spec| spec.containers.as_slice());
    let status = pod.status.as_ref();
    let named = |specs: &'_ [Container], name: &str| specs.iter().position(|spec| spec.name == name);
    let init = status.into_iter().flat_map(|status| status.init_container_statuses.iter().flatten());
    let init = init.map(move |status| {
        let spec = named(inits, &status.name).map(|index| &inits[index]);
        let stays = spec.is_some_and(|spec| spec.restart_policy.as_deref() == Some("Always"));
        Seen { status, spec, role: if stays { Role::Sidecar } else { Role::Init } }
    });
    let app = status.into_iter().flat_map(|status| status.container_statuses.iter().flatten());
    let app = app.map(move |status| {
        let spec = named(apps, &status.name).map(|index| &apps[index]);
        Seen { status, spec, role: Role::App }
    });
    init.chain(app)
}

/// The container that the pod is there for: the one that kubectl takes by default, or the first.
pub(in crate::causes) fn main(pod: &Pod) -> Option<&str> {
    let annotations = pod.metadata.annotations.as_ref();
    let named = annotations.and_then(|all| all.get("kubectl.kubernetes.io/default-container"));
    let containers = &pod.spec.as_ref()?.containers;
    let known = named.filter(|name| containers.iter().any(|container| container.name == **name));
    known.or_else(|| containers.first().map(|first| &first.name)).map(String::as_str)
}

impl<'a> Seen<'a> {
    /// Its name.
    pub(in crate::causes) fn name(&self) -> &'a str {
        &self.status.name
    }

    /// The image as the template names it.
    pub(in crate::causes) fn image(&self) -> &'a str {
        self.spec.and_then(|spec| spec.image.as_deref()).unwrap_or(&self.status.image)
    }

    /// Path of a field of its status: `status.containerStatuses[app].state.waiting`.
    pub(in crate::causes) fn status_path(&self, field: &str) -> String {
        let list = if self.role == Role::App { "containerStatuses" } else { "initContainerStatuses" };
        format!("status.{list}[{}].{field}", self.name())
    }

    /// Path of a field of its spec: `spec.containers[app].livenessProbe`.
    pub(in crate::causes) fn spec_path(&self, field: &str) -> String {
        format!("spec.{}[{}].{field}", self.list(), self.name())
    }

    /// How events name it: `spec.containers{app}`.
    pub(in crate::causes) fn event_path(&self) -> String {
        format!("spec.{}{{{}}}", self.list(), self.name())
    }

    fn list(&self) -> &'static str {
        if self.role == Role::App { "containers" } else { "initContainers" }
    }

    /// What it waits for, when it waits.
    pub(in crate::causes) fn waiting(&self) -> Option<&'a ContainerStateWaiting> {
        self.status.state.as_ref()?.waiting.as_ref()
    }

    /// What it waits for, when that is one of these reasons.
    pub(in crate::causes) fn waits_for(&self, reasons: &[&str]) -> Option<&'a ContainerStateWaiting> {
        self.waiting().filter(|waiting| reasons.contains(&waiting.reason.as_deref().unwrap_or_default()))
    }

    /// How it ended, when it has and does not run again yet.
    pub(in crate::causes) fn terminated(&self) -> Option<&'a ContainerStateTerminated> {
        self.status.state.as_ref()?.terminated.as_ref()
    }

    /// How it ended the time before.
    pub(in crate::causes) fn last(&self) -> Option<&'a ContainerStateTerminated> {
        self.status.last_state.as_ref()?.terminated.as_ref()
    }

    /// Since when it runs, when it runs. A status without the time counts from the pod's creation.
    pub(in crate::causes) fn running_since(&self, pod: &Pod) -> Option<Timestamp> {
        let running = self.status.state.as_ref()?.running.as_ref()?;
        let started = running.started_at.as_ref().or(pod.metadata.creation_timestamp.as_ref());
        Some(started.map_or(Timestamp::UNIX_EPOCH, |time| time.0))
    }

    /// Evidence: the command that it is given, or the arguments of its image's own.
    pub(in crate::causes) fn typed(&self) -> Option<String> {
        let spec = self.spec?;
        let given = |field, words: Option<&Vec<String>>| {
            let words = words.filter(|words| !words.is_empty())?;
            Some(format!("{}: {}", self.spec_path(field), clip(&redact::command(words))))
        };
        given("command", spec.command.as_ref()).or_else(|| given("args", spec.args.as_ref()))
    }

    /// Evidence: what it waits for.
    pub(in crate::causes) fn waiting_evidence(&self, waiting: &ContainerStateWaiting) -> String {
        let reason = waiting.reason.as_deref().unwrap_or_default();
        let text = match waiting.message.as_deref() {
            Some(message) => format!("{reason}: {message}"),
            None => reason.to_owned(),
        };
        format!("{}: {}", self.status_path("state.waiting"), clip(&text))
    }
}

impl<'a> PodFacts<'a> {
    /// Whether the pod is meant to run: neither being deleted nor ended.
    pub(in crate::causes) fn is_alive(&self) -> bool {
        self.pod.metadata.deletion_timestamp.is_none() && !workload::has_ended(self.pod)
    }

    /// The containers of a pod that is meant to run; none of one that is not.
    pub(in crate::causes) fn living(&self) -> impl Iterator<Item = Seen<'a>> + use<'a> {
        let pod = self.is_alive().then_some(self.pod);
        pod.into_iter().flat_map(all)
    }

    /// Whether it is this container that is looked at, among others or alone.
    pub(in crate::causes) fn looks_at(&self, container: &Seen<'_>) -> bool {
        self.container.is_none_or(|only| only == container.name())
    }

    /// The first living container that waits for this reason, with what it says.
    pub(in crate::causes) fn waiting_for(
        &self,
        reason: &str,
    ) -> Option<(Seen<'a>, &'a ContainerStateWaiting)> {
        let mut all = self.living().filter(|container| self.looks_at(container));
        all.find_map(|container| Some((container, container.waits_for(&[reason])?)))
    }

    /// The pod's name.
    pub(in crate::causes) fn name(&self) -> &'a str {
        workload::name(self.pod)
    }

    /// `kind/name` of what its template is changed in: the Deployment behind a `ReplicaSet`.
    pub(in crate::causes) fn owner(&self) -> String {
        let (kind, name) = workload::owner(self.pod);
        format!("{}/{}", word(&kind), word(&name))
    }

    /// A command on this pod: `kubectl describe pod NAME`.
    pub(in crate::causes) fn describe(&self) -> String {
        self.place.kubectl(&format!("describe pod {}", word(self.name())))
    }

    /// The command that shows how its containers ended.
    pub(in crate::causes) fn previous_logs(&self, container: &Seen<'_>) -> String {
        let (pod, container) = (word(self.name()), word(container.name()));
        self.place.kubectl(&format!("logs {pod} -c {container} --previous --tail=50"))
    }

    /// Whether what it asks for can be changed where it stands: the API server takes no such change of a pod or a Job,
    /// and a static pod's is a file on its node.
    pub(in crate::causes) fn can_be_edited(&self) -> bool {
        let (kind, _) = workload::owner(self.pod);
        !["pod", "job", "node"].contains(&kind.as_str())
    }

    /// The command that changes its template; where nothing can be changed, the one that prints it, to be made anew.
    pub(in crate::causes) fn edit_owner(&self) -> String {
        let owner = self.owner();
        self.place.kubectl(&if self.can_be_edited() {
            format!("edit {owner}")
        } else {
            format!("get {owner} -o yaml")
        })
    }

    /// The condition of this type.
    pub(in crate::causes) fn condition(
        &self,
        kind: &str,
    ) -> Option<&'a k8s_openapi::api::core::v1::PodCondition> {
        let conditions = self.pod.status.as_ref()?.conditions.as_deref()?;
        conditions.iter().find(|condition| condition.type_ == kind)
    }

    /// The node it runs on, or a word for it.
    pub(in crate::causes) fn node(&self) -> &'a str {
        workload::node(self.pod).unwrap_or("its node")
    }
}

/// Longest text from the cluster that evidence repeats.
const LONGEST: usize = 600;

/// A text from the cluster without its surrounding space, cut where nobody reads on.
pub(in crate::causes) fn clip(text: &str) -> String {
    words::clip(text.trim(), LONGEST)
}
