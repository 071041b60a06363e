//! What commands share that change something: the request, the one question, the document in the end.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use sk_core::catalogue::Catalogue;
use sk_core::lock::{self, LeaseRequest};
use sk_core::operation::{DryRun, Request, Signal};
use sk_core::report::{Header, Outcome};
use sk_core::sanitize::quoted;
use sk_core::target::{Named, Scope, Target};

use super::Stop;
use crate::cli::{ChangeFlags, ConnectionFlags, GlobalFlags};
use crate::cluster::Cluster;
use crate::exit;
use crate::operations::{self, Clock, Signals, unless_interrupted};
use crate::terminal::{Answer, Terminal, Text, rollout};

/// What is shown and asked before anything is changed.
pub struct Proposal<'a, T, R> {
    /// What was asked for.
    pub request: &'a Request<T>,
    /// Namespace and name of the Deployment whose lock is taken; none where there is no Deployment.
    pub lock: Option<(&'a str, &'a str)>,
    /// Checks and steps, for people.
    pub planned: Text,
    /// The question.
    pub question: String,
    /// Makes the report of what ends before it begins.
    pub report: R,
}

/// A command that changes something, as it runs.
pub struct Changing<'a> {
    plugin: &'static str,
    flags: &'a ChangeFlags,
    services: Option<&'a Path>,
    connection: &'a ConnectionFlags,
    /// Where people and scripts read.
    pub terminal: &'a mut Terminal,
    /// The time.
    pub clock: Clock,
    /// What its report says first.
    pub header: Header,
}

