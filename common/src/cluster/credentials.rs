//! Credentials that change while a process runs: exec plugins and token files.
//!
//! The plugin is run here and not by kube, which runs it three times for each client
//! (client-go: `plugin/pkg/client/auth/exec`).

use std::io::IsTerminal;
use std::process::Stdio;

use jiff::{SignedDuration, Timestamp};
use kube::config::{AuthInfo, Cluster, ExecAuthCluster, ExecConfig, ExecInteractiveMode};
use secrecy::SecretString;
use serde::Deserialize;
use tokio::process::Command;

use crate::error::{ConfigError, CredentialError, PluginProblem};

const API_VERSIONS: [&str; 2] = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];
/// client-go reads a token file again each minute.
const TOKEN_FILE_LIFETIME: SignedDuration = SignedDuration::from_mins(1);

/// Where the credential comes from.
#[derive(Debug)]
pub(crate) enum Source {
    /// It stands in the kubeconfig or the flags, or there is none.
    Fixed,
    /// `tokenFile`, or a pod's service account.
    TokenFile { user: String, path: String },
    /// `exec`.
    Plugin(Box<Plugin>),
}

/// What a source gave.
pub(crate) struct Credential {
    token: Option<SecretString>,
    /// PEM.
    certificate: Option<(String, SecretString)>,
    /// None: as long as the process lives.
    pub(crate) expires: Option<Timestamp>,
}

impl Credential {
    /// Logs `auth` in with this credential.
    pub(crate) fn apply(self, auth: &mut AuthInfo) {
        use secrecy::ExposeSecret;
        if let Some(token) = self.token {
            auth.token = Some(token);
        }
        if let Some((certificate, key)) = self.certificate {
            auth.client_certificate_data = Some(super::tls::encode(certificate.as_bytes()));
            auth.client_key_data = Some(super::tls::encode(key.expose_secret().as_bytes()).into());
        }
    }
}

impl Source {
    /// Takes the changing credentials out of `auth`; what is left there is fixed.
    ///
    /// A token or password of the kubeconfig comes before `exec`, and `tokenFile` before `token`, as in client-go.
    pub(crate) fn take(auth: &mut AuthInfo, user: &str, cluster: &Cluster) -> Result<Self, ConfigError> {
        let exec = auth.exec.take();
        if let Some(path) = auth.token_file.take() {
            auth.token = None;
            return Ok(Self::TokenFile { user: user.to_owned(), path });
        }
        match exec {
            Some(exec) if auth.token.is_none() && auth.username.is_none() => {
                Ok(Self::Plugin(Box::new(Plugin::new(exec, user, cluster)?)))
            }
            _ => Ok(Self::Fixed),
        }
    }

    /// Whether asking again can give another credential.
    pub(crate) fn renews(&self) -> bool {
        !matches!(self, Self::Fixed)
    }

    /// Reads the file or runs the plugin; a plugin may ask the user and so takes what time it needs.
    pub(crate) async fn fetch(&self) -> Result<Credential, CredentialError> {
        match self {
            Self::Fixed => Ok(Credential { token: None, certificate: None, expires: None }),
            Self::TokenFile { user, path } => read_token(user, path),
            Self::Plugin(plugin) => plugin.run().await.map_err(|problem| CredentialError {
                user: plugin.user.clone(),
                problem,
                install_hint: plugin.install_hint.clone(),
            }),
        }
    }
}

fn read_token(user: &str, path: &str) -> Result<Credential, CredentialError> {
    let token = std::fs::read_to_string(path).map_err(|reason| CredentialError {
        user: user.to_owned(),
        problem: PluginProblem::TokenFile { path: path.to_owned(), reason },
        install_hint: None,
    })?;
    Ok(Credential {
        token: Some(token.trim().to_owned().into()),
        certificate: None,
        expires: Some(Timestamp::now() + TOKEN_FILE_LIFETIME),
    })
}

/// A user's `exec`, checked.
#[derive(Debug)]
pub(crate) struct Plugin {
    user: String,
    command: String,
    args: Vec<String>,
    env: Vec<(String, String)>,
    api_version: String,
    interactive: ExecInteractiveMode,
    install_hint: Option<String>,
    cluster: Option<ExecAuthCluster>,
}

