//! A diagnosis: judge, fetch what that asks for, judge again, within bounds.

use std::collections::{BTreeMap, BTreeSet};
use std::mem::discriminant;

use futures::future::join;
use futures::stream::{self, StreamExt};
use sk_core::causes::{Fetched, Need};
use sk_core::diagnose::{self, Diagnosis, ROUNDS, Seen};
use sk_core::target::Place;

use super::Clock;
use crate::cluster::{Cluster, Scene};

/// Answers of one kind that are fetched for one namespace: logs of thousands of pods would tell the same thousands of times.
const EACH: usize = 20;

/// Namespaces that are judged at the same time: each makes several requests at once.
const NAMESPACES: usize = 4;

/// Lines of a log that are read at least: an error stands above its stack trace, and that can be long.
const LINES: u16 = 200;

/// A scene that was judged to the end.
#[derive(Debug)]
pub struct Judgement {
    /// What was judged.
    pub scene: Scene,
    /// What it came to.
    pub diagnosis: Diagnosis,
    /// What was fetched besides.
    pub fetched: Fetched,
}

impl Judgement {
    /// What the report says of it.
    pub fn seen(&self) -> Seen<'_> {
        let Self { scene, diagnosis, fetched } = self;
        let unread = scene.unread.as_ref().map(|(targets, reason)| (targets.as_slice(), reason.as_str()));
        Seen {
            namespace: &scene.namespace,
            diagnosis,
            fetched,
            absent: &scene.absent,
            unread,
            unseen: &scene.unseen,
        }
    }
}

/// Judges every scene, a few at a time, in their order. What all namespaces share is read once. `connection` is what
/// commands to type next need to reach the same cluster; `lines` of each log are read, or more.
pub async fn diagnose_all(
    cluster: &Cluster,
    scenes: Vec<Scene>,
    connection: &str,
    lines: u16,
    clock: Clock,
) -> Vec<Judgement> {
    let tail = i64::from(lines.max(LINES));
    let judge = |scene: &Scene, fetched: &Fetched| {
        let place = Place { namespace: &scene.namespace, connection };
        diagnose::diagnose(&scene.subjects, fetched, place, clock.now())
    };
    let judgements = scenes.into_iter().map(|scene| {
        let fetched = Fetched::new();
        Judgement { diagnosis: judge(&scene, &fetched), scene, fetched }
    });
    let mut judgements: Vec<Judgement> = judgements.collect();
    let mut shared = Fetched::new();
    for _ in 0..ROUNDS {
        let needs = judgements.iter().map(|one| bounded(&one.diagnosis.needs, &one.fetched));
        let needs: Vec<Vec<Need>> = needs.collect();
        if needs.iter().all(Vec::is_empty) {
            break;
        }
        let answers = read(cluster, &judgements, &needs, &mut shared, tail).await;
        let asked = judgements.iter_mut().zip(answers).zip(needs).filter(|(_, needs)| !needs.is_empty());
        for ((one, answers), _) in asked {
            one.fetched.extend(answers);
            one.diagnosis = judge(&one.scene, &one.fetched);
        }
    }
    for one in &mut judgements {
        let left: Vec<String> = left(&one.diagnosis.needs).collect();
        one.diagnosis.unseen.extend(left);
    }
    judgements
}

/// Reads what each scene needs. Of what all namespaces share, `shared` has what was read before.
async fn read(
    cluster: &Cluster,
    judgements: &[Judgement],
    needs: &[Vec<Need>],
    shared: &mut Fetched,
    tail: i64,
) -> Vec<Fetched> {
    let of_cluster = needs.iter().flatten().filter(|need| need.is_of_cluster() && !shared.knows(need));
    let of_cluster: Vec<Need> = of_cluster.collect::<BTreeSet<_>>().into_iter().cloned().collect();
    let own = judgements.iter().zip(needs).map(|(one, needs)| async move {
        let own: Vec<Need> = needs.iter().filter(|need| !need.is_of_cluster()).cloned().collect();
        cluster.fetch_lines(&one.scene.namespace, &own, tail).await
    });
    let (of_cluster, mut all) = join(cluster.fetch_lines("", &of_cluster, tail), few(own)).await;
    shared.extend(of_cluster);
    for (own, needs) in all.iter_mut().zip(needs) {
        own.extend(shared.some(needs));
    }
    all
}

async fn few<W: Future>(work: impl Iterator<Item = W>) -> Vec<W::Output> {
    stream::iter(work).buffered(NAMESPACES).collect().await
}

/// The needs that are still within bounds.
fn bounded(needs: &[Need], fetched: &Fetched) -> Vec<Need> {
    let mut taken: Vec<_> = fetched.iter().map(|(need, _)| discriminant(need)).collect();
    let room = |need: &&Need| {
        let kind = discriminant(*need);
        let there = taken.iter().filter(|other| **other == kind).count() < EACH;
        if there {
            taken.push(kind);
        }
        there
    };
    needs.iter().filter(room).cloned().collect()
}

/// What was not fetched, counted.
fn left(needs: &[Need]) -> impl Iterator<Item = String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for need in needs {
        *counts.entry(plural(need)).or_default() += 1;
    }
    counts.into_iter().map(|(what, count)| format!("{count} more {what}: only the first {EACH} are read"))
}

fn plural(need: &Need) -> &'static str {
    match need {
        Need::PreviousLog { .. } => "logs of earlier runs",
        Need::Log { .. } => "logs",
        Need::LastWrite(_) => "ConfigMaps and Secrets",
        Need::Node(_) => "nodes",
        Need::PodsOn(_) => "nodes' pods",
        Need::Claim(_) => "claims",
        Need::Attachment(_) => "volume attachments",
        Need::Endpoints(_) => "Services' endpoints",
        Need::Carriers(_) => "searches for what carries a Service's labels",
        Need::Scalings(_) => "Deployments' events",
        Need::Usage(_) => "pods' metrics",
        Need::Probe(_) => "endpoints of probes",
        Need::PullSecret(_) => "pull secrets",
        Need::Job(_) => "Jobs",
        Need::Nodes | Need::Services | Need::NetworkPolicies | Need::Budgets | Need::Autoscalers => "lists",
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_few_run_at_a_time_and_all_are_done_in_order() {
        let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = (0..40).map(|number| {
            let (running, most) = (&running, &most);
            async move {
                most.fetch_max(running.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                running.fetch_sub(1, Ordering::Relaxed);
                number
            }
        });
        assert_eq!(few(work).await, (0..40).collect::<Vec<_>>());
        assert_eq!(most.into_inner(), NAMESPACES);
    }
}
