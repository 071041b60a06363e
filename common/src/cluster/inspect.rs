//! Looks into pods: their logs, their health endpoints, and who last wrote what they refer to.

use std::time::Duration;

use futures::future::{join, join_all};
use futures::stream::{self, StreamExt};
use http::Method;
use jiff::SignedDuration;
use kube::api::{Api, ApiResource, DynamicObject, ListParams};
use sk_core::causes::Asked;
use sk_core::fact::Fact;
use sk_core::references::{Reference, ReferenceKind};
use sk_core::verify::{Endpoint, Inspected, Inspection, TAIL};

use super::requests::{Call, uri};
use super::{Cluster, PODS, plain};
use crate::error::Attempt;

/// Longest time for one look.
pub(super) const DEADLINE: Duration = Duration::from_secs(4);

/// Pods that are looked into at the same time.
const AT_ONCE: usize = 8;

/// Lines of one run that are read where nobody says how many.
pub(super) const LAST_LINES: i64 = 40;

/// Bytes of any log that are read.
const LOG_BYTES: i64 = 256 * 1024;

/// Which lines of a log are read.
#[derive(Clone, Copy, Debug, Default)]
struct Lines<'a> {
    container: &'a str,
    previous: bool,
    tail: Option<i64>,
    since_seconds: Option<i64>,
}

/// How long a log that is not there is waited for.
const MOMENT: Duration = Duration::from_millis(500);

/// What the kubelet answers with 200, as if it were the log, where it has none (any more).
const EXCUSES: [&str; 2] =
    ["unable to retrieve container logs for ", "failed to try resolving symlinks in path "];

impl Cluster {
    /// Reads the new pods' logs and asks their health endpoints, all at once.
    pub async fn inspect(&self, namespace: &str, inspection: &Inspection) -> Vec<Inspected> {
        let pods = inspection.pods.iter().map(|(pod, containers)| async move {
            let logs = containers.iter().map(|container| async move {
                let lines = Lines { tail: Some(TAIL), ..Lines::of(container) };
                let log = self.log(namespace, pod, lines).await;
                with_cut(log).map(|log| (container.clone(), log))
            });
            let health = async {
                match &inspection.endpoint {
                    Some(endpoint) => Some(self.ask(namespace, &plainly(pod, containers, endpoint)).await),
                    None => None,
                }
            };
            let (logs, health) = join(join_all(logs), health).await;
            Inspected { pod: pod.clone(), logs: logs.into_iter().flatten().collect(), health }
        });
        stream::iter(pods).buffered(AT_ONCE).collect().await
    }

    /// What each pod logged in the time just past.
    pub async fn logs_since(
        &self,
        namespace: &str,
        pods: &[(String, Vec<String>)],
        age: SignedDuration,
    ) -> Vec<Fact<String>> {
        // An age, since this machine's clock is not the cluster's; rounded up, so that no line falls between two looks.
        let since_seconds = Some(age.as_secs() + 1);
        let logs = pods.iter().flat_map(|(pod, containers)| {
            containers.iter().map(move |container| {
                self.log(namespace, pod, Lines { since_seconds, ..Lines::of(container) })
            })
        });
        stream::iter(logs).buffered(AT_ONCE).flat_map(|log| stream::iter(with_cut(log))).collect().await
    }

    /// The last lines of a container: of its previous run, or of the present one. Fewer where they are too long, so that
    /// the very last is among them.
    pub(super) async fn last_lines(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        previous: bool,
        mut tail: i64,
    ) -> Fact<String> {
        let mut waited = false;
        loop {
            let lines = Lines { previous, tail: Some(tail), ..Lines::of(container) };
            match self.log(namespace, pod, lines).await {
                Fact::Known(log) if log.cut && tail > 1 => tail = (tail / 8).max(1),
                // Between two runs there is none for a moment.
                Fact::Unavailable(reason)
                    if !waited && EXCUSES.iter().any(|excuse| reason.contains(excuse)) =>
                {
                    waited = true;
                    tokio::time::sleep(MOMENT).await;
                }
                log => return log.map(|log| log.text),
            }
        }
    }

    async fn log(&self, namespace: &str, pod: &str, lines: Lines<'_>) -> Fact<Log> {
        let (since, tail) = (lines.since_seconds.map(number), lines.tail.map(number));
        let bytes = number(LOG_BYTES);
        let parameters = [
            ("container", Some(lines.container)),
            ("previous", lines.previous.then_some("true")),
            ("sinceSeconds", since.as_deref()),
            ("tailLines", tail.as_deref()),
            ("limitBytes", Some(&bytes)),
        ];
        let path = format!("{}/log", PODS.path(namespace, Some(pod)));
        let attempt =
            Attempt { resource: "pods/log".to_owned(), ..PODS.attempt("get", namespace, Some(pod)) };
        let call = plain(Method::GET, uri(&path, &parameters), Vec::new(), attempt);
        let call = Call { accept: "*/*", ..call };
        let log = in_time(async { self.transport.read_log(&call).await.map_err(|error| error.to_string()) });
        match log.await.map(|bytes| Log::read(&bytes)) {
            Ok(Log { text, .. }) if EXCUSES.iter().any(|start| text.starts_with(start)) => Fact::Unavailable(
                format!("log of container {} of pod {pod}: {}", lines.container, text.trim()),
            ),
            log => log.into(),
        }
    }

