//! The command: gather facts, decide, show, ask, carry out, report.

use jiff::SignedDuration;
use sk_common::cli::GlobalFlags;
use sk_common::cluster::{self, Cluster};
use sk_common::command::{self, Plugin, Stop};
use sk_common::error::Error;
use sk_common::operations::{self, Clock, Signals, unless_interrupted};
use sk_common::terminal::{Answer, Terminal};
use sk_common::{catalogue, exit};
use sk_core::access;
use sk_core::catalogue::Catalogue;
use sk_core::report::{Header, Outcome, RestartReport};
use sk_core::restart::{self, DryRun, Request, Restart, Signal};
use sk_core::target::{self, Named, Scope};

use crate::args::{Args, NAME};
use crate::render;
use crate::screen::Screen;

impl Plugin for Args {
    const NAME: &'static str = NAME;

    fn global(&self) -> &GlobalFlags {
        &self.global
    }

    async fn run(&self, terminal: &mut Terminal) -> u8 {
        Command::new(self, terminal).run().await
    }

    fn refused(header: Header, error: &Error, terminal: &mut Terminal) {
        let now = header.started_at;
        let report = RestartReport::new(header, Outcome::Refused, now);
        terminal.document(&RestartReport { findings: vec![error.finding("")], ..report });
    }
}

pub(crate) struct Command<'a> {
    pub(crate) args: &'a Args,
    pub(crate) terminal: &'a mut Terminal,
    pub(crate) clock: Clock,
    pub(crate) header: Header,
}

impl<'a> Command<'a> {
    fn new(args: &'a Args, terminal: &'a mut Terminal) -> Self {
        let clock = Clock::start();
        let typed = args.target.clone().unwrap_or_default();
        let header = Header {
            context: args.connection.context.clone().unwrap_or_default(),
            namespace: args.connection.namespace.clone().unwrap_or_default(),
            object: typed.clone(),
            service: typed,
            ..command::header(clock)
        };
        Self { args, terminal, clock, header }
    }

    async fn run(mut self) -> u8 {
        match self.restart().await {
            Ok(code) => code,
            Err(Stop::Error(error)) => {
                self.terminal.error(&error);
                self.report_unstarted(Outcome::Refused, vec![error.finding(&self.header.object)]);
                error.exit_code()
            }
            Err(Stop::Signal(signal)) => {
                self.terminal.complain("interrupted: nothing was changed");
                self.report_unstarted(Outcome::Interrupted, Vec::new());
                exit::code(Outcome::Interrupted, Some(signal))
            }
        }
    }

    async fn restart(&mut self) -> Result<u8, Stop> {
        let loaded = catalogue::load(self.args.global.services.as_deref())?;
        let Some(typed) = self.args.target.as_deref().filter(|_| !self.args.global.list_services) else {
            self.terminal.services(&loaded);
            return Ok(exit::DONE);
        };
        if let Some(pod) = target::pod(typed) {
            return Box::pin(self.evict(pod, &loaded.catalogue)).await;
        }
        let named = Named::read(typed, &loaded.catalogue).map_err(Error::from)?;
        let mut signals = Signals::listen().map_err(Error::from)?;
        let cluster = Cluster::connect(&self.args.connection)?;
        let request = self.request(named, &cluster, &loaded.catalogue);
        let target = request.target.clone();
        let needed = access::restart(request.no_lock);
        let gathered =
            unless_interrupted(&mut signals, cluster::gather(&cluster, &target, &needed)).await??;
        let Some(mut gathered) = gathered else { return Err(cluster.not_found(&target).into()) };
        let plan = match restart::plan(gathered.facts, request, self.clock.now()) {
            Ok(plan) => plan,
            Err(refusal) => {
                return Ok(self.refuse(&refusal.report(self.clock.now()), &render::refused(&refusal)));
            }
        };
        if plan.request.dry_run == DryRun::Client {
            return Ok(self.end(
                &plan.report(Outcome::Planned, self.clock.now()),
                &render::planned(&plan),
                None,
            ));
        }
        self.terminal.tell(render::planned(&plan));
        let question = render::question(&plan);
        if let Some(answer) = self.declined(plan.request.dry_run, &question, &mut signals).await? {
            return Ok(self.decline(&plan.report(Outcome::Declined, self.clock.now()), answer));
        }
        let mut restart = Restart::new(plan, self.clock.now());
        let mut screen = Screen::new(self.terminal);
        operations::drive(&cluster, &mut gathered.watch, &mut restart, self.clock, &mut signals, &mut screen)
            .await;
        let announced = screen.finish();
        let signal = restart.ending().and_then(|ending| ending.signal);
        let now = self.clock.now();
        let text = if announced { render::soaked(&restart) } else { render::ended(&restart, now) };
        Ok(self.end(&restart.report(now), &text, signal))
    }

