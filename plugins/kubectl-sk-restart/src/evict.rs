//! `kubectl sk-restart pod/NAME`: gather facts, decide, show, ask, evict, report.

use jiff::{SignedDuration, Timestamp};
use sk_common::cluster::Cluster;
use sk_common::command::Stop;
use sk_common::error::Error;
use sk_common::exit;
use sk_common::operations::{self, Audience, Signals, unless_interrupted};
use sk_common::terminal::{self, Live, RolloutView, Text, rollout};
use sk_core::catalogue::Catalogue;
use sk_core::checks::Verdict;
use sk_core::duration;
use sk_core::evict::{self, Eviction, Facts, Plan, PodTarget, Refusal, Request};
use sk_core::operation::DryRun;
use sk_core::report::Outcome;
use sk_core::rollout::{PodLine, PodState};
use sk_core::sanitize::visible;
use sk_core::workload;

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
        let Some(mut gathered) = gathered else { return Ok(self.absent(&cluster, &target).await) };
        let request = self.changing.request_of(target, SignedDuration::ZERO, &cluster);
        let changing = &mut self.changing;
        let plan = match evict::plan(gathered.facts, request) {
            Ok(plan) => plan,
            Err(refusal) => {
                return Ok(changing.refuse(&refusal.report(changing.now()), &refused(&refusal)));
            }
        };
        if plan.request.dry_run == DryRun::Client {
            let report = plan.report(Outcome::Planned, changing.now());
            return Ok(changing.end(Outcome::Planned, &report, &planned(&plan), None));
        }
        changing.terminal.tell(planned(&plan));
        let question = format!("\nEvict {}?", visible(&plan.request.target.object()));
        if let Some(answer) = changing.declined(plan.request.dry_run, &question, &mut signals).await? {
            return Ok(changing.decline(&plan.report(Outcome::Declined, changing.now()), answer));
        }
        let clock = changing.clock;
        let mut eviction = Eviction::new(plan, clock.now());
        let mut screen = Screen { live: changing.terminal.live() };
        operations::drive(&cluster, &mut gathered.watch, &mut eviction, clock, &mut signals, &mut screen)
            .await;
        screen.live.finish();
        let signal = eviction.ending().and_then(|ending| ending.signal);
        let (now, report) = (clock.now(), eviction.report(clock.now()));
        Ok(changing.end(report.outcome, &report, &ended(&eviction, now), signal))
    }

    /// Says so in kubectl's words, and which pods have names like it.
    async fn absent(&mut self, cluster: &Cluster, target: &PodTarget) -> u8 {
        let (error, like) = cluster.no_such_pod(target).await;
        self.changing.terminal.error(&error);
        let mut finding = error.finding(&target.object());
        for name in &like {
            finding = finding.seen(format!("pod/{name} is there"));
        }
        if !like.is_empty() {
            self.changing.terminal.complain(format_args!("pods like it: {}", visible(&like.join(", "))));
        }
        self.report_unstarted(Outcome::Refused, vec![finding]);
        exit::NOT_STARTED
    }
}

/// The live view of one eviction.
struct Screen {
    live: Live,
}

impl Audience<Eviction> for Screen {
    fn show(&mut self, eviction: &Eviction, now: Timestamp) {
        let pods = eviction.lines(now);
        let ready = |line: &&PodLine| line.new && line.state == PodState::Ready;
        self.live.show(&RolloutView {
            title: format!("Replacing  {}", visible(&eviction.plan().request.target.object())),
            elapsed: eviction.evicted().map_or(SignedDuration::ZERO, |evicted| now.duration_since(evicted)),
            ready: pods.iter().filter(ready).count(),
            wanted: 1,
            pods,
            causes: eviction.causes().map(rollout::cause_line).collect(),
            trouble: eviction.trouble().map(str::to_owned),
        });
    }

    /// There is no soak to end.
    async fn quit(&mut self) {
        std::future::pending::<()>().await;
    }
}

fn header(request: &Request, facts: &Facts) -> Text {
    let target = &request.target;
    let mut text = rollout::title(&facts.name(), &target.namespace, &request.context, facts.service.as_ref());
    let node = workload::node(&facts.pod).map(|node| format!(" on {node}")).unwrap_or_default();
    let restarts = workload::restarts(&facts.pod);
    text.line(terminal::lines("", 0, &format!("{}{node}, {restarts} restarts", target.object())));
    text
}

fn planned(plan: &Plan) -> Text {
    let mut text = header(&plan.request, &plan.facts);
    text.gap().line(terminal::checks(&rollout::views(&plan.checks))).gap();
    text.line(terminal::plan(&plan.steps));
    text
}

fn refused(refusal: &Refusal) -> Text {
    let mut text = header(&refusal.request, &refusal.facts);
    text.gap().line(terminal::checks(&rollout::views(&refusal.checks))).gap();
    let sentence = format!("{}: refused; nothing was changed", refusal.request.target.object());
    text.line(rollout::verdict(Verdict::Refuse, &sentence)).gap();
    text.line(terminal::findings(&refusal.findings));
    text
}

fn ended(eviction: &Eviction, now: Timestamp) -> Text {
    let mut text = Text::default();
    let Some(ending) = eviction.ending() else { return text };
    let Plan { request, facts, .. } = eviction.plan();
    let pod = request.target.object();
    let took = duration::short(now.duration_since(eviction.evicted().unwrap_or(now)));
    let successor = eviction.successor();
    let by = successor.map(|pod| {
        let node = workload::node(pod).map(|node| format!(" on {node}")).unwrap_or_default();
        format!("pod/{}{node}", workload::name(pod))
    });
    let by = by.unwrap_or_else(|| "no pod yet".to_owned());
    let (mark, sentence) = match ending.outcome {
        Outcome::Succeeded => (Verdict::Pass, format!("{pod} replaced in {took}: {by} is ready")),
        Outcome::Planned => {
            (Verdict::Pass, format!("{pod}: the API server admits the eviction; nothing was changed"))
        }
        Outcome::Refused => (Verdict::Refuse, format!("{pod}: not evicted; nothing was changed")),
        Outcome::Locked => {
            (Verdict::Refuse, format!("{pod}: another operation holds its Deployment; nothing was changed"))
        }
        Outcome::Failed if ending.verified.rollout == Verdict::Pass => {
            (Verdict::Fail, format!("{pod} replaced in {took} by {by}, which does not serve as it should"))
        }
        Outcome::Failed => {
            (Verdict::Fail, format!("{pod}: evicted, and its successor failed after {took}: {by}"))
        }
        Outcome::Interrupted => (Verdict::Unknown, format!("{pod}: interrupted after {took}")),
        _ => (Verdict::Unknown, format!("{pod}: the result is not known after {took}: {by}")),
    };
    text.line(rollout::verdict(mark, &sentence));
    if matches!(ending.outcome, Outcome::Failed | Outcome::Unknown | Outcome::Interrupted) {
        let serving = format!("Serving: {} other pods of its controller are ready", eviction.others_ready());
        text.line(terminal::lines("  ", 2, &serving));
    }
    rollout::details(eviction.verifications(), &ending.findings, eviction.unrecorded(), &mut text);
    rollout::manual_checks(facts.service.as_ref(), ending.outcome, &mut text);
    rollout::contacts(facts.service.as_ref(), ending.outcome, &mut text);
    text
}
