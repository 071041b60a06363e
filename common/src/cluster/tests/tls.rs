//! Certificates, against a TLS server on 127.0.0.1 whose certificate is for 127.0.0.1 and `cluster.test`.

use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::*;

/// Made by `pki/renew.sh`.
macro_rules! pki {
    ($file:literal) => {
        concat!(env!("CARGO_MANIFEST_DIR"), "/src/cluster/tests/pki/", $file)
    };
}

/// Starts a server that wants client certificates where `identified`; returns its port.
async fn serve(identified: bool) -> u16 {
    let chain = vec![CertificateDer::from_pem_file(pki!("server.crt")).unwrap()];
    let key = PrivateKeyDer::from_pem_file(pki!("server.key")).unwrap();
    let mut clients = RootCertStore::empty();
    clients.add(CertificateDer::from_pem_file(pki!("ca.crt")).unwrap()).unwrap();
    let builder = rustls::ServerConfig::builder();
    let builder = if identified {
        builder.with_client_cert_verifier(WebPkiClientVerifier::builder(clients.into()).build().unwrap())
    } else {
        builder.with_no_client_auth()
    };
    let acceptor = TlsAcceptor::from(Arc::new(builder.with_single_cert(chain, key).unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A client that refuses the certificate is what some tests are about.
            let _ = answer(&acceptor, stream).await;
        }
    });
    port
}

async fn answer(acceptor: &TlsAcceptor, stream: TcpStream) -> std::io::Result<()> {
    let mut stream = acceptor.accept(stream).await?;
    let _ = stream.read(&mut [0; 4096]).await?;
    stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}").await?;
    stream.shutdown().await
}

/// What one read says with these flags, on a server that is reached by no kubeconfig.
async fn said(port: u16, typed: &str) -> String {
    let server = format!("https://127.0.0.1:{port}");
    let words = ["test", "--server", &server].into_iter().chain(typed.split_whitespace());
    let flags = Typed::try_parse_from(words).unwrap().connection;
    match get(&reach(&flags).unwrap()).await {
        Ok(_) => "answered".to_owned(),
        Err(error) => error.to_string(),
    }
}

const TRUSTED: &str = concat!("--certificate-authority ", pki!("ca.crt"));

#[tokio::test]
async fn a_certificate_must_be_signed_by_a_trusted_authority_and_name_the_server() {
    let port = serve(false).await;
    let refused = "Unable to connect to the server: tls: failed to verify certificate: x509: ";
    for (typed, expected) in [
        (TRUSTED.to_owned(), "answered".to_owned()),
        (format!("{TRUSTED} --tls-server-name cluster.test"), "answered".to_owned()),
        ("--insecure-skip-tls-verify".to_owned(), "answered".to_owned()),
        (
            format!("{TRUSTED} --tls-server-name other.test"),
            format!("{refused}certificate is valid for 127.0.0.1, cluster.test, not other.test"),
        ),
        (
            concat!("--certificate-authority ", pki!("client.crt")).to_owned(),
            format!("{refused}certificate signed by unknown authority"),
        ),
    ] {
        assert_eq!(said(port, &typed).await, expected, "{typed}");
    }
}

#[tokio::test]
async fn a_client_certificate_logs_in() {
    let port = serve(true).await;
    let identity = concat!("--client-certificate ", pki!("client.crt"), " --client-key ", pki!("client.key"));
    assert_eq!(said(port, &format!("{TRUSTED} {identity}")).await, "answered");
    assert_ne!(said(port, TRUSTED).await, "answered");
}

#[cfg(unix)]
#[tokio::test]
async fn a_plugin_may_give_a_certificate_instead_of_a_token() {
    let port = serve(true).await;
    let directory = tempfile::TempDir::new().unwrap();
    let read = |path| std::fs::read_to_string(path).unwrap();
    let given = json!({
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "kind": "ExecCredential",
        "status": {
            "clientCertificateData": read(pki!("client.crt")),
            "clientKeyData": read(pki!("client.key")),
        },
    });
    std::fs::write(directory.path().join("given.json"), given.to_string()).unwrap();
    let exec = json!({
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "cat",
        "args": [directory.path().join("given.json")],
    });
    let kubeconfig = json!({
        "current-context": "x",
        "contexts": [{ "name": "x", "context": { "cluster": "x", "user": "x" } }],
        "clusters": [{ "name": "x", "cluster": { "server": format!("https://127.0.0.1:{port}") } }],
        "users": [{ "name": "x", "user": { "exec": exec } }],
    });
    let path = directory.path().join("config");
    std::fs::write(&path, kubeconfig.to_string()).unwrap();
    assert!(get(&reach(&flags(&path, TRUSTED)).unwrap()).await.is_ok());
}
