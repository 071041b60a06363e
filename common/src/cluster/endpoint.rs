//! Asks a pod's HTTP endpoint as its probe does: through a port-forward, else with curl in the pod.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, AttachParams};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use sk_core::causes::Asked;
use sk_core::fact::Fact;
use sk_core::verify::Health;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio_rustls::TlsConnector;

use super::inspect::in_time;
use super::{Cluster, PODS};
use crate::error::Attempt;

/// Bytes of an answer's body that are kept.
const BODY: usize = 300;

/// Bytes that curl may print; its last line is the status.
const PRINTED: u64 = 256 * 1024;

/// Time to hear why a port was not forwarded.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// An endpoint's answer: what it said, or that it does not answer.
type Answered = Result<Health, String>;

impl Cluster {
    /// Asks an endpoint as its probe does; where port-forwarding is withheld, with the runbook's `curl` in the pod.
    pub(super) async fn ask(&self, namespace: &str, asked: &Asked) -> Fact<Answered> {
        match self.forwarded(namespace, asked).await {
            Ok(answered) => Fact::Known(answered),
            // A command line is read by many: in the pod's processes, in the API server's audit log.
            Err(forwarding) if !asked.headers.is_empty() => Fact::Unavailable(format!(
                "{forwarding}; not asked with curl in the pod: the probe's headers would stand in its command line"
            )),
            Err(forwarding) => match in_time(self.curl(namespace, asked)).await {
                Ok(answered) => Fact::Known(answered),
                Err(curl) => Fact::Unavailable(format!("{forwarding}; curl in the pod: {curl}")),
            },
        }
    }

    async fn forwarded(&self, namespace: &str, asked: &Asked) -> Result<Answered, String> {
        let pods: Api<Pod> = Api::namespaced(self.client(), namespace);
        let attempt = subresource("pods/portforward", namespace, &asked.pod);
        let began = Instant::now();
        let ports = [asked.port];
        let forwarding = pods.portforward(&asked.pod, &ports);
        let mut forwarder =
            in_time(async { forwarding.await.map_err(|error| self.explain(error, attempt).to_string()) })
                .await?;
        let refused = forwarder.take_error(asked.port);
        let stream = forwarder.take_stream(asked.port).ok_or("the port was not forwarded")?;
        // What is forwarded and silent is the endpoint's fault, not the port-forward's.
        let answered = in_time(exchange(stream, asked)).await;
        forwarder.abort();
        Ok(match answered {
            Ok((status, body)) => Ok(Health { status, millis: millis(began), body }),
            Err(error) => {
                let why = match refused {
                    Some(refused) => tokio::time::timeout(LAST_WORDS, refused).await.ok().flatten(),
                    None => None,
                };
                Err(why.unwrap_or(error))
            }
        })
    }

    async fn curl(&self, namespace: &str, asked: &Asked) -> Result<Answered, String> {
        let pods: Api<Pod> = Api::namespaced(self.client(), namespace);
        let attempt = subresource("pods/exec", namespace, &asked.pod);
        let began = Instant::now();
        let mut how = AttachParams::default().stderr(false);
        how.container = (!asked.container.is_empty()).then(|| asked.container.clone());
        let mut process = pods
            .exec(&asked.pod, curl_command(asked), &how)
            .await
            .map_err(|error| self.explain(error, attempt).to_string())?;
        let stdout = process.stdout().ok_or("it has no output")?;
        let mut printed = Vec::new();
        stdout.take(PRINTED).read_to_end(&mut printed).await.map_err(|error| error.to_string())?;
        let (body, status) = printed_answer(&printed).ok_or("curl is not in the image")?;
        match status {
            0 => Ok(Err("curl got no answer".to_owned())),
            status => Ok(Ok(Health { status, millis: millis(began), body })),
        }
    }
}

fn subresource(resource: &str, namespace: &str, pod: &str) -> Attempt {
    Attempt { resource: resource.to_owned(), ..PODS.attempt("create", namespace, Some(pod)) }
}

/// The runbook's curl, with the probe's scheme, port and path; the status goes on a line of its own.
fn curl_command(asked: &Asked) -> Vec<String> {
    let scheme = if asked.tls { "https" } else { "http" };
    let fixed = ["curl", "-s", "-k", "--max-time", "4", "-w", "\\n%{http_code}"].map(str::to_owned);
    let url = format!("{scheme}://localhost:{}{}", asked.port, rooted(&asked.path));
    fixed.into_iter().chain([url]).collect()
}

/// What curl printed: begin of the body, and the status, which is 0 where there was no answer.
fn printed_answer(printed: &[u8]) -> Option<(String, u16)> {
    let end = printed.iter().rposition(|byte| *byte == b'\n')?;
    let status = str::from_utf8(&printed[end + 1..]).ok()?.trim().parse().ok()?;
    Some((begin(&printed[..end]), status))
}

