//! From kubeconfig, environment and flags to one cluster and one user, as client-go's `clientcmd` decides it.

use std::path::Path;

use http::Uri;
use kube::config::{AuthInfo, Cluster, Context, Kubeconfig};

use super::kubeconfig::{self, Environment, Loaded};
use super::proxy;
use crate::cli::ConnectionFlags;
use crate::error::ConfigError;

/// Where a pod finds its credentials (client-go's `rest.InClusterConfig`).
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// What kubeconfig, environment and flags amount to: where to connect, and as whom.
#[derive(Debug)]
pub(crate) struct Selected {
    /// None in a pod, or with only `--server`.
    pub(crate) context: Option<String>,
    /// The context's namespace, else `default`.
    pub(crate) namespace: String,
    /// The kubeconfig's name for the cluster, for errors.
    pub(crate) cluster_name: String,
    /// The kubeconfig's name for the user, empty if there is none.
    pub(crate) user: String,
    pub(crate) cluster: Cluster,
    pub(crate) auth: AuthInfo,
    pub(crate) server: Uri,
}

/// Chooses cluster and user; contacts nothing.
pub(crate) fn select(flags: &ConnectionFlags, environment: Environment<'_>) -> Result<Selected, ConfigError> {
    let loaded = kubeconfig::load(flags.kubeconfig.as_deref(), environment)?;
    let (context_name, context) = match find_context(flags, &loaded.kubeconfig)? {
        Some((name, context)) => (Some(name), context),
        None => match in_pod(flags, &loaded.kubeconfig, environment) {
            Some(pod) => return finish(pod, flags),
            None => (None, without_context(flags, &loaded)?),
        },
    };
    let cluster_name = flags.cluster.clone().unwrap_or(context.cluster);
    let user = flags.user.clone().or(context.user).unwrap_or_default();
    let selected = Selected {
        context: context_name,
        namespace: context.namespace.unwrap_or_else(|| "default".to_owned()),
        cluster: find_cluster(flags, &loaded.kubeconfig, &cluster_name)?,
        auth: find_user(flags, &loaded.kubeconfig, &user)?,
        cluster_name,
        user,
        server: Uri::default(),
    };
    finish(selected, flags)
}

fn find_context(
    flags: &ConnectionFlags,
    kubeconfig: &Kubeconfig,
) -> Result<Option<(String, Context)>, ConfigError> {
    let Some(name) = flags.context.as_ref().or(kubeconfig.current_context.as_ref()) else {
        return Ok(None);
    };
    let entry = kubeconfig.contexts.iter().find(|entry| &entry.name == name);
    match entry.and_then(|entry| entry.context.clone()) {
        Some(context) => Ok(Some((name.clone(), context))),
        None => Err(unknown("context", name, kubeconfig.contexts.iter().map(|entry| &entry.name))),
    }
}

/// Without a context it takes at least `--cluster` or `--server`.
fn without_context(flags: &ConnectionFlags, loaded: &Loaded) -> Result<Context, ConfigError> {
    if flags.server.is_some() || flags.cluster.is_some() {
        return Ok(Context::default());
    }
    if loaded.kubeconfig.contexts.is_empty() && loaded.kubeconfig.clusters.is_empty() {
        return Err(ConfigError::Missing { searched: loaded.searched.clone() });
    }
    let existing = loaded.kubeconfig.contexts.iter().map(|entry| entry.name.clone()).collect();
    Err(ConfigError::NoCurrentContext { existing })
}

fn find_cluster(
    flags: &ConnectionFlags,
    kubeconfig: &Kubeconfig,
    name: &str,
) -> Result<Cluster, ConfigError> {
    let entry = kubeconfig.clusters.iter().find(|entry| entry.name == name);
    match entry.and_then(|entry| entry.cluster.clone()) {
        Some(cluster) => Ok(cluster),
        None if flags.server.is_some() && flags.cluster.is_none() => Ok(Cluster::default()),
        None => Err(unknown("cluster", name, kubeconfig.clusters.iter().map(|entry| &entry.name))),
    }
}

/// A context may name a user that does not exist (it is then anonymous); `--user` may not.
fn find_user(flags: &ConnectionFlags, kubeconfig: &Kubeconfig, name: &str) -> Result<AuthInfo, ConfigError> {
    let entry = kubeconfig.auth_infos.iter().find(|entry| entry.name == name);
    match entry {
        Some(entry) => Ok(entry.auth_info.clone().unwrap_or_default()),
        None if flags.user.is_none() => Ok(AuthInfo::default()),
        None => Err(unknown("auth info", name, kubeconfig.auth_infos.iter().map(|entry| &entry.name))),
    }
}

fn unknown<'a>(kind: &'static str, name: &str, existing: impl Iterator<Item = &'a String>) -> ConfigError {
    ConfigError::Unknown { kind, name: name.to_owned(), existing: existing.cloned().collect() }
}

