//! The command: gather, judge, fetch what that asks for, report.

use std::ffi::OsString;

use sk_common::catalogue::{self, Loaded};
use sk_common::cli::GlobalFlags;
use sk_common::cluster::{Cluster, Question};
use sk_common::command::{self, Plugin, Stop};
use sk_common::error::Error;
use sk_common::exit;
use sk_common::operations::{self, Clock, Judgement, Signals, unless_interrupted};
use sk_common::terminal::Terminal;
use sk_core::finding::Finding;
use sk_core::report::{DiagnosisReport, Header, Outcome};

use crate::args::{Args, Asked, NAME};
use crate::meant;
use crate::render::{self, Told};

impl Plugin for Args {
    const NAME: &'static str = NAME;

    fn global(&self) -> &GlobalFlags {
        &self.global
    }

    fn meant(error: Error, arguments: &[OsString]) -> Error {
        meant::form(error, arguments)
    }

    async fn run(&self, terminal: &mut Terminal) -> u8 {
        Command::new(self, terminal).run().await
    }

    fn refused(header: Header, error: &Error, _: &[OsString], terminal: &mut Terminal) {
        let now = header.started_at;
        let report = DiagnosisReport::new(header, Outcome::Refused, now);
        let findings = vec![view(error.finding(""))];
        terminal.document(&DiagnosisReport { findings, ..report });
    }
}

struct Command<'a> {
    args: &'a Args,
    terminal: &'a mut Terminal,
    clock: Clock,
    header: Header,
}

impl<'a> Command<'a> {
    fn new(args: &'a Args, terminal: &'a mut Terminal) -> Self {
        let clock = Clock::start();
        let header = Header {
            context: args.connection.context.clone().unwrap_or_default(),
            namespace: args.connection.namespace.clone().unwrap_or_default(),
            ..command::header(clock)
        };
        Self { args, terminal, clock, header }
    }

    async fn run(mut self) -> u8 {
        match self.diagnose().await {
            Ok(code) => code,
            Err(Stop::Error(error)) => {
                self.terminal.error(&error);
                self.unstarted(Outcome::Refused, vec![error.finding(&self.header.object)]);
                error.exit_code()
            }
            Err(Stop::Signal(signal)) => {
                self.terminal.complain("interrupted");
                self.unstarted(Outcome::Interrupted, Vec::new());
                exit::code(Outcome::Interrupted, Some(signal))
            }
        }
    }

    async fn diagnose(&mut self) -> Result<u8, Stop> {
        let loaded = catalogue::load(self.args.global.services.as_deref())?;
        if self.listed(&loaded) {
            return Ok(exit::DONE);
        }
        let asked = self.args.asked(&loaded.catalogue)?;
        let mut signals = Signals::listen().map_err(Error::from)?;
        let cluster = Cluster::connect(&self.args.connection)?;
        let question = self.args.question(&asked, &cluster, &loaded.catalogue);
        self.head(&question, &cluster);
        let judging = self.judge(&cluster, &question);
        let judgements = match unless_interrupted(&mut signals, judging).await? {
            Ok(judgements) => judgements,
            Err(error) => return self.absent(error, &question, &cluster, &mut signals).await,
        };
        Ok(self.end(&asked, &question, &judgements))
    }

    /// The lists that need no cluster.
    fn listed(&mut self, loaded: &Loaded) -> bool {
        match (self.args.global.list_services, self.args.look.list_causes) {
            (true, _) => self.terminal.services(loaded),
            (false, true) => self.terminal.causes(),
            (false, false) => return false,
        }
        true
    }

    /// Says in the report what it is about.
    fn head(&mut self, question: &Question, cluster: &Cluster) {
        cluster.context().clone_into(&mut self.header.context);
        let (namespace, object) = match question {
            Question::Services(targets) => match targets.as_slice() {
                [target] => {
                    target.name().clone_into(&mut self.header.service);
                    (target.namespace.clone(), target.object())
                }
                _ => (String::new(), String::new()),
            },
            Question::Pod { namespace, name } => (namespace.clone(), format!("pod/{name}")),
            Question::Stuck { namespace, .. } => (namespace.clone().unwrap_or_default(), String::new()),
        };
        self.header.namespace = namespace;
        self.header.object = object;
    }

    async fn judge(&self, cluster: &Cluster, question: &Question) -> Result<Vec<Judgement>, Error> {
        let scenes = cluster.subjects(question, self.clock.now()).await?;
        let connection = self.args.connection.to_paste(None);
        let lines = self.args.look.logs.unwrap_or_default();
        Ok(operations::diagnose_all(cluster, scenes, &connection, lines, self.clock).await)
    }

    fn end(&mut self, asked: &Asked, question: &Question, judgements: &[Judgement]) -> u8 {
        let logs = usize::from(self.args.look.logs.unwrap_or_default());
        let namespaces: Vec<_> = judgements.iter().map(Judgement::seen).collect();
        let report = DiagnosisReport::of(self.header.clone(), &namespaces, logs);
        let report = DiagnosisReport { finished_at: self.clock.now(), ..report };
        if self.terminal.is_for_people() {
            let told = Told { asked, question, judgements, report: &report, logs };
            self.terminal.result(render::told(&told));
        } else {
            self.terminal.document(&report);
        }
        exit::code(report.outcome, None)
    }

    /// A pod that is not there: says so in kubectl's words, and which pods there are.
    async fn absent(
        &mut self,
        error: Error,
        question: &Question,
        cluster: &Cluster,
        signals: &mut Signals,
    ) -> Result<u8, Stop> {
        let Question::Pod { namespace, name } = question else { return Err(error.into()) };
        if !error.answer().is_some_and(sk_common::error::Answer::is_not_found) {
            return Err(error.into());
        }
        let there = unless_interrupted(signals, cluster.pods_like(namespace, name)).await?;
        let finding = self.terminal.no_such_pod(&error, &self.header.object, namespace, &there);
        self.unstarted(Outcome::Refused, vec![finding]);
        Ok(error.exit_code())
    }

    /// The report of what could not be looked at.
    fn unstarted(&mut self, outcome: Outcome, findings: Vec<Finding>) {
        if self.terminal.is_for_people() {
            return;
        }
        let report = DiagnosisReport::new(self.header.clone(), outcome, self.clock.now());
        let findings = findings.into_iter().map(view).collect();
        self.terminal.document(&DiagnosisReport { findings, ..report });
    }
}

/// A finding about no namespace in particular.
fn view(finding: Finding) -> sk_core::report::FindingView {
    sk_core::report::FindingView { namespace: String::new(), finding }
}
