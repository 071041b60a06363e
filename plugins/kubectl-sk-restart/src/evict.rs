//! `kubectl sk-restart pod/NAME`: gather facts, decide, show, ask, evict, report.

use jiff::SignedDuration;
use sk_common::cluster::Cluster;
use sk_common::command::{Proposal, Stop};
use sk_common::error::Error;
use sk_common::exit;
use sk_common::operations::{self, Signals, unless_interrupted};
use sk_common::terminal::eviction;
use sk_core::catalogue::Catalogue;
use sk_core::evict::{self, Eviction, PodTarget};
use sk_core::report::Outcome;

use crate::args::NAME;
use crate::command::Command;

impl Command<'_> {
    /// Replaces one pod.
    pub(crate) async fn evict(&mut self, pod: &str, catalogue: &Catalogue) -> Result<u8, Stop> {
        if self.args.change.soak.is_some_and(|soak| soak > SignedDuration::ZERO) {
            let message = "--soak goes with a service or a Deployment, not with one pod".to_owned();
            return Err(Error::Usage { message, see: NAME.to_owned() }.into());
        }
        let mut signals = Signals::listen().map_err(Error::from)?;
        let cluster = Cluster::connect(&self.args.connection)?;
        let target = PodTarget {
            namespace: cluster.namespace_flag().unwrap_or(cluster.context_namespace()).to_owned(),
            pod: pod.to_owned(),
            connection: self.args.connection.to_paste(None),
        };
        cluster.context().clone_into(&mut self.changing.header.context);
        self.changing.header.namespace.clone_from(&target.namespace);
        self.changing.header.object = target.object();
        let gathering = cluster.gather_pod(&target, catalogue, self.args.change.no_lock);
        let gathered = unless_interrupted(&mut signals, gathering).await??;
        let Some(mut gathered) = gathered else { return self.absent(&cluster, &target, &mut signals).await };
        let request = self.changing.request_of(target, SignedDuration::ZERO, &cluster);
        let changing = &mut self.changing;
        let plan = match evict::plan(gathered.facts, request) {
            Ok(plan) => plan,
            Err(refusal) => {
                return Ok(changing.refuse(&refusal.report(changing.now()), &eviction::refused(&refusal)));
            }
        };
        let namespace = plan.request.target.namespace.as_str();
        let proposal = Proposal {
            request: &plan.request,
            lock: plan.facts.deployment.as_ref().map(|deployment| (namespace, deployment.name.as_str())),
            planned: eviction::planned(&plan),
            question: eviction::question(&plan),
            report: |outcome, now| plan.report(outcome, now),
        };
        if let Some(code) = changing.agreed(&cluster, proposal, &mut signals).await? {
            return Ok(code);
        }
        let clock = changing.clock;
        let mut running = Eviction::new(plan, clock.now());
        let mut live = changing.terminal.live();
        operations::drive(&cluster, &mut gathered.watch, &mut running, clock, &mut signals, &mut live).await;
        live.finish();
        let signal = running.ending().and_then(|ending| ending.signal);
        let (now, report) = (clock.now(), running.report(clock.now()));
        Ok(changing.end(report.outcome, &report, &eviction::ended(&running, now), signal))
    }

    /// Says so in kubectl's words, and which pods have names like it.
    async fn absent(
        &mut self,
        cluster: &Cluster,
        target: &PodTarget,
        signals: &mut Signals,
    ) -> Result<u8, Stop> {
        let namespace = &target.namespace;
        let read =
            async { (cluster.no_such_pod(target).await, cluster.pods_like(namespace, &target.pod).await) };
        let (error, there) = unless_interrupted(signals, read).await?;
        let finding = self.changing.terminal.no_such_pod(&error, &target.object(), namespace, &there);
        self.report_unstarted(Outcome::Refused, vec![finding]);
        Ok(exit::NOT_STARTED)
    }
}
