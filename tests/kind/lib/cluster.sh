# The cluster: the one that SK_TEST_KUBECONFIG names, or a kind cluster of our own.
# shellcheck shell=bash

own_kubeconfig=$cache/kubeconfig
allowed=kubectl-sk/test=allowed

# Says whether the tests are to run on a cluster that is not ours. (After `eval "$(up)"` the variable names our own.)
foreign_cluster() { [[ -n ${SK_TEST_KUBECONFIG:-} && $SK_TEST_KUBECONFIG != "$own_kubeconfig" ]]; }

use_foreign_cluster() {
  local found
  export KUBECONFIG=$SK_TEST_KUBECONFIG
  found=$(kubectl get namespaces --selector "$allowed" --output name --request-timeout 10s) ||
    die "the cluster of SK_TEST_KUBECONFIG ($KUBECONFIG) cannot be read"
  [[ -n $found ]] || die "the cluster of SK_TEST_KUBECONFIG is not for tests: none of its namespaces carries the label $allowed"
}

# ensure_cluster: our kind cluster, made anew where it is missing, broken, or of other parts than these.
ensure_cluster() {
  cluster_key=$(key "$node" "${stub_archive#"$cache/"}" "${metrics_archive#"$cache/"}" "$kind_dir"/{kind,audit-policy,metrics-server}.yaml "$kind_dir/lib/cluster.sh")
  export KUBECONFIG=$own_kubeconfig
  cluster_works || step "create the cluster" cluster create_cluster
}

# The node gets its label last, so an interrupted creation does not count.
cluster_works() {
  local ready='{.items[*].status.conditions[?(@.type=="Ready")].status}'
  [[ -s $KUBECONFIG ]] &&
    [[ $(kubectl get nodes --selector "kubectl-sk/parts=$cluster_key" --output jsonpath="$ready" --request-timeout 5s 2>/dev/null) == True ]]
}

create_cluster() {
  delete_cluster
  mkdir -p "$cache/audit/log"
  cp "$kind_dir/audit-policy.yaml" "$cache/audit/policy.yaml"
  : >"$cache/audit/log/audit.log" # made here, so that also a user who is not root can read it
  sed "s|@OWN_NODE@|$own_node|; s|@AUDIT@|$cache/audit|" "$kind_dir/kind.yaml" |
    kind create cluster --name "$cluster" --image "$node" --kubeconfig "$KUBECONFIG" --config -
  kind load image-archive --name "$cluster" "$metrics_archive"
  kubectl apply -f "$kind_dir/metrics-server.yaml"
  kind load image-archive --name "$cluster" "$stub_archive"
  kubectl label node --all "kubectl-sk/parts=$cluster_key"
}

delete_cluster() {
  kind delete cluster --name "$cluster" --kubeconfig "$own_kubeconfig"
  rm -rf "$own_kubeconfig" "$cache/audit"
}

# The API server's audit log can be had of our own cluster only.
print_exports() {
  printf 'export KUBECONFIG=%q\n' "$KUBECONFIG"
  printf 'export SK_TEST_KUBECONFIG=%q\n' "$KUBECONFIG"
  foreign_cluster || printf 'export SK_TEST_AUDIT_LOG=%q\n' "$cache/audit/log/audit.log"
  printf 'export SK_TEST_STUB_IMAGE=%q\n' "$stub_image:1"
  printf 'export PATH=%q:"%sPATH"\n' "$cache/bin" '$'
}