    fn request(&mut self, named: Named, cluster: &Cluster, catalogue: &Catalogue) -> Request {
        let connection = self.args.connection.to_paste(None);
        let scope = Scope {
            namespace_flag: cluster.namespace_flag(),
            context_namespace: cluster.context_namespace(),
            connection: &connection,
        };
        let change = &self.args.change;
        let target = named.within(scope, catalogue);
        let soak = target.service.as_ref().and_then(|service| service.soak);
        let soak = change.soak.or(soak).unwrap_or_default();
        let request = self.request_of(target, soak, cluster);
        self.header = request.header();
        request
    }

    /// What was asked for, of whatever target.
    pub(crate) fn request_of<T>(&self, target: T, soak: SignedDuration, cluster: &Cluster) -> Request<T> {
        let change = &self.args.change;
        Request {
            plugin: "sk-restart",
            operation: self.header.operation.clone(),
            context: cluster.context().to_owned(),
            target,
            user: cluster.user().to_owned(),
            flags: String::new(),
            reason: change.reason.clone(),
            timeout: change.timeout,
            fail_after: change.fail_after,
            soak,
            take_over: change.take_over,
            no_lock: change.no_lock,
            host: operations::host(),
            force: change.force.clone(),
            dry_run: change.dry_run.into(),
            field_manager: change.field_manager.clone(),
            started_at: self.header.started_at,
        }
    }

    pub(crate) fn refuse(&mut self, report: &RestartReport, text: &impl std::fmt::Display) -> u8 {
        self.terminal.complain(text);
        self.document(report);
        exit::code(Outcome::Refused, None)
    }

    /// Asks the one question, where one has to be asked; the answer, when it is not yes.
    pub(crate) async fn declined(
        &mut self,
        dry_run: DryRun,
        question: &str,
        signals: &mut Signals,
    ) -> Result<Option<Answer>, Stop> {
        if self.args.change.yes || dry_run != DryRun::None {
            return Ok(None);
        }
        let answer = unless_interrupted(signals, self.terminal.confirm(question)).await?;
        Ok((answer != Answer::Yes).then_some(answer))
    }

    pub(crate) fn decline(&mut self, report: &RestartReport, answer: Answer) -> u8 {
        self.terminal.complain(render::declined(answer));
        self.document(report);
        exit::code(Outcome::Declined, None)
    }

    pub(crate) fn end(
        &mut self,
        report: &RestartReport,
        text: &impl std::fmt::Display,
        signal: Option<Signal>,
    ) -> u8 {
        match (self.terminal.is_for_people(), report.outcome) {
            (true, Outcome::Refused | Outcome::Locked) => self.terminal.complain(text),
            (true, _) => self.terminal.result(text),
            (false, _) => self.terminal.document(report),
        }
        exit::code(report.outcome, signal)
    }

    pub(crate) fn report_unstarted(&mut self, outcome: Outcome, findings: Vec<sk_core::finding::Finding>) {
        let report = RestartReport::new(self.header.clone(), outcome, self.clock.now());
        self.document(&RestartReport { findings, ..report });
    }

    fn document(&mut self, report: &RestartReport) {
        if !self.terminal.is_for_people() {
            self.terminal.document(report);
        }
    }
}
