//! What is checked of the revision that a rollback goes to, and said of what it leaves as it is.

use serde_json::Value;

use super::{Check, Kind, Surroundings, Verdict, autoscaler, few};
use crate::fact::Fact;
use crate::references::{self, Kept, ReferenceKind};
use crate::revision;
use crate::revision::CHANGE_CAUSE;
use crate::rollback::{Ahead, Choice};
use crate::target::Target;
use crate::words::counted;
use crate::workload::Workload;

/// Which revision, or why none.
pub(super) fn revision(ahead: &Ahead, target: &Target) -> Check {
    match &ahead.choice {
        Ok(choice) => {
            let images = in_words(revision::images(choice.set.template()));
            let detail = format!("revision {} ({images}): {}", choice.number, choice.why);
            Check::new("revision", Verdict::Pass, detail)
        }
        Err(none) => {
            let object = target.object();
            let check = Check::new("revision", Verdict::Refuse, none.why.clone())
                .next(target.kubectl(&format!("sk-rollback {object} --history")));
            let check = none.might_do.iter().fold(check, |check, number| {
                check.next(target.kubectl(&format!("sk-rollback {object} --to-revision {number}")))
            });
            check.next(target.kubectl(&Kind::Rollback(None).kubectl(&object)))
        }
    }
}

/// Whether the revision is known to have failed before.
pub(super) fn failed_before(ahead: &Ahead, choice: &Choice) -> Check {
    const NAME: &str = "failed-before";
    let number = choice.number;
    let broken = ahead.history.find(number).and_then(|(revision, _)| revision.broken());
    let left =
        || ahead.history.left_by(number).map(|rollback| format!("it was rolled back from ({rollback})"));
    match (broken.or_else(left), &ahead.unread) {
        (Some(why), _) => Check::new(NAME, Verdict::Warn, format!("revision {number}: {why}")),
        (None, Some(reason)) => {
            Check::new(NAME, Verdict::Unknown, format!("sk-history cannot be read: {reason}"))
        }
        (None, None) => {
            Check::new(NAME, Verdict::Pass, format!("revision {number} is not known to have failed"))
        }
    }
}

/// Whether what the revision's containers need is still there.
pub(super) fn references(ahead: &Ahead, choice: &Choice, target: &Target) -> Check {
    const NAME: &str = "references";
    let required = references::required(choice.set.template());
    if required.is_empty() {
        return Check::new(NAME, Verdict::Skipped, "the template needs no ConfigMap and no Secret");
    }
    let (mut missing, mut unknown) = (Vec::new(), Vec::new());
    for (reference, keys) in &required {
        let (kind, name) = (reference.kind.word(), &reference.name);
        let mut gone = |what: String| missing.push((reference.kind, what));
        match ahead.kept.get(reference) {
            Some(Fact::Known(Some(kept))) => {
                let absent = keys.iter().filter(|key| !kept.contains(*key));
                absent.for_each(|key| gone(format!("{kind} {name} has no key {key}")));
            }
            Some(Fact::Known(None)) => gone(format!("{kind} {name} does not exist")),
            Some(Fact::Unavailable(reason)) => unknown.push(format!("{kind} {name}: {reason}")),
            None => unknown.push(format!("{kind} {name}: not read")),
        }
    }
    if !missing.is_empty() {
        let kinds: Vec<ReferenceKind> = missing.iter().map(|(kind, _)| *kind).collect();
        let what = few(missing.into_iter().map(|(_, what)| what).collect());
        let detail = format!("revision {} needs what is not there: {what}", choice.number);
        let check = Check::new(NAME, Verdict::Refuse, detail);
        let resources = [(ReferenceKind::ConfigMap, "configmaps"), (ReferenceKind::Secret, "secrets")];
        let named = resources.into_iter().filter(|(kind, _)| kinds.contains(kind));
        let check =
            named.fold(check, |check, (_, plural)| check.next(target.kubectl(&format!("get {plural}"))));
        return check.next(target.kubectl(&Kind::Rollback(Some(choice.number)).kubectl(&target.object())));
    }
    if !unknown.is_empty() {
        return Check::new(NAME, Verdict::Unknown, format!("not checked: {}", few(unknown)));
    }
    let are = if ahead.kept.len() == 1 { "is" } else { "are" };
    let detail = format!("{} {are} there, with the keys that it uses", names(&ahead.kept));
    Check::new(NAME, Verdict::Pass, detail)
}

fn names(kept: &Kept) -> String {
    few(kept.keys().map(|reference| format!("{} {}", reference.kind.word(), reference.name)).collect())
}

/// Whether the next `kubectl apply` of the same file takes the rollback back.
pub(super) fn last_applied(workload: &Workload, choice: &Choice) -> Check {
    const NAME: &str = "last-applied";
    let Some(applied) = workload.deployment.last_applied() else {
        return Check::new(NAME, Verdict::Skipped, "it was not made with kubectl apply");
    };
    let none = Value::Null;
    let applied = applied.pointer("/spec/template").unwrap_or(&none);
    let to = choice.set.template();
    let (old, new) = (revision::images(applied), revision::images(to));
    let changed: Vec<_> = old.into_iter().filter(|image| !new.contains(image)).collect();
    if !changed.is_empty() {
        let detail = format!("the next kubectl apply of the same file brings back {}", in_words(changed));
        return Check::new(NAME, Verdict::Warn, detail);
    }
    if !is_part_of(applied, to) {
        let detail = "kubectl apply applied another template last: the next one may change it again";
        return Check::new(NAME, Verdict::Warn, detail);
    }
    Check::new(NAME, Verdict::Pass, "what kubectl apply applied last is this template")
}

/// Whether one value says nothing that the other does not say too: what was applied lacks what the server filled in.
fn is_part_of(applied: &Value, whole: &Value) -> bool {
    match (applied, whole) {
        (Value::Object(applied), Value::Object(whole)) => applied.iter().all(|(key, field)| {
            field.is_null() || whole.get(key).is_some_and(|other| is_part_of(field, other))
        }),
        (Value::Array(applied), Value::Array(whole)) => {
            applied.len() == whole.len()
                && applied.iter().zip(whole).all(|(one, other)| is_part_of(one, other))
        }
        (one, other) => one == other,
    }
}

/// What a rollback does not bring back.
pub(super) fn untouched(
    workload: &Workload,
    surroundings: &Surroundings,
    choice: &Choice,
    target: &Target,
) -> Check {
    let replicas = workload.deployment.replicas();
    let mut stays = vec![counted(replicas, "replica")];
    let scales = surroundings.autoscalers.known().and_then(|all| autoscaler::of(all, target));
    if let Some(autoscaler) = scales {
        stays.push(format!("HPA {}", autoscaler.metadata.name.as_deref().unwrap_or_default()));
    }
    let required: Kept =
        references::required(choice.set.template()).into_keys().map(|key| (key, Fact::Known(None))).collect();
    if !required.is_empty() {
        stays.push(format!("what is in {}", names(&required)));
    }
    let cause = workload.deployment.annotation(CHANGE_CAUSE);
    stays.extend(cause.map(|cause| format!("change-cause {cause:?} (--reason says another)")));
    Check::new("untouched", Verdict::Warn, format!("stays as it is now: {}", stays.join(", ")))
}

fn in_words(images: Vec<(&str, &str)>) -> String {
    few(images.into_iter().map(|(name, image)| format!("{name} {image}")).collect())
}
