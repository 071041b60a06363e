//! The command line of `kubectl sk-diagnose`.

use clap::{Args as ClapArgs, Parser, Subcommand};
use sk_common::cli::{ConnectionFlags, GlobalFlags};
use sk_common::cluster::{Cluster, Question};
use sk_common::error::Error;
use sk_core::catalogue::Catalogue;
use sk_core::diagnose::State;
use sk_core::selector;
use sk_core::target::{self, Named, Scope};

/// How users call it.
pub(crate) const NAME: &str = "kubectl sk-diagnose";

const EXAMPLES: &str = "\
Examples:
  # Every service of the catalogue, one line each, then what was found
  kubectl sk-diagnose

  # One service, or any Deployment
  kubectl sk-diagnose service api-gateway
  kubectl sk-diagnose service web -n shop

  # One pod, whatever its state and whoever its controller
  kubectl sk-diagnose pod web-75d9bb5f6-k95rb -n shop

  # Every pod of a namespace that crashes; every pod of the cluster that is pending
  kubectl sk-diagnose crashloop -n shop
  kubectl sk-diagnose pending -A

  # For scripts
  kubectl sk-diagnose readiness -l app=web -n shop -o json

Exit codes:
  0 no finding of severity error   1 some   2 wrong command line, catalogue or kubeconfig
  3 pod or Deployment absent, access refused, API server not reachable
  130, 143, 129 interrupted
Nothing is ever changed.";

const SERVICE: &str = "\
Examples:
  # A service of the catalogue
  kubectl sk-diagnose service api-gateway

  # Any Deployment of a namespace
  kubectl sk-diagnose service web -n shop";

const POD: &str = "\
Examples:
  # One pod, whatever its state and whoever its controller
  kubectl sk-diagnose pod web-75d9bb5f6-k95rb -n shop

  # With the last 20 lines of each log that was read
  kubectl sk-diagnose pod web-75d9bb5f6-k95rb -n shop --logs 20";

const TERMINATING: &str = "\
Examples:
  # Every pod of a namespace that is being deleted: by what it is held, and how long it may still take
  kubectl sk-diagnose terminating -n shop

  # One of them
  kubectl sk-diagnose terminating db-0 -n shop";

const PENDING: &str = "\
Examples:
  # Every pod of the cluster that gets no node, or does not start there
  kubectl sk-diagnose pending -A

  # One of them
  kubectl sk-diagnose pending web-75d9bb5f6-k95rb -n shop";

const CRASHLOOP: &str = "\
Examples:
  # Every pod of a namespace that crashes
  kubectl sk-diagnose crashloop -n shop

  # One of them, with the last 20 lines of its log
  kubectl sk-diagnose crashloop web-75d9bb5f6-k95rb -n shop --logs 20";

const READINESS: &str = "\
Examples:
  # The pods of one app that run and are not Ready
  kubectl sk-diagnose readiness -l app=web -n shop

  # One of them
  kubectl sk-diagnose readiness web-75d9bb5f6-k95rb -n shop";

/// Say what is wrong, how it is known, and what to type next
#[derive(Debug, Parser)]
#[command(version, after_long_help = EXAMPLES, disable_help_subcommand = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) form: Option<Form>,
    #[command(flatten)]
    pub(crate) look: LookFlags,
    #[command(flatten)]
    pub(crate) global: GlobalFlags,
    #[command(flatten)]
    pub(crate) connection: ConnectionFlags,
}

/// What is asked about; none is every service of the catalogue.
#[derive(Debug, Subcommand)]
pub(crate) enum Form {
    /// One service of the catalogue, or deployment/NAME; with -n any Deployment by its name
    #[command(after_long_help = SERVICE)]
    Service {
        /// The service or Deployment
        #[arg(value_name = "TARGET")]
        target: String,
    },
    /// One pod, whatever its state
    #[command(after_long_help = POD)]
    Pod {
        /// Its name
        #[arg(value_name = "POD")]
        pod: String,
    },
    /// Pods that are being deleted and do not go: all of the namespace, or one
    #[command(after_long_help = TERMINATING)]
    Terminating(Stuck),
    /// Pods that get no node, or do not start there: all of the namespace, or one
    #[command(after_long_help = PENDING)]
    Pending(Stuck),
    /// Pods whose containers do not stay: all of the namespace, or one
    #[command(after_long_help = CRASHLOOP)]
    Crashloop(Stuck),
    /// Pods that run and are not Ready: all of the namespace, or one
    #[command(after_long_help = READINESS)]
    Readiness(Stuck),
}