impl<'a> Changing<'a> {
    /// A command of this plugin (`sk-restart`) on the target that was typed.
    pub fn new(
        plugin: &'static str,
        typed: Option<&str>,
        flags: &'a ChangeFlags,
        global: &'a GlobalFlags,
        connection: &'a ConnectionFlags,
        terminal: &'a mut Terminal,
    ) -> Self {
        let clock = Clock::start();
        let typed = typed.unwrap_or_default().to_owned();
        let header = Header {
            context: connection.context.clone().unwrap_or_default(),
            namespace: connection.namespace.clone().unwrap_or_default(),
            object: typed.clone(),
            service: typed,
            ..super::header(clock)
        };
        Self { plugin, flags, services: global.services.as_deref(), connection, terminal, clock, header }
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What was typed, in its namespace.
    pub fn target(&self, named: Named, cluster: &Cluster, catalogue: &Catalogue) -> Target {
        let connection = self.connection.to_paste(None);
        let scope = Scope {
            namespace_flag: cluster.namespace_flag(),
            context_namespace: cluster.context_namespace(),
            connection: &connection,
        };
        named.within(scope, catalogue)
    }

    /// What was asked for, of whatever target.
    pub fn request_of<T>(&self, target: T, soak: SignedDuration, cluster: &Cluster) -> Request<T> {
        let flags = self.flags;
        Request {
            plugin: self.plugin,
            operation: self.header.operation.clone(),
            context: cluster.context().to_owned(),
            target,
            user: cluster.user().to_owned(),
            flags: self.services.map(services_flag).unwrap_or_default(),
            reason: flags.reason.clone(),
            timeout: flags.timeout,
            fail_after: flags.fail_after,
            soak,
            take_over: flags.take_over,
            no_lock: flags.no_lock,
            host: operations::host(),
            force: flags.force.clone(),
            dry_run: flags.dry_run.into(),
            field_manager: flags.field_manager.clone(),
            started_at: self.header.started_at,
        }
    }

    /// Shows what would be done, and asks; the exit code, where it ends here.
    ///
    /// # Errors
    /// A signal came instead.
    pub async fn agreed<T, R: Serialize>(
        &mut self,
        cluster: &Cluster,
        proposal: Proposal<'_, T, impl Fn(Outcome, Timestamp) -> R>,
        signals: &mut Signals,
    ) -> Result<Option<u8>, Stop> {
        let Proposal { request, lock, planned, question, report } = proposal;
        if request.dry_run == DryRun::Client {
            let report = report(Outcome::Planned, self.now());
            return Ok(Some(self.end(Outcome::Planned, &report, &planned, None)));
        }
        self.terminal.tell(planned);
        if let Some(lock) = lock.filter(|_| request.take_over && request.dry_run == DryRun::None) {
            self.tell_holder(cluster, lock, signals).await?;
        }
        let answer = self.declined(request.dry_run, &question, signals).await?;
        Ok(answer.map(|answer| self.decline(&report(Outcome::Declined, self.now()), answer)))
    }

    /// Whom a take-over displaces: people should know before they say yes.
    async fn tell_holder(
        &mut self,
        cluster: &Cluster,
        (namespace, deployment): (&str, &str),
        signals: &mut Signals,
    ) -> Result<(), Stop> {
        let name = lock::name(deployment);
        let read = cluster.lease(namespace, &name, LeaseRequest::Read);
        if let Some((verdict, sentence)) = lock::displaces(&unless_interrupted(signals, read).await?) {
            self.terminal.tell(rollout::verdict(verdict, &sentence));
        }
        Ok(())
    }

    /// Asks the one question, where one has to be asked; the answer, when it is not yes.
    async fn declined(
        &mut self,
        dry_run: DryRun,
        question: &str,
        signals: &mut Signals,
    ) -> Result<Option<Answer>, Stop> {
        if self.flags.yes || dry_run != DryRun::None {
            return Ok(None);
        }
        let answer = unless_interrupted(signals, self.terminal.confirm(question)).await?;
        Ok((answer != Answer::Yes).then_some(answer))
    }

    /// Ends a command that a check refused.
    pub fn refuse(&mut self, report: &impl Serialize, text: &impl std::fmt::Display) -> u8 {
        self.terminal.complain(text);
        self.document(report);
        exit::code(Outcome::Refused, None)
    }

    /// Ends a command that nobody agreed to.
    fn decline(&mut self, report: &impl Serialize, answer: Answer) -> u8 {
        self.terminal.complain(match answer {
            Answer::Nobody => {
                "declined: there is no terminal to ask on, and --yes was not given; nothing was changed"
            }
            Answer::Yes | Answer::No => "declined: nothing was changed",
        });
        self.document(report);
        exit::code(Outcome::Declined, None)
    }

    /// Ends a command that came to an outcome: text for people, else the report.
    pub fn end(
        &mut self,
        outcome: Outcome,
        report: &impl Serialize,
        text: &impl std::fmt::Display,
        signal: Option<Signal>,
    ) -> u8 {
        match (self.terminal.is_for_people(), outcome) {
            (true, Outcome::Refused | Outcome::Locked) => self.terminal.complain(text),
            (true, _) => self.terminal.result(text),
            (false, _) => self.terminal.document(report),
        }
        exit::code(outcome, signal)
    }

    /// Says why nothing was begun; the exit code, and what a document has to say of it.
    pub fn stopped(&mut self, stop: &Stop) -> (u8, Outcome, Vec<sk_core::finding::Finding>) {
        match stop {
            Stop::Error(error) => {
                self.terminal.error(error);
                (error.exit_code(), Outcome::Refused, vec![error.finding(&self.header.object)])
            }
            Stop::Signal(signal) => {
                self.terminal.complain("interrupted: nothing was changed");
                (exit::code(Outcome::Interrupted, Some(*signal)), Outcome::Interrupted, Vec::new())
            }
        }
    }

    /// Writes the report, where scripts read.
    pub fn document(&mut self, report: &impl Serialize) {
        if !self.terminal.is_for_people() {
            self.terminal.document(report);
        }
    }
}

/// Without it the same command, typed again, would not know a service that only this file has.
fn services_flag(path: &Path) -> String {
    format!("--services {}", quoted(&path.to_string_lossy()))
}
