//! Long lists, page by page: of each object only what is wanted stays in memory.

use http::Method;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Event, Pod};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sk_core::workload;

use super::deployment::EVENTS;
use super::requests::uri;
use super::{Cluster, PODS, Resource, plain};
use crate::error::Error;

/// Objects in one answer, as kubectl asks for them.
const PAGE: &str = "500";

/// Metadata alone (`metav1.PartialObjectMetadataList`).
pub(super) const METADATA: &str =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json;q=0.9";

/// What a list is narrowed by, in the API server; empty is all.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Selectors<'a> {
    pub(super) labels: &'a str,
    pub(super) fields: &'a str,
}

#[derive(Deserialize)]
struct Page<T> {
    #[serde(default)]
    metadata: Position,
    items: Option<Vec<T>>,
}

#[derive(Default, Deserialize)]
struct Position {
    #[serde(default, rename = "continue")]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Named {
    metadata: Name,
}

#[derive(Deserialize)]
struct Name {
    name: String,
}

/// The address of a page of a list.
fn page(path: &str, Selectors { labels, fields }: Selectors<'_>, limit: &str, next: &str) -> String {
    fn given(text: &str) -> Option<&str> {
        (!text.is_empty()).then_some(text)
    }
    let parameters = [
        ("labelSelector", given(labels)),
        ("fieldSelector", given(fields)),
        ("limit", Some(limit)),
        ("continue", given(next)),
    ];
    uri(path, &parameters)
}

impl Cluster {
    /// Hands each object that matches to `keep`, a page after the other. No namespace is the whole cluster.
    pub(super) async fn pages<T: DeserializeOwned>(
        &self,
        resource: &Resource,
        namespace: &str,
        selectors: Selectors<'_>,
        keep: impl FnMut(T),
    ) -> Result<(), Error> {
        self.pages_as("application/json", resource, namespace, selectors, keep).await
    }

    /// The same in another form.
    pub(super) async fn pages_as<T: DeserializeOwned>(
        &self,
        accept: &'static str,
        resource: &Resource,
        namespace: &str,
        selectors: Selectors<'_>,
        mut keep: impl FnMut(T),
    ) -> Result<(), Error> {
        let mut next = String::new();
        loop {
            let uri = page(&resource.path(namespace, None), selectors, PAGE, &next);
            let attempt = resource.attempt("list", namespace, None);
            let call = plain(Method::GET, uri, Vec::new(), attempt);
            let page: Page<T> = self.transport.read(&super::Call { accept, ..call }).await?;
            page.items.into_iter().flatten().for_each(&mut keep);
            next = page.metadata.next.unwrap_or_default();
            if next.is_empty() {
                return Ok(());
            }
        }
    }

    /// Whether any pod matches: one is asked for. No namespace is the whole cluster.
    pub(super) async fn has_pods(&self, namespace: &str, labels: &str) -> Result<bool, Error> {
        let uri = page(&PODS.path(namespace, None), Selectors { labels, fields: "" }, "1", "");
        let call = plain(Method::GET, uri, Vec::new(), PODS.attempt("list", namespace, None));
        let page: Page<Named> = self.transport.read(&super::Call { accept: METADATA, ..call }).await?;
        Ok(page.items.is_some_and(|items| !items.is_empty()))
    }

    /// The pods that match; of those that are well only what is counted, so that thousands fit.
    pub(super) async fn lean_pods(
        &self,
        namespace: &str,
        selectors: Selectors<'_>,
        now: Timestamp,
        mut wanted: impl FnMut(&Pod) -> bool,
    ) -> Result<Vec<Pod>, Error> {
        let mut pods = Vec::new();
        self.pages(&PODS, namespace, selectors, |pod: Pod| {
            if wanted(&pod) {
                pods.push(workload::lean(pod, now));
            }
        })
        .await?;
        Ok(pods)
    }

    /// The events that match and are wanted, oldest first.
    pub(super) async fn events(
        &self,
        namespace: &str,
        fields: &str,
        wanted: impl Fn(&Event) -> bool,
    ) -> Result<Vec<Event>, Error> {
        let mut events = Vec::new();
        let selectors = Selectors { fields, ..Selectors::default() };
        self.pages(&EVENTS, namespace, selectors, |mut event: Event| {
            if wanted(&event) {
                event.metadata.managed_fields = None;
                events.push(event);
            }
        })
        .await?;
        events.sort_by_key(workload::last_seen);
        Ok(events)
    }

    /// The names of the pods of a namespace.
    pub(super) async fn pod_names(&self, namespace: &str) -> Result<Vec<String>, Error> {
        let mut names = Vec::new();
        let keep = |pod: Named| names.push(pod.metadata.name);
        self.pages_as(METADATA, &PODS, namespace, Selectors::default(), keep).await?;
        Ok(names)
    }
}
