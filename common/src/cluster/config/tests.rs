//! Which cluster and user kubeconfigs, environment and flags amount to.

use std::ffi::OsString;
use std::path::PathBuf;

use tempfile::TempDir;

use super::*;

const TWO: &str = "
current-context: one
contexts:
- {name: one, context: {cluster: one, user: one, namespace: shop}}
- {name: two, context: {cluster: two, user: nobody}}
- {name: lost, context: {cluster: lost, user: one}}
clusters:
- {name: one, cluster: {server: 'https://one:6443', certificate-authority: pki/ca.crt, tls-server-name: inner}}
- {name: two, cluster: {server: 'https://two', certificate-authority-data: Y2E=}}
- {name: empty, cluster: {server: ''}}
users:
- {name: one, user: {client-certificate: c.pem, client-key: /abs/k.pem, exec: {command: bin/login}}}
- {name: two, user: {token: '', tokenFile: '', exec: {command: login}}}
";

/// A directory with files, an environment, and flags.
struct Case {
    directory: TempDir,
    kubeconfig: Option<OsString>,
    flags: ConnectionFlags,
}

fn case(files: &[(&str, &str)]) -> Case {
    let directory = TempDir::new().unwrap();
    for (name, text) in files {
        std::fs::write(directory.path().join(name), text).unwrap();
    }
    let listed = files.iter().map(|(name, _)| directory.path().join(name));
    let kubeconfig = (!files.is_empty()).then(|| std::env::join_paths(listed).unwrap());
    Case { directory, kubeconfig, flags: ConnectionFlags::default() }
}