/// The pod's own service account, when there is no kubeconfig at all and this is a pod.
fn in_pod(
    flags: &ConnectionFlags,
    kubeconfig: &Kubeconfig,
    environment: Environment<'_>,
) -> Option<Selected> {
    let text =
        |name| environment(name).and_then(|value| value.into_string().ok()).filter(|value| !value.is_empty());
    if flags.server.is_some() || !kubeconfig.clusters.is_empty() || !kubeconfig.contexts.is_empty() {
        return None;
    }
    let (host, port) = (text("KUBERNETES_SERVICE_HOST")?, text("KUBERNETES_SERVICE_PORT")?);
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    let file = |name: &str| Path::new(SERVICE_ACCOUNT).join(name);
    file("token").is_file().then(|| Selected {
        context: None,
        namespace: std::fs::read_to_string(file("namespace"))
            .map_or_else(|_| "default".to_owned(), |namespace| namespace.trim().to_owned()),
        cluster_name: "in-cluster".to_owned(),
        user: "service account".to_owned(),
        cluster: Cluster {
            server: Some(format!("https://{host}:{port}")),
            certificate_authority: Some(file("ca.crt").to_string_lossy().into_owned()),
            ..Cluster::default()
        },
        auth: AuthInfo {
            token_file: Some(file("token").to_string_lossy().into_owned()),
            ..AuthInfo::default()
        },
        server: Uri::default(),
    })
}

/// Lays the flags over it and makes sense of the server's address.
fn finish(mut selected: Selected, flags: &ConnectionFlags) -> Result<Selected, ConfigError> {
    override_cluster(&mut selected.cluster, flags);
    override_user(&mut selected.auth, flags);
    let AuthInfo { impersonate, impersonate_uid, impersonate_groups, impersonate_user_extra, .. } =
        &selected.auth;
    if impersonate.is_none()
        && (impersonate_uid.is_some() || impersonate_groups.is_some() || impersonate_user_extra.is_some())
    {
        return Err(ConfigError::ImpersonatesNobody { user: selected.user });
    }
    let Some(server) = &selected.cluster.server else {
        return Err(ConfigError::NoServer { cluster: selected.cluster_name });
    };
    selected.server = address(server, &selected)?;
    Ok(selected)
}

/// `--certificate-authority` and `--insecure-skip-tls-verify` replace all that the kubeconfig says on trust, and
/// `--server` also its `tls-server-name` (client-go's `DirectClientConfig.getCluster`).
fn override_cluster(cluster: &mut Cluster, flags: &ConnectionFlags) {
    if let Some(server) = &flags.server {
        cluster.server = Some(server.clone());
        cluster.tls_server_name = None;
    }
    if let Some(name) = &flags.tls_server_name {
        cluster.tls_server_name = Some(name.clone());
    }
    if flags.certificate_authority.is_some() || flags.insecure_skip_tls_verify {
        cluster.certificate_authority.clone_from(&flags.certificate_authority);
        cluster.certificate_authority_data = None;
        cluster.insecure_skip_tls_verify = Some(flags.insecure_skip_tls_verify);
    }
}

/// `--token` replaces every other way to log in, a certificate excepted.
fn override_user(auth: &mut AuthInfo, flags: &ConnectionFlags) {
    if let Some(token) = &flags.token {
        auth.token = Some(token.clone());
        auth.token_file = None;
        auth.username = None;
        auth.password = None;
        auth.auth_provider = None;
        auth.exec = None;
    }
    if flags.client_certificate.is_some() {
        auth.client_certificate.clone_from(&flags.client_certificate);
        auth.client_certificate_data = None;
    }
    if flags.client_key.is_some() {
        auth.client_key.clone_from(&flags.client_key);
        auth.client_key_data = None;
    }
    if flags.impersonate.is_some() {
        auth.impersonate.clone_from(&flags.impersonate);
    }
    if flags.impersonate_uid.is_some() {
        auth.impersonate_uid.clone_from(&flags.impersonate_uid);
    }
    if !flags.impersonate_groups.is_empty() {
        auth.impersonate_groups = Some(flags.impersonate_groups.clone());
    }
}

/// The server's address; without a scheme it is `https` only where something speaks of TLS, as in
/// client-go's `rest.DefaultServerUrlFor`.
fn address(server: &str, selected: &Selected) -> Result<Uri, ConfigError> {
    let Cluster { certificate_authority, certificate_authority_data, insecure_skip_tls_verify, .. } =
        &selected.cluster;
    let AuthInfo { client_certificate, client_certificate_data, .. } = &selected.auth;
    let tls = certificate_authority.is_some()
        || certificate_authority_data.is_some()
        || client_certificate.is_some()
        || client_certificate_data.is_some()
        || insecure_skip_tls_verify.unwrap_or(false);
    let scheme = if tls { "https" } else { "http" };
    proxy::url("server", server, scheme, &["http", "https"])
}

#[cfg(test)]
mod tests;
