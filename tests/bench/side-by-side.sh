# shellcheck shell=bash
# What the side-by-side benchmarks share, to be sourced: a plugin and the runbook as shell, by turns, on one service. The
# caller sets $service, $namespace, $plugin (its name) and $rounds, and defines `runbook USER` and `plugin USER`.

# as USER COMMAND...: kubectl as a user of this run, by whom the audit log tells who asked.
as() { kubectl --as "$1" --as-group system:masters "${@:2}"; }

# states: for as long as it lives, a line with the time for each state of the Deployment, "complete" where it is.
states() {
  local fields='{.metadata.generation} {.status.observedGeneration} {.spec.replicas} {.status.replicas} {.status.updatedReplicas} {.status.availableReplicas}'
  exec kubectl get deployment "$service" --namespace "$namespace" --watch -o "jsonpath=$fields{\"\\n\"}" >"$work/states"
}

# stamped FILE: each line that arrives there, with its time, until the file is removed.
stamped() {
  tail --follow=name --quiet --lines=+1 "$1" 2>/dev/null | while read -r generation observed wanted all updated available; do
    complete=no
    ((observed >= generation && all == wanted && ${updated:-0} == wanted && ${available:-0} == wanted)) && complete=complete
    printf '%s %s %s\n' "$(date +%s.%N)" "$generation" "$complete"
  done
}

# audited USER FILTER: what the audit log has of this user.
audited() { jq -r --arg user "$1" "select(.impersonatedUser.username == \$user) | $2" "$SK_TEST_AUDIT_LOG"; }

# measure WHAT USER: one line: requests, seconds in all, seconds beyond the rollout.
measure() {
  local start end patched complete generation requests
  generation=$(kubectl get deployment "$service" --namespace "$namespace" -o jsonpath='{.metadata.generation}')
  start=$(date +%s.%N)
  "$1" "$2" >"$work/$2.log" 2>&1 || { cat "$work/$2.log" >&2; return 1; }
  end=$(date +%s.%N)
  complete=$(awk -v before="$generation" '$2 > before && $3 == "complete" { print $1; exit }' "$work/stamps")
  patched=$(audited "$2" 'select(.verb == "patch" and .objectRef.resource == "deployments") | .requestReceivedTimestamp' | head -n 1)
  requests=$(audited "$2" .auditID | sort -u | wc -l)
  [[ -n $complete && -n $patched ]] || { echo "the rollout of $2 was not seen" >&2; return 1; }
  awk -v requests="$requests" -v start="$start" -v end="$end" -v patched="$(date -d "$patched" +%s.%N)" -v complete="$complete" \
    'BEGIN { printf "%d %.3f %.3f\n", requests, end - start, (end - start) - (complete - patched) }'
}

# median COLUMN FILE
median() { awk -v column="$1" '{ print $column }' "$2" | sort -n | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'; }

# row WHAT UNIT COLUMN BAR
row() {
  awk -v what="$1" -v unit="$2" -v ours="$(median "$3" "$work/plugin")" -v theirs="$(median "$3" "$work/runbook")" -v bar="$4" 'BEGIN {
    verdict = bar == "" ? "" : ours <= theirs * bar ? "<= " bar "  pass" : "<= " bar "  fell short"
    printf "  %-28s %8.2f %-2s %8.2f %-2s   %5.2f  %s\n", what, ours, unit, theirs, unit, ours / theirs, verdict
  }'
}


# side_by_side: builds, brings the cluster up, measures by turns, prints the table. `prepare`, where it is defined, runs before
# each measurement and counts for nobody.
side_by_side() {
  local exports round
  nice cargo build --release -p "kubectl-$plugin"
  binary=$(realpath "${CARGO_TARGET_DIR:-target}/release/kubectl-$plugin")
  exports=$(tests/kind/up)
  eval "$exports"
  [[ -r ${SK_TEST_AUDIT_LOG:-} ]] || { echo "there is no audit log of this cluster" >&2; exit 1; }
  work=$(mktemp -d)
  trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$work"' EXIT
  : >"$work/states"
  states &
  stamped "$work/states" >"$work/stamps" &

  prepare
  runbook bench-warm >/dev/null 2>&1 # kubectl's discovery is cached from here on
  for ((round = 1; round <= rounds; round++)); do
    prepare
    measure runbook "bench-runbook-$round-$$" >>"$work/runbook"
    prepare
    measure plugin "bench-plugin-$round-$$" >>"$work/plugin"
  done
  echo "Medians of $rounds rounds by turns, $service."
  printf '  %-28s %11s %11s   %5s\n' '' "$plugin" runbook ratio
  row requests '' 1 1.25
  row 'wall time' s 2 ''
  row 'wall time beyond the rollout' s 3 0.333
}

# Nothing, unless the caller defines it after sourcing this.
prepare() { :; }