/// The pods of one state.
#[derive(Debug, ClapArgs)]
pub(crate) struct Stuck {
    /// One pod alone
    #[arg(value_name = "POD")]
    pub(crate) pod: Option<String>,
}

/// Where to look, and what to show.
#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Diagnosis")]
pub(crate) struct LookFlags {
    /// Pods of every namespace
    #[arg(short = 'A', long, global = true)]
    pub(crate) all_namespaces: bool,
    /// Pods that match this label selector
    #[arg(short = 'l', long, global = true, value_name = "SELECTOR", allow_hyphen_values = true, value_parser = selector::parse)]
    pub(crate) selector: Option<String>,
    /// Show so many of the last lines of each log that was read
    #[arg(long, global = true, value_name = "N")]
    pub(crate) logs: Option<u16>,
    /// List every cause that can be named
    #[arg(long)]
    pub(crate) list_causes: bool,
}

/// What was typed, before it is known in which cluster.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    /// Every service.
    Catalogue,
    /// One Deployment.
    Service(Named),
    /// One pod; with a state, whether it is in that.
    Pod(String, Option<State>),
    /// Every pod in a state.
    Stuck(State),
}

impl Args {
    /// Reads what is asked about. Needs no cluster.
    pub(crate) fn asked(&self, catalogue: &Catalogue) -> Result<Asked, Error> {
        let asked = match &self.form {
            None => Asked::Catalogue,
            Some(Form::Service { target }) => {
                Asked::Service(Named::read_in(target, catalogue, self.connection.namespace.as_deref())?)
            }
            Some(Form::Pod { pod }) => Asked::Pod(pod_name(pod)?, None),
            Some(Form::Terminating(stuck)) => stuck.asked(State::Terminating)?,
            Some(Form::Pending(stuck)) => stuck.asked(State::Pending)?,
            Some(Form::Crashloop(stuck)) => stuck.asked(State::CrashLoop)?,
            Some(Form::Readiness(stuck)) => stuck.asked(State::Readiness)?,
        };
        let misplaced = match (&asked, self.look.all_namespaces, &self.look.selector) {
            (Asked::Stuck(_), ..) | (_, false, None) => return Ok(asked),
            (_, true, _) => "-A",
            (_, false, Some(_)) => "-l",
        };
        Err(usage(format!("{misplaced} goes with terminating, pending, crashloop and readiness without POD")))
    }

    /// The same in its cluster.
    pub(crate) fn question(&self, asked: &Asked, cluster: &Cluster, catalogue: &Catalogue) -> Question {
        let connection = self.connection.to_paste(None);
        let scope = Scope {
            namespace_flag: cluster.namespace_flag(),
            context_namespace: cluster.context_namespace(),
            connection: &connection,
        };
        let namespace = || cluster.namespace_flag().unwrap_or(cluster.context_namespace()).to_owned();
        match asked {
            Asked::Catalogue => {
                let all = catalogue.services.iter().map(|service| Named::Service(Box::new(service.clone())));
                Question::Services(all.map(|named| named.within(scope, catalogue)).collect())
            }
            Asked::Service(named) => Question::Services(vec![named.clone().within(scope, catalogue)]),
            Asked::Pod(name, _) => Question::Pod { namespace: namespace(), name: name.clone() },
            Asked::Stuck(state) => Question::Stuck {
                state: *state,
                namespace: (!self.look.all_namespaces).then(namespace),
                labels: self.look.selector.clone().unwrap_or_default(),
            },
        }
    }
}

impl Stuck {
    fn asked(&self, state: State) -> Result<Asked, Error> {
        match &self.pod {
            Some(pod) => Ok(Asked::Pod(pod_name(pod)?, Some(state))),
            None => Ok(Asked::Stuck(state)),
        }
    }
}

fn pod_name(typed: &str) -> Result<String, Error> {
    let name = target::pod_name(typed);
    name.map(str::to_owned).ok_or_else(|| usage(format!("{typed:?} cannot be the name of a pod")))
}

fn usage(message: String) -> Error {
    Error::Usage { message, see: NAME.to_owned() }
}
