//! Certificates and keys of the kubeconfig: from base64 or file to what the TLS client takes.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kube::config::{AuthInfo, Cluster};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use secrecy::ExposeSecret;

use super::config::Selected;
use crate::error::ConfigError;

/// PEM as the kubeconfig's `*-data` fields hold it.
pub(crate) fn encode(pem: &[u8]) -> String {
    STANDARD.encode(pem)
}

/// The certificate authorities to trust, as DER; none means those of the operating system.
pub(crate) fn roots(selected: &Selected) -> Result<Option<Vec<Vec<u8>>>, ConfigError> {
    let Cluster { certificate_authority, certificate_authority_data, insecure_skip_tls_verify, .. } =
        &selected.cluster;
    let owner = &selected.cluster_name;
    let pem = load(
        "certificate-authority",
        owner,
        certificate_authority_data.as_deref(),
        certificate_authority.as_deref(),
    )?;
    let invalid = |reason: &str| ConfigError::Value {
        field: "certificate-authority",
        owner: owner.clone(),
        reason: reason.to_owned(),
    };
    let insecure = insecure_skip_tls_verify.unwrap_or(false);
    if insecure && pem.is_some() {
        return Err(invalid("specifying a root certificates file with the insecure flag is not allowed"));
    }
    // Nothing will be verified: an empty list spares reading the operating system's.
    if insecure || selected.server.scheme_str() == Some("http") {
        return Ok(Some(Vec::new()));
    }
    let Some(pem) = pem else { return Ok(None) };
    let certificates: Vec<Vec<u8>> = CertificateDer::pem_slice_iter(&pem)
        .map(|certificate| certificate.map(|der| der.to_vec()))
        .collect::<Result<_, _>>()
        .map_err(|_| invalid("it is not PEM"))?;
    if certificates.is_empty() {
        return Err(invalid("it holds no certificate"));
    }
    Ok(Some(certificates))
}

/// Reads the files of a client certificate and its key into `auth`, so that what is wrong is known before any request.
pub(crate) fn load_identity(auth: &mut AuthInfo, user: &str) -> Result<(), ConfigError> {
    let key_data = auth.client_key_data.as_ref().map(ExposeSecret::expose_secret);
    let certificate = load(
        "client-certificate",
        user,
        auth.client_certificate_data.as_deref(),
        auth.client_certificate.as_deref(),
    )?;
    let key = load("client-key", user, key_data, auth.client_key.as_deref())?;
    let missing = |field| ConfigError::Value {
        field,
        owner: user.to_owned(),
        reason: "client-certificate and client-key must be specified together".to_owned(),
    };
    match (certificate, key) {
        (Some(certificate), Some(key)) => {
            auth.client_certificate_data = Some(encode(&certificate));
            auth.client_key_data = Some(encode(&key).into());
            Ok(())
        }
        (None, None) => Ok(()),
        (Some(_), None) => Err(missing("client-key")),
        (None, Some(_)) => Err(missing("client-certificate")),
    }
}

/// The `*-data` field, which comes first, or the file.
fn load(
    field: &'static str,
    owner: &str,
    data: Option<&str>,
    file: Option<&str>,
) -> Result<Option<Vec<u8>>, ConfigError> {
    if let Some(data) = data {
        // Go's decoder skips line ends, as YAML's block texts have them.
        let data: String = data.split(['\r', '\n']).collect();
        let reason = "illegal base64 data".to_owned();
        let value = STANDARD.decode(data);
        return value.map(Some).map_err(|_| ConfigError::Value { field, owner: owner.to_owned(), reason });
    }
    let Some(file) = file else { return Ok(None) };
    let path = PathBuf::from(file);
    let value = std::fs::read(&path);
    value.map(Some).map_err(|reason| ConfigError::File { field, owner: owner.to_owned(), path, reason })
}
