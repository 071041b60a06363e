//! Looks into pods: their logs, their health endpoints, and who last wrote what they refer to.

use std::time::{Duration, Instant};

use futures::future::{join, join_all};
use futures::stream::{self, StreamExt};
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use jiff::SignedDuration;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, ApiResource, AttachParams, DynamicObject, LogParams};
use sk_core::causes::Asked;
use sk_core::fact::Fact;
use sk_core::references::{Reference, ReferenceKind};
use sk_core::verify::{Endpoint, Health, Inspected, Inspection, TAIL};
use tokio::io::AsyncReadExt;

use super::{Cluster, PODS};
use crate::error::Attempt;

/// Longest time for one look.
const DEADLINE: Duration = Duration::from_secs(4);

/// Pods that are looked into at the same time.
const AT_ONCE: usize = 8;

/// Lines of one run that are read, and bytes of any log.
const LAST_LINES: i64 = 40;
const LOG_BYTES: i64 = 256 * 1024;

/// Bytes of an answer's body that are kept.
const BODY: usize = 300;

/// An endpoint's answer: what it said, or that it does not answer.
type Answered = Result<Health, String>;

impl Cluster {
    /// Reads the new pods' logs and asks their health endpoints, all at once.
    pub async fn inspect(&self, namespace: &str, inspection: &Inspection) -> Vec<Inspected> {
        let pods = inspection.pods.iter().map(|(pod, containers)| async move {
            let logs = containers.iter().map(|container| async move {
                let params = LogParams { tail_lines: Some(TAIL), ..of_container(container) };
                (container.clone(), self.log(namespace, pod, params).await)
            });
            let health = async {
                match &inspection.endpoint {
                    Some(endpoint) => Some(self.health(namespace, pod, endpoint).await),
                    None => None,
                }
            };
            let (logs, health) = join(join_all(logs), health).await;
            Inspected { pod: pod.clone(), logs, health }
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
        // An age, since this machine's clock is not the cluster's.
        let since_seconds = Some(age.as_secs().max(1));
        let logs = pods.iter().flat_map(|(pod, containers)| {
            containers.iter().map(move |container| {
                self.log(namespace, pod, LogParams { since_seconds, ..of_container(container) })
            })
        });
        stream::iter(logs).buffered(AT_ONCE).collect().await
    }

    /// The last lines of a container: of its previous run, or of the present one.
    pub(super) async fn last_lines(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        previous: bool,
    ) -> Fact<String> {
        let params = LogParams { previous, tail_lines: Some(LAST_LINES), ..of_container(container) };
        self.log(namespace, pod, params).await
    }

    /// Asks an endpoint as its probe does.
    pub(super) async fn ask(&self, namespace: &str, asked: &Asked) -> Fact<Answered> {
        let endpoint = Endpoint { port: asked.port, path: asked.path.clone() };
        self.health(namespace, &asked.pod, &endpoint).await
    }

    async fn log(&self, namespace: &str, pod: &str, params: LogParams) -> Fact<String> {
        let pods: Api<Pod> = Api::namespaced(self.client(), namespace);
        let attempt = PODS.attempt("get", namespace, Some(pod));
        let log = in_time(async {
            pods.logs(pod, &params).await.map_err(|error| self.explain(error, attempt).to_string())
        });
        match log.await {
            // The kubelet answers 200 with its own excuse.
            Ok(excuse) if excuse.starts_with("unable to retrieve container logs for ") => {
                Fact::Unavailable(excuse)
            }
            log => log.into(),
        }
    }

    /// Metadata only, and of that only who wrote when: what a Secret holds is not kept.
    pub(super) async fn last_write(&self, namespace: &str, reference: &Reference) -> Fact<String> {
        let (kind, plural) = match reference.kind {
            ReferenceKind::ConfigMap => ("ConfigMap", "configmaps"),
            ReferenceKind::Secret => ("Secret", "secrets"),
        };
        let resource = ApiResource {
            group: String::new(),
            version: "v1".to_owned(),
            api_version: "v1".to_owned(),
            kind: kind.to_owned(),
            plural: plural.to_owned(),
        };
        let api: Api<DynamicObject> = Api::namespaced_with(self.client(), namespace, &resource);
        let attempt =
            Attempt { resource: plural.to_owned(), ..PODS.attempt("get", namespace, Some(&reference.name)) };
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

    /// Asks through a port-forward; where that is withheld, with the runbook's `curl` in the pod.
    async fn health(&self, namespace: &str, pod: &str, endpoint: &Endpoint) -> Fact<Answered> {
        match self.forwarded(namespace, pod, endpoint).await {
            Ok(answered) => Fact::Known(answered),
            Err(forwarding) => match in_time(self.curl(namespace, pod, endpoint)).await {
                Ok(answered) => Fact::Known(answered),
                Err(curl) => Fact::Unavailable(format!("{forwarding}; curl in the pod: {curl}")),
            },
        }
    }

    async fn forwarded(&self, namespace: &str, pod: &str, endpoint: &Endpoint) -> Result<Answered, String> {
        let pods: Api<Pod> = Api::namespaced(self.client(), namespace);
        let attempt = PODS.attempt("create", namespace, Some(pod));
        let began = Instant::now();
        let ports = [endpoint.port];
        let forwarding = pods.portforward(pod, &ports);
        let mut forwarder =
            in_time(async { forwarding.await.map_err(|error| self.explain(error, attempt).to_string()) })
                .await?;
        let refused = forwarder.take_error(endpoint.port);
        let stream = forwarder.take_stream(endpoint.port).ok_or("the port was not forwarded")?;
        // What is forwarded and silent is the endpoint's fault, not the port-forward's.
        let answered = in_time(get(stream, endpoint)).await;
        forwarder.abort();
        Ok(match answered {
            Ok((status, body)) => Ok(Health { status, millis: millis(began), body }),
            Err(error) => {
                let why = match refused {
                    Some(refused) => {
                        tokio::time::timeout(Duration::from_millis(100), refused).await.ok().flatten()
                    }
                    None => None,
                };
                Err(why.unwrap_or(error))
            }
        })
    }

    async fn curl(&self, namespace: &str, pod: &str, endpoint: &Endpoint) -> Result<Answered, String> {
        let pods: Api<Pod> = Api::namespaced(self.client(), namespace);
        let url = format!("http://localhost:{}{}", endpoint.port, endpoint.path);
        let command = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "4", &url];
        let attempt = PODS.attempt("create", namespace, Some(pod));
        let began = Instant::now();
        let mut process = pods
            .exec(pod, command, &AttachParams::default().stderr(false))
            .await
            .map_err(|error| self.explain(error, attempt).to_string())?;
        let mut output = String::new();
        let mut stdout = process.stdout().ok_or("it has no output")?;
        stdout.read_to_string(&mut output).await.map_err(|error| error.to_string())?;
        match output.trim().parse() {
            Ok(0) => Ok(Err("curl got no answer".to_owned())),
            Ok(status) => Ok(Ok(Health { status, millis: millis(began), body: String::new() })),
            Err(_) => Err("curl is not in the image".to_owned()),
        }
    }
}

fn of_container(container: &str) -> LogParams {
    LogParams { container: Some(container.to_owned()), limit_bytes: Some(LOG_BYTES), ..LogParams::default() }
}

fn millis(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)
}

async fn in_time<T>(work: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    tokio::time::timeout(DEADLINE, work).await.unwrap_or_else(|_| Err("no answer in time".to_owned()))
}

/// One GET over a connection that stands; status and begin of the body.
async fn get(
    stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    endpoint: &Endpoint,
) -> Result<(u16, String), String> {
    let words = |error: hyper::Error| error.to_string();
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(words)?;
    let request = http::Request::get(&endpoint.path)
        .header(http::header::HOST, format!("localhost:{}", endpoint.port))
        .header(http::header::CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(|error| error.to_string())?;
    let answered = async {
        let mut response = sender.send_request(request).await?;
        let mut body = Vec::new();
        while body.len() < BODY
            && let Some(frame) = response.frame().await
        {
            body.extend_from_slice(frame?.data_ref().map_or(&[], |data| data.as_ref()));
        }
        body.truncate(BODY);
        Ok((response.status().as_u16(), String::from_utf8_lossy(&body).into_owned()))
    };
    // The connection has to be driven while the answer is awaited; a server may keep it open afterwards.
    let mut connection = std::pin::pin!(connection);
    let mut answered = std::pin::pin!(answered);
    tokio::select! {
        answered = &mut answered => answered.map_err(words),
        driven = &mut connection => match driven {
            Ok(()) => answered.await.map_err(words),
            Err(error) => Err(words(error)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt;

    #[tokio::test]
    async fn a_server_that_keeps_the_connection_is_not_waited_for() {
        let (ours, mut theirs) = tokio::io::duplex(4096);
        let server = async {
            let mut request = [0; 512];
            let read = theirs.read(&mut request).await.unwrap();
            assert!(request[..read].starts_with(b"GET /health/ready HTTP/1.1\r\n"));
            theirs
                .write_all(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 7\r\n\r\ndb down")
                .await
                .unwrap();
            std::future::pending::<()>().await;
        };
        let endpoint = Endpoint { port: 8080, path: "/health/ready".to_owned() };
        let answered = tokio::select! {
            answered = tokio::time::timeout(DEADLINE, get(ours, &endpoint)) => answered,
            () = server => unreachable!("it never ends"),
        };
        assert_eq!(answered.unwrap().unwrap(), (503, "db down".to_owned()));
    }
}
