//! The command: gather facts, decide, show, ask, carry out, report.

use std::ffi::OsString;

use sk_common::cli::GlobalFlags;
use sk_common::cluster::{self, Cluster};
use sk_common::command::{Changing, Plugin, Proposal, Stop};
use sk_common::error::Error;
use sk_common::operations::{self, Signals, unless_interrupted};
use sk_common::terminal::{Screen, Terminal, rollout};
use sk_common::{catalogue, exit};
use sk_core::access;
use sk_core::catalogue::Catalogue;
use sk_core::finding::Finding;
use sk_core::operation::Request;
use sk_core::report::{Header, Outcome, RestartReport};
use sk_core::restart::{self, Restart};
use sk_core::target::{self, Named};

use crate::args::{Args, NAME};

impl Plugin for Args {
    const NAME: &'static str = NAME;

    fn global(&self) -> &GlobalFlags {
        &self.global
    }

    async fn run(&self, terminal: &mut Terminal) -> u8 {
        let typed = self.target.as_deref();
        let changing =
            Changing::new("sk-restart", typed, &self.change, &self.global, &self.connection, terminal);
        Command { args: self, changing }.run().await
    }

    fn refused(header: Header, error: &Error, _: &[OsString], terminal: &mut Terminal) {
        let now = header.started_at;
        let report = RestartReport::new(header, Outcome::Refused, now);
        terminal.document(&RestartReport { findings: vec![error.finding("")], ..report });
    }
}

pub(crate) struct Command<'a> {
    pub(crate) args: &'a Args,
    pub(crate) changing: Changing<'a>,
}

impl Command<'_> {
    async fn run(mut self) -> u8 {
        match self.restart().await {
            Ok(code) => code,
            Err(stop) => {
                let (code, outcome, findings) = self.changing.stopped(&stop);
                self.report_unstarted(outcome, findings);
                code
            }
        }
    }

    async fn restart(&mut self) -> Result<u8, Stop> {
        let loaded = catalogue::load(self.args.global.services.as_deref())?;
        let Some(typed) = self.args.target.as_deref().filter(|_| !self.args.global.list_services) else {
            self.changing.terminal.services(&loaded);
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
        let Some(mut gathered) = gathered else { return Err(cluster.not_found(&target).await.into()) };
        let changing = &mut self.changing;
        let plan = match restart::plan(gathered.facts, request, changing.now()) {
            Ok(plan) => plan,
            Err(refusal) => {
                return Ok(changing.refuse(&refusal.report(changing.now()), &rollout::refused(&refusal)));
            }
        };
        let proposal = Proposal {
            request: &plan.request,
            lock: Some((&target.namespace, &target.deployment)),
            planned: rollout::planned(&plan),
            question: rollout::question(&plan),
            report: |outcome, now| plan.report(outcome, now),
        };
        if let Some(code) = changing.agreed(&cluster, proposal, &mut signals).await? {
            return Ok(code);
        }
        let clock = changing.clock;
        let mut restart = Restart::new(plan, clock.now());
        let mut screen = Screen::new(changing.terminal);
        operations::drive(&cluster, &mut gathered.watch, &mut restart, clock, &mut signals, &mut screen)
            .await;
        let announced = screen.finish();
        let (now, signal) = (clock.now(), restart.ending().and_then(|ending| ending.signal));
        let text = if announced { rollout::soaked(&restart) } else { rollout::ended(&restart, now) };
        let report = restart.report(now);
        Ok(changing.end(report.outcome, &report, &text, signal))
    }

    fn request(&mut self, named: Named, cluster: &Cluster, catalogue: &Catalogue) -> Request {
        let target = self.changing.target(named, cluster, catalogue);
        let soak = target.service.as_ref().and_then(|service| service.soak);
        let soak = self.args.change.soak.or(soak).unwrap_or_default();
        let request = self.changing.request_of(target, soak, cluster);
        self.changing.header = request.header();
        request
    }

    pub(crate) fn report_unstarted(&mut self, outcome: Outcome, findings: Vec<Finding>) {
        let report = RestartReport::new(self.changing.header.clone(), outcome, self.changing.now());
        self.changing.document(&RestartReport { findings, ..report });
    }
}
