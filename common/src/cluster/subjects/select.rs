//! Selectors: what the API server is asked to leave out.

use futures::stream::{self, StreamExt};
use sk_core::diagnose::State;

use super::AT_ONCE;
use crate::error::Error;

/// Lists by each of these selectors, a few at a time; by one where one serves.
///
/// # Errors
/// One of the lists cannot be had.
pub(super) async fn each<T>(
    selectors: &[String],
    list: impl AsyncFn(&str) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let together = in_one(selectors);
    let each = together.as_ref().map_or(selectors, std::slice::from_ref).iter();
    let each: Vec<_> = stream::iter(each.map(|labels| list(labels))).buffered(AT_ONCE).collect().await;
    each.into_iter().collect()
}

/// One label selector for all of these, where they ask for one value each of the same label; one alone is itself.
fn in_one(selectors: &[String]) -> Option<String> {
    if let [only] = selectors {
        return Some(only.clone());
    }
    let pairs: Vec<(&str, &str)> =
        selectors.iter().map(|selector| equality(selector)).collect::<Option<_>>()?;
    let (key, _) = *pairs.first()?;
    let values: Vec<&str> = pairs.iter().map(|(_, value)| *value).collect();
    pairs.iter().all(|(other, _)| *other == key).then(|| format!("{key} in ({})", values.join(",")))
}

/// `KEY=VALUE`, and nothing more.
fn equality(selector: &str) -> Option<(&str, &str)> {
    let (key, value) = selector.split_once('=')?;
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./".contains(&b));
    (!key.is_empty() && plain(key) && plain(value)).then_some((key, value))
}

/// The phases that pods in this state can have, as a field selector.
pub(super) fn phases(state: State) -> &'static str {
    match state {
        State::Terminating => "",
        State::Pending => "status.phase!=Running,status.phase!=Succeeded,status.phase!=Failed",
        State::CrashLoop => "status.phase!=Succeeded",
        State::Readiness => "status.phase=Running",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_of_one_label_become_one() {
        for (selectors, one) in [
            (&["app=a"][..], Some("app=a")),
            (&["app in (a,b)"], Some("app in (a,b)")),
            (&["app=a", "app=b"], Some("app in (a,b)")),
            (
                &["app.kubernetes.io/name=a", "app.kubernetes.io/name=b"],
                Some("app.kubernetes.io/name in (a,b)"),
            ),
            (&["app=a", "tier=b"], None),
            (&["app=a", "app=b,tier=c"], None),
            (&["app=a", "app!=b"], None),
            (&["app=a", "app"], None),
            (&[], None),
        ] {
            let selectors: Vec<String> = selectors.iter().map(|text| (*text).to_owned()).collect();
            assert_eq!(in_one(&selectors).as_deref(), one, "{selectors:?}");
        }
    }
}