    /// Metadata only, and of that only who wrote when: what a Secret holds is not kept.
    pub(super) async fn last_write(&self, namespace: &str, reference: &Reference) -> Fact<String> {
        let resource = referred(reference.kind);
        let api: Api<DynamicObject> = Api::namespaced_with(self.client(), namespace, &resource);
        let attempt =
            Attempt { resource: resource.plural, ..PODS.attempt("get", namespace, Some(&reference.name)) };
        let found = in_time(async {
            api.get_metadata(&reference.name).await.map_err(|error| self.explain(error, attempt).to_string())
        })
        .await;
        Fact::from(found.and_then(|object| {
            let writes = object.metadata.managed_fields.into_iter().flatten();
            let last = writes.filter_map(|entry| Some((entry.time?.0, entry.manager?))).max();
            let created = object.metadata.creation_timestamp.map(|time| (time.0, "its creator".to_owned()));
            let (time, manager) = last.or(created).ok_or("it does not say when it was written")?;
            Ok(format!("{time} {manager}"))
        }))
    }
}

/// What was read of a log.
struct Log {
    text: String,
    /// The kubelet counts [`LOG_BYTES`] from the first line that was asked for: the newest are missing.
    cut: bool,
}

impl Log {
    /// What is no UTF-8 is replaced.
    fn read(bytes: &[u8]) -> Self {
        let cut = i64::try_from(bytes.len()).is_ok_and(|read| read >= LOG_BYTES);
        Self { text: String::from_utf8_lossy(bytes).into_owned(), cut }
    }
}

/// A log, and after it that it was cut.
fn with_cut(log: Fact<Log>) -> impl Iterator<Item = Fact<String>> {
    let cut = log.known().is_some_and(|log| log.cut).then(|| {
        Fact::Unavailable(format!("it is longer than {} KiB, and its end was not read", LOG_BYTES / 1024))
    });
    std::iter::once(log.map(|log| log.text)).chain(cut)
}

/// Metadata only: types are asked of the API server, so nothing that a Secret holds is read.
const NO_PULL_SECRET: &str = "type!=kubernetes.io/dockerconfigjson,type!=kubernetes.io/dockercfg";

impl Cluster {
    /// Whether there is a Secret of this name, of a type that no pull of an image uses.
    pub(super) async fn is_no_pull_secret(&self, namespace: &str, name: &str) -> Fact<bool> {
        let resource = referred(ReferenceKind::Secret);
        let api: Api<DynamicObject> = Api::namespaced_with(self.client(), namespace, &resource);
        let attempt = Attempt { resource: resource.plural, ..PODS.attempt("list", namespace, None) };
        let params = ListParams::default().fields(&format!("metadata.name={name},{NO_PULL_SECRET}"));
        let found = in_time(async {
            api.list_metadata(&params).await.map_err(|error| self.explain(error, attempt).to_string())
        });
        Fact::from(found.await.map(|found| !found.items.is_empty()))
    }
}

/// How the API names what a template refers to.
fn referred(kind: ReferenceKind) -> ApiResource {
    let (kind, plural) = match kind {
        ReferenceKind::ConfigMap => ("ConfigMap", "configmaps"),
        ReferenceKind::Secret => ("Secret", "secrets"),
    };
    ApiResource {
        group: String::new(),
        version: "v1".to_owned(),
        api_version: "v1".to_owned(),
        kind: kind.to_owned(),
        plural: plural.to_owned(),
    }
}

impl<'a> Lines<'a> {
    fn of(container: &'a str) -> Self {
        Self { container, ..Self::default() }
    }
}

/// The endpoint on one pod, over plain HTTP. An `exec` in a pod of several containers has to name one.
fn plainly(pod: &str, containers: &[String], endpoint: &Endpoint) -> Asked {
    let container = endpoint.container.as_ref().or_else(|| containers.first());
    Asked {
        pod: pod.to_owned(),
        container: container.cloned().unwrap_or_default(),
        tls: false,
        port: endpoint.port,
        path: endpoint.path.clone(),
        headers: Vec::new(),
    }
}

fn number(number: i64) -> String {
    number.to_string()
}

pub(super) async fn in_time<T>(work: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    tokio::time::timeout(DEADLINE, work).await.unwrap_or_else(|_| Err("no answer in time".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_was_cut_says_so() {
        let limit = usize::try_from(LOG_BYTES).expect("a small number");
        for (length, parts) in [(0, 1), (limit - 1, 1), (limit, 2), (limit + 1, 2)] {
            let read: Vec<_> = with_cut(Fact::Known(Log::read(&vec![b'x'; length]))).collect();
            assert_eq!(read.len(), parts, "{length}");
            assert!(read.iter().skip(1).all(|part| part.reason().is_some()), "{length}");
        }
    }
}
