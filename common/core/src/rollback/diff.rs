//! What differs between two templates, as a unified diff of their lines.

use serde_json::Value;
use similar::TextDiff;

use super::text;
use crate::revision;

/// Lines of what is the same around each difference.
const CONTEXT: usize = 3;

/// Longest template that is compared line by line: the time for it may grow with the square of its lines.
const LONGEST: usize = 4_000;

/// The unified diff from one template to another; empty where they are the same. What a restart writes is left out.
/// `salt` is what digests of hidden values begin with: the Deployment's UID.
pub fn diff(from: (&str, &Value), to: (&str, &Value), salt: &str) -> String {
    let [old, new] = [from.1, to.1].map(|template| text::lines(&revision::stripped(template), salt));
    if old != new && [&old, &new].iter().any(|template| template.lines().count() > LONGEST) {
        return format!("--- {}\n+++ {}\n(not compared: more than {LONGEST} lines)\n", from.0, to.0);
    }
    TextDiff::from_lines(&old, &new).unified_diff().context_radius(CONTEXT).header(from.0, to.0).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn template(image: &str, password: &str) -> Value {
        json!({
            "metadata": {"labels": {"app": "web", "pod-template-hash": image}, "annotations": {"kubectl.kubernetes.io/restartedAt": image}},
            "spec": {"containers": [{"name": "app", "image": image, "env": [{"name": "PASSWORD", "value": password}]}]},
        })
    }

    #[test]
    fn shows_what_changes_and_no_secret() {
        let text = diff(
            ("revision 2 (now)", &template("web:2", "new")),
            ("revision 1", &template("web:1", "old")),
            "d",
        );
        assert!(text.starts_with("--- revision 2 (now)\n+++ revision 1\n@@ "), "{text}");
        for line in
            ["-    image: web:2\n", "+    image: web:1\n", "     - name: PASSWORD\n", "-      value: (hidden"]
        {
            assert!(text.contains(line), "{line:?} is not in\n{text}");
        }
        assert!(!text.contains("restartedAt") && !text.contains("new") && !text.contains("old"), "{text}");
    }

    #[test]
    fn what_is_too_long_is_not_compared() {
        let long = |image: &str| {
            let mut long = template(image, "x");
            long["spec"]["containers"][0]["args"] = json!(vec!["a"; LONGEST]);
            long
        };
        let text = diff(("a", &long("web:1")), ("b", &long("web:2")), "d");
        assert_eq!(text, "--- a\n+++ b\n(not compared: more than 4000 lines)\n");
        assert_eq!(diff(("a", &long("web:1")), ("b", &long("web:1")), "d"), "");
    }

    #[test]
    fn a_restart_has_no_diff() {
        let mut restarted = template("web:1", "x");
        restarted["metadata"]["annotations"][revision::RESTARTED_AT] = json!("later");
        assert_eq!(diff(("a", &template("web:1", "x")), ("b", &restarted), "d"), "");
    }
}
