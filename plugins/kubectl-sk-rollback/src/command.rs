//! The command: gather facts, choose a revision, decide, show, ask, carry out, report.

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
use sk_core::restart::Restart;
use sk_core::rollback::{self, Ahead, HistoryReport, Outlook, RollbackReport};
use sk_core::target::{Named, Target};

use crate::args::{Args, NAME};
use crate::render;

impl Plugin for Args {
    const NAME: &'static str = NAME;

    fn global(&self) -> &GlobalFlags {
        &self.global
    }

    async fn run(&self, terminal: &mut Terminal) -> u8 {
        let typed = self.target.as_deref();
        let changing =
            Changing::new(rollback::PLUGIN, typed, &self.change, &self.global, &self.connection, terminal);
        Command { args: self, changing }.run().await
    }

    fn refused(header: Header, error: &Error, arguments: &[OsString], terminal: &mut Terminal) {
        let findings = vec![error.finding("")];
        if arguments.iter().any(|argument| argument == "--history") {
            return terminal.document(&HistoryReport::new(header, findings));
        }
        terminal.document(&unstarted(header, Outcome::Refused, findings));
    }
}

/// The report of a rollback that was not even looked at.
fn unstarted(header: Header, outcome: Outcome, findings: Vec<Finding>) -> RollbackReport {
    let now = header.started_at;
    let report = RestartReport { findings, ..RestartReport::new(header, outcome, now) };
    RollbackReport::new(report, Outlook::default(), Vec::new())
}

pub(crate) struct Command<'a> {
    pub(crate) args: &'a Args,
    pub(crate) changing: Changing<'a>,
}

impl Command<'_> {
    async fn run(mut self) -> u8 {
        match self.named().await {
            Ok(code) => code,
            Err(stop) => {
                let (code, outcome, findings) = self.changing.stopped(&stop);
                let header = self.changing.header.clone();
                if self.args.history {
                    self.changing.document(&HistoryReport::new(header, findings));
                } else {
                    self.changing.document(&unstarted(header, outcome, findings));
                }
                code
            }
        }
    }

    async fn named(&mut self) -> Result<u8, Stop> {
        let loaded = catalogue::load(self.args.global.services.as_deref())?;
        let Some(typed) = self.args.target.as_deref().filter(|_| !self.args.global.list_services) else {
            self.changing.terminal.services(&loaded);
            return Ok(exit::DONE);
        };
        let named = Named::read(typed, &loaded.catalogue).map_err(Error::from)?;
        let mut signals = Signals::listen().map_err(Error::from)?;
        let cluster = Cluster::connect(&self.args.connection)?;
        let request = self.request(named, &cluster, &loaded.catalogue);
        if self.args.history {
            return unless_interrupted(&mut signals, self.history(&cluster, &request)).await?;
        }
        self.rollback(&cluster, request, &mut signals).await
    }

    async fn rollback(
        &mut self,
        cluster: &Cluster,
        request: Request,
        signals: &mut Signals,
    ) -> Result<u8, Stop> {
        let target = request.target.clone();
        let gathering = gather(cluster, &target, &request, self.args.to_revision, self.changing.clock);
        let Some((mut gathered, ahead)) = unless_interrupted(signals, gathering).await?? else {
            return Err(cluster.not_found(&target).await.into());
        };
        let changing = &mut self.changing;
        let planned = match rollback::plan(gathered.facts, &ahead, request, changing.now()) {
            Ok(planned) => planned,
            Err(refusal) => {
                return Ok(changing.refuse(&refusal.report(changing.now()), &render::refused(&refusal)));
            }
        };
        let proposal = Proposal {
            request: &planned.plan.request,
            lock: Some((&target.namespace, &target.deployment)),
            planned: render::planned(&planned),
            question: rollout::question(&planned.plan),
            report: |outcome, now| planned.report(outcome, now),
        };
        if let Some(code) = changing.agreed(cluster, proposal, signals).await? {
            return Ok(code);
        }
        let (clock, outlook) = (changing.clock, planned.outlook);
        let mut restart = Restart::new(planned.plan, clock.now());
        let mut screen = Screen::new(changing.terminal);
        operations::drive(cluster, &mut gathered.watch, &mut restart, clock, signals, &mut screen).await;
        let announced = screen.finish();
        let (now, signal) = (clock.now(), restart.ending().and_then(|ending| ending.signal));
        let report = rollback::report(&restart, outlook, now);
        let text = render::ended(&restart, &report, announced, now);
        Ok(changing.end(report.report.outcome, &report, &text, signal))
    }

    fn request(&mut self, named: Named, cluster: &Cluster, catalogue: &Catalogue) -> Request {
        let target = self.changing.target(named, cluster, catalogue);
        let soak = self.args.change.soak.unwrap_or_default();
        let mut request = self.changing.request_of(target, soak, cluster);
        if let Some(number) = self.args.to_revision {
            let space = if request.flags.is_empty() { "" } else { " " };
            request.flags.insert_str(0, &format!("--to-revision {number}{space}"));
        }
        self.changing.header = request.header();
        request
    }
}

/// Reads what a rollback is decided on, chooses a revision, and looks whether what that one needs is there; none when
/// the Deployment does not exist.
async fn gather<'a>(
    cluster: &'a Cluster,
    target: &'a Target,
    request: &Request,
    number: Option<i64>,
    clock: operations::Clock,
) -> Result<Option<(cluster::Gathered<'a>, Ahead)>, Error> {
    let needed = access::restart(request.no_lock);
    let (gathered, past) = cluster::gather_rollback(cluster, target, &needed).await?;
    let Some(gathered) = gathered else { return Ok(None) };
    let mut ahead = Ahead::of(&gathered.facts.workload, &past, number, clock.now());
    ahead.kept = cluster.keys(&target.namespace, &ahead.needs()).await;
    Ok(Some((gathered, ahead)))
}