impl Case {
    fn with(mut self, set: impl FnOnce(&mut ConnectionFlags)) -> Self {
        set(&mut self.flags);
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn select(&self) -> Result<Selected, ConfigError> {
        select(&self.flags, &|name| match name {
            "HOME" => Some(self.directory.path().into()),
            "KUBECONFIG" => self.kubeconfig.clone(),
            _ => None,
        })
    }

    /// The error, without the directory.
    fn refused(&self) -> String {
        self.select().unwrap_err().to_string().replace(&format!("{}/", self.directory.path().display()), "")
    }
}

#[test]
fn the_context_chooses_cluster_user_and_namespace() {
    let selected = case(&[("config", TWO)]).select().unwrap();
    assert_eq!(selected.context.as_deref(), Some("one"));
    assert_eq!(
        (selected.namespace.as_str(), selected.user.as_str(), selected.server.to_string().as_str()),
        ("shop", "one", "https://one:6443/")
    );
    let two = case(&[("config", TWO)]).with(|flags| flags.context = Some("two".to_owned())).select().unwrap();
    assert_eq!((two.namespace.as_str(), two.user.as_str()), ("default", "nobody"));
}

#[test]
fn the_home_directory_is_the_default() {
    let case = case(&[]);
    std::fs::create_dir(case.path(".kube")).unwrap();
    std::fs::write(case.path(".kube/config"), TWO).unwrap();
    assert_eq!(case.select().unwrap().context.as_deref(), Some("one"));
}

#[test]
fn of_a_list_missing_files_are_skipped_and_the_first_to_name_something_wins() {
    let later =
        "current-context: two\ncontexts: []\nclusters:\n- {name: one, cluster: {server: 'https://late'}}\n";
    let mut case = case(&[("first", TWO), ("later", later)]);
    let paths = ["missing", "first", "later"].map(|name| case.path(name));
    case.kubeconfig = Some(std::env::join_paths(paths).unwrap());
    let selected = case.select().unwrap();
    assert_eq!((selected.context.as_deref(), selected.server.host()), (Some("one"), Some("one")));
}

#[test]
fn paths_are_relative_to_their_own_file() {
    let case = case(&[("config", TWO)]);
    let Selected { cluster, auth, .. } = case.select().unwrap();
    let absolute = |name: &str| Some(case.path(name).display().to_string());
    assert_eq!(cluster.certificate_authority, absolute("pki/ca.crt"));
    assert_eq!(auth.client_certificate, absolute("c.pem"));
    assert_eq!(auth.client_key.as_deref(), Some("/abs/k.pem"));
    assert_eq!(auth.exec.unwrap().command, absolute("bin/login"));
}

#[test]
fn an_empty_text_is_unset_and_a_bare_command_is_left_to_the_path() {
    let case = case(&[("config", TWO)]).with(|flags| flags.user = Some("two".to_owned()));
    let auth = case.select().unwrap().auth;
    assert!(auth.token.is_none() && auth.token_file.is_none());
    assert_eq!(auth.exec.unwrap().command.as_deref(), Some("login"));
}

#[test]
fn flags_override_the_kubeconfig() {
    let case = case(&[("config", TWO)]).with(|flags| {
        flags.server = Some("https://flag".to_owned());
        flags.token = Some("t".to_owned().into());
        flags.insecure_skip_tls_verify = true;
    });
    let Selected { cluster, auth, server, .. } = case.select().unwrap();
    assert_eq!(server.host(), Some("flag"));
    assert_eq!((cluster.tls_server_name, cluster.certificate_authority), (None, None));
    assert_eq!(cluster.insecure_skip_tls_verify, Some(true));
    assert!(auth.token.is_some() && auth.exec.is_none() && auth.client_certificate.is_some());
}

#[test]
fn a_server_needs_no_kubeconfig_and_its_scheme_follows_from_tls() {
    for (server, authority, expected) in [
        ("localhost:8080", None, "http://localhost:8080/"),
        ("localhost:8080", Some("ca.crt"), "https://localhost:8080/"),
        ("http://localhost:8080", Some("ca.crt"), "http://localhost:8080/"),
    ] {
        let case = case(&[]).with(|flags| {
            flags.server = Some(server.to_owned());
            flags.certificate_authority = authority.map(str::to_owned);
        });
        assert_eq!(case.select().unwrap().server.to_string(), expected);
    }
}

#[test]
fn what_is_wrong_is_said_as_kubectl_says_it() {
    let none = || case(&[]);
    let two = || case(&[("config", TWO)]);
    let named = |text| Some(String::from(text));
    for (case, expected) in [
        (none(), "no kubeconfig found: .kube/config is missing or empty, and this is no pod of a cluster"),
        (
            case(&[("config", "kind: Config")]),
            "no kubeconfig found: config is missing or empty, and this is no pod of a cluster",
        ),
        (
            none().with(|flags| flags.kubeconfig = Some("none.yaml".into())),
            "error loading config file \"none.yaml\": no such file or directory",
        ),
        (two().with(|flags| flags.context = named("x")), "context \"x\" does not exist"),
        (two().with(|flags| flags.cluster = named("x")), "cluster \"x\" does not exist"),
        (two().with(|flags| flags.user = named("x")), "auth info \"x\" does not exist"),
        (two().with(|flags| flags.context = named("lost")), "cluster \"lost\" does not exist"),
        (two().with(|flags| flags.cluster = named("empty")), "no server found for cluster \"empty\""),
        (
            two().with(|flags| flags.server = named("ftp://x")),
            "invalid server \"ftp://x\": unsupported scheme, must be one of http, https",
        ),
        (
            two().with(|flags| flags.impersonate_groups = vec!["g".to_owned()]),
            "requesting uid, groups or user-extra for one without impersonating a user",
        ),
        (case(&[("config", &TWO.replace("current-context: one", ""))]), "current-context is not set"),
        (
            case(&[("config", "users:\n- name: u\n  user: s3cret")]),
            "error loading config file \"config\": line 3, column 9: this is not what a kubeconfig has here",
        ),
        (
            case(&[("config", "a: [")]),
            "error loading config file \"config\": line 1, column 4: this is not what a kubeconfig has here",
        ),
    ] {
        assert_eq!(case.refused(), expected);
    }
}