fn begin(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(BODY)]).into_owned()
}

/// The path as a request line wants it; the kubelet, too, adds a slash that is missing.
fn rooted(path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { format!("/{path}") }
}

fn millis(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// One GET over a connection that stands, in TLS where the probe asks for it.
async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    asked: &Asked,
) -> Result<(u16, String), String> {
    if !asked.tls {
        return get(stream, asked).await;
    }
    // By address, so that no name is sent: as the kubelet does it.
    let server = ServerName::IpAddress(std::net::Ipv4Addr::LOCALHOST.into());
    let connector = TlsConnector::from(Arc::new(unverified()?));
    let stream = connector.connect(server, stream).await.map_err(|error| format!("TLS: {error}"))?;
    get(stream, asked).await
}

/// Status and begin of the body.
async fn get(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    asked: &Asked,
) -> Result<(u16, String), String> {
    let words = |error: hyper::Error| error.to_string();
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(words)?;
    let request = request(asked)?;
    let answered = async {
        let mut response = sender.send_request(request).await?;
        let mut body = Vec::new();
        while body.len() < BODY
            && let Some(frame) = response.frame().await
        {
            body.extend_from_slice(frame?.data_ref().map_or(&[], |data| data.as_ref()));
        }
        Ok((response.status().as_u16(), begin(&body)))
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

/// The probe's request; `Host` is one of its headers where it names one.
fn request(asked: &Asked) -> Result<http::Request<Empty<Bytes>>, String> {
    let own_host = asked.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host"));
    let mut request = http::Request::get(rooted(&asked.path)).header(http::header::CONNECTION, "close");
    if !own_host {
        request = request.header(http::header::HOST, format!("localhost:{}", asked.port));
    }
    for (name, value) in &asked.headers {
        request = request.header(name, value);
    }
    request.body(Empty::new()).map_err(|error| error.to_string())
}

/// TLS that takes any certificate: what a probe learns is that somebody answers.
fn unverified() -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let verifier = Arc::new(AnyCertificate(provider));
    Ok(config.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;
    use crate::cluster::inspect::DEADLINE;

    fn asked(path: &str, headers: &[(&str, &str)]) -> Asked {
        Asked {
            pod: "web-1".to_owned(),
            container: "app".to_owned(),
            tls: false,
            port: 8080,
            path: path.to_owned(),
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        }
    }

    #[tokio::test]
    async fn a_server_that_keeps_the_connection_is_not_waited_for() {
        let (ours, mut theirs) = tokio::io::duplex(4096);
        let server = async {
            let mut request = [0; 512];
            let read = theirs.read(&mut request).await.unwrap();
            let request = String::from_utf8_lossy(&request[..read]);
            assert!(request.starts_with("GET /health/ready?deep=1 HTTP/1.1\r\n"), "{request}");
            assert!(request.contains("host: shop\r\n") && !request.contains("localhost"), "{request}");
            theirs
                .write_all(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 7\r\n\r\ndb down")
                .await
                .unwrap();
            std::future::pending::<()>().await;
        };
        let asked = asked("health/ready?deep=1", &[("Host", "shop")]);
        let answered = tokio::select! {
            answered = tokio::time::timeout(DEADLINE, exchange(ours, &asked)) => answered,
            () = server => unreachable!("it never ends"),
        };
        assert_eq!(answered.unwrap().unwrap(), (503, "db down".to_owned()));
    }

    #[tokio::test]
    async fn what_is_no_http_is_said() {
        let (ours, mut theirs) = tokio::io::duplex(4096);
        theirs.write_all(b"220 mail.example.com ESMTP\r\n").await.unwrap();
        let answered = exchange(ours, &asked("/", &[])).await;
        assert!(answered.is_err(), "{answered:?}");
        assert!(exchange(tokio::io::duplex(1).0, &asked("/", &[("a b", "c")])).await.is_err());
    }

    #[test]
    fn curl_asks_the_same_and_its_answer_is_read() {
        let asked = Asked { tls: true, ..asked("/ready", &[]) };
        let command = curl_command(&asked);
        assert_eq!(command[command.len() - 2..], ["\\n%{http_code}", "https://localhost:8080/ready"]);
        assert_eq!(printed_answer(b"db down\nyes\n503"), Some(("db down\nyes".to_owned(), 503)));
        assert_eq!(printed_answer(b"\n000"), Some((String::new(), 0)));
        assert_eq!(printed_answer(b""), None);
        assert_eq!(printed_answer(&[[0xff; 400].as_slice(), b"\n200"].concat()).unwrap().1, 200);
    }
}
