//! Reads and merges kubeconfig files as client-go's `clientcmd.ClientConfigLoadingRules` does.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use kube::config::{AuthInfo, Kubeconfig};
use secrecy::ExposeSecret;

use crate::error::ConfigError;

/// Looks a variable of the environment up; tests pass their own.
pub(crate) type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// The merged kubeconfig, and where it was looked for.
pub(crate) struct Loaded {
    pub(crate) kubeconfig: Kubeconfig,
    pub(crate) searched: Vec<PathBuf>,
}

/// `--kubeconfig` alone if given (it must exist), else KUBECONFIG's list, else `~/.kube/config`.
///
/// Of a list, files that do not exist are skipped; the first file to name an entry wins.
pub(crate) fn load(explicit: Option<&Path>, environment: Environment<'_>) -> Result<Loaded, ConfigError> {
    if let Some(path) = explicit {
        let kubeconfig = read(path)?.ok_or_else(|| absent(path))?;
        return Ok(Loaded { kubeconfig, searched: vec![path.to_owned()] });
    }
    let searched = search_path(environment);
    let mut kubeconfig = Kubeconfig::default();
    for path in &searched {
        if let Some(next) = read(path)? {
            kubeconfig = merge(kubeconfig, next, path)?;
        }
    }
    Ok(Loaded { kubeconfig, searched })
}

fn absent(path: &Path) -> ConfigError {
    ConfigError::Unreadable { path: path.to_owned(), reason: std::io::ErrorKind::NotFound.into() }
}

fn search_path(environment: Environment<'_>) -> Vec<PathBuf> {
    let listed: Vec<PathBuf> = environment("KUBECONFIG")
        .map(|list| std::env::split_paths(&list).filter(|path| !path.as_os_str().is_empty()).collect())
        .unwrap_or_default();
    if !listed.is_empty() {
        return listed;
    }
    let home = environment("HOME").or_else(|| environment("USERPROFILE"));
    home.map(|home| PathBuf::from(home).join(".kube/config")).into_iter().collect()
}

fn read(path: &Path) -> Result<Option<Kubeconfig>, ConfigError> {
    match std::fs::read_to_string(path) {
        Ok(text) => parse(&text, path).map(Some),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(reason) => Err(ConfigError::Unreadable { path: path.to_owned(), reason }),
    }
}

fn parse(text: &str, path: &Path) -> Result<Kubeconfig, ConfigError> {
    let documents: Vec<Kubeconfig> =
        serde_saphyr::from_multiple(text).map_err(|error| invalid(&error, path))?;
    let mut kubeconfig = Kubeconfig::default();
    for document in documents {
        kubeconfig = merge(kubeconfig, document, path)?;
    }
    forget_empty(&mut kubeconfig);
    resolve_paths(&mut kubeconfig, path.parent().unwrap_or(Path::new("")));
    Ok(kubeconfig)
}

/// The parser's own text may quote a value, and so a secret: only the place is passed on.
fn invalid(error: &serde_saphyr::Error, path: &Path) -> ConfigError {
    let location = error.location();
    ConfigError::Invalid {
        path: path.to_owned(),
        line: location.map_or(0, |location| location.line()),
        column: location.map_or(0, |location| location.column()),
        reason: "this is not what a kubeconfig has here".to_owned(),
    }
}

fn merge(first: Kubeconfig, next: Kubeconfig, path: &Path) -> Result<Kubeconfig, ConfigError> {
    first.merge(next).map_err(|error| ConfigError::Invalid {
        path: path.to_owned(),
        line: 1,
        column: 1,
        reason: error.to_string(),
    })
}

/// In Go an empty text is an unset one.
fn forget_empty(kubeconfig: &mut Kubeconfig) {
    drop_empty([&mut kubeconfig.current_context]);
    for context in kubeconfig.contexts.iter_mut().filter_map(|named| named.context.as_mut()) {
        drop_empty([&mut context.namespace, &mut context.user]);
    }
    for cluster in kubeconfig.clusters.iter_mut().filter_map(|named| named.cluster.as_mut()) {
        drop_empty([
            &mut cluster.server,
            &mut cluster.certificate_authority,
            &mut cluster.certificate_authority_data,
            &mut cluster.proxy_url,
            &mut cluster.tls_server_name,
        ]);
    }
    for user in kubeconfig.auth_infos.iter_mut().filter_map(|named| named.auth_info.as_mut()) {
        forget_empty_credentials(user);
    }
}

fn forget_empty_credentials(user: &mut AuthInfo) {
    drop_empty([
        &mut user.username,
        &mut user.token_file,
        &mut user.client_certificate,
        &mut user.client_certificate_data,
        &mut user.client_key,
        &mut user.impersonate,
        &mut user.impersonate_uid,
    ]);
    for secret in [&mut user.token, &mut user.client_key_data] {
        secret.take_if(|secret| secret.expose_secret().is_empty());
    }
}

fn drop_empty<const N: usize>(texts: [&mut Option<String>; N]) {
    for text in texts {
        text.take_if(|text| text.is_empty());
    }
}

/// Relative paths are relative to the file they stand in; an exec command only if it holds a separator.
fn resolve_paths(kubeconfig: &mut Kubeconfig, directory: &Path) {
    let resolve = |file: &mut Option<String>| {
        if let Some(file) = file {
            *file = directory.join(&*file).to_string_lossy().into_owned();
        }
    };
    for cluster in kubeconfig.clusters.iter_mut().filter_map(|named| named.cluster.as_mut()) {
        resolve(&mut cluster.certificate_authority);
    }
    for user in kubeconfig.auth_infos.iter_mut().filter_map(|named| named.auth_info.as_mut()) {
        resolve(&mut user.client_certificate);
        resolve(&mut user.client_key);
        resolve(&mut user.token_file);
        if let Some(exec) = &mut user.exec
            && exec.command.as_ref().is_some_and(|command| command.contains(std::path::is_separator))
        {
            resolve(&mut exec.command);
        }
    }
}