impl Plugin {
    fn new(exec: ExecConfig, user: &str, cluster: &Cluster) -> Result<Self, ConfigError> {
        let invalid = |reason: String| ConfigError::Value { field: "exec", owner: user.to_owned(), reason };
        let Some(command) = exec.command.filter(|command| !command.is_empty()) else {
            return Err(invalid("command must be specified to use exec authentication plugin".to_owned()));
        };
        let api_version = exec.api_version.unwrap_or_default();
        if !API_VERSIONS.contains(&api_version.as_str()) {
            return Err(invalid(format!(
                "apiVersion {api_version:?} is not one of {}",
                API_VERSIONS.join(", ")
            )));
        }
        let interactive = match exec.interactive_mode {
            Some(mode) => mode,
            None if api_version == API_VERSIONS[1] => ExecInteractiveMode::IfAvailable,
            None => return Err(invalid("interactiveMode must be specified".to_owned())),
        };
        let cluster = if exec.provide_cluster_info {
            Some(ExecAuthCluster::try_from(cluster).map_err(|error| invalid(error.to_string()))?)
        } else {
            None
        };
        Ok(Self {
            user: user.to_owned(),
            command,
            args: exec.args.unwrap_or_default(),
            env: pairs(exec.env.unwrap_or_default()),
            api_version,
            interactive,
            install_hint: exec.install_hint.filter(|hint| !hint.is_empty()),
            cluster,
        })
    }

    async fn run(&self) -> Result<Credential, PluginProblem> {
        let interactive = self.is_interactive()?;
        let stdin = if interactive { Stdio::inherit() } else { Stdio::null() };
        let output = Command::new(&self.command)
            .args(&self.args)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .env("KUBERNETES_EXEC_INFO", self.exec_info(interactive))
            .stdin(stdin)
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .output()
            .await
            .map_err(|reason| self.cannot_start(reason))?;
        if !output.status.success() {
            let status = match output.status.code() {
                Some(code) => format!("exit code {code}"),
                None => output.status.to_string(),
            };
            return Err(PluginProblem::Failed { command: self.command.clone(), status });
        }
        self.parse(&output.stdout)
    }

    fn is_interactive(&self) -> Result<bool, PluginProblem> {
        let terminal = std::io::stdin().is_terminal();
        match self.interactive {
            ExecInteractiveMode::Never => Ok(false),
            ExecInteractiveMode::IfAvailable => Ok(terminal),
            ExecInteractiveMode::Always if terminal => Ok(true),
            ExecInteractiveMode::Always => Err(PluginProblem::NeedsTerminal(self.command.clone())),
        }
    }

    fn exec_info(&self, interactive: bool) -> String {
        let mut spec = serde_json::json!({ "interactive": interactive });
        if let Some(cluster) = &self.cluster {
            spec["cluster"] = serde_json::json!(cluster);
        }
        serde_json::json!({ "kind": "ExecCredential", "apiVersion": self.api_version, "spec": spec })
            .to_string()
    }

    fn cannot_start(&self, reason: std::io::Error) -> PluginProblem {
        let command = self.command.clone();
        match reason.kind() {
            std::io::ErrorKind::NotFound => PluginProblem::NotFound(command),
            _ => PluginProblem::Start { command, reason },
        }
    }

    fn parse(&self, stdout: &[u8]) -> Result<Credential, PluginProblem> {
        let wrong = |reason: String| PluginProblem::Output { command: self.command.clone(), reason };
        let given: ExecCredential = serde_saphyr::from_slice(stdout)
            .map_err(|_| wrong("its output is no ExecCredential".to_owned()))?;
        if given.kind != "ExecCredential" || given.api_version != self.api_version {
            return Err(wrong(format!(
                "exec plugin is configured to use API version {}, plugin returned version {}",
                self.api_version, given.api_version
            )));
        }
        let status =
            given.status.ok_or_else(|| wrong("exec plugin didn't return a status field".to_owned()))?;
        let token = status.token.filter(|token| !token.is_empty());
        let certificate = status.client_certificate_data.filter(|certificate| !certificate.is_empty());
        let key = status.client_key_data.filter(|key| !key.is_empty());
        if certificate.is_some() != key.is_some() {
            return Err(wrong("exec plugin returned only certificate or key, not both".to_owned()));
        }
        if token.is_none() && certificate.is_none() {
            return Err(wrong("exec plugin didn't return a token or cert/key pair".to_owned()));
        }
        Ok(Credential {
            token: token.map(SecretString::from),
            certificate: certificate.zip(key.map(SecretString::from)),
            expires: status.expiration_timestamp,
        })
    }
}

/// `env` is a list of `{name, value}`.
fn pairs(env: Vec<std::collections::HashMap<String, String>>) -> Vec<(String, String)> {
    env.into_iter()
        .filter_map(|mut entry| Some((entry.remove("name")?, entry.remove("value").unwrap_or_default())))
        .collect()
}

/// What a plugin prints (`client.authentication.k8s.io/v1`, `ExecCredential`).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExecCredential {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    api_version: String,
    status: Option<ExecCredentialStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExecCredentialStatus {
    expiration_timestamp: Option<Timestamp>,
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}
