# The cluster: the one that SK_TEST_KUBECONFIG names, or a kind cluster of our own.
# shellcheck shell=bash

own_kubeconfig=$cache/kubeconfig
allowed=kubectl-sk/test=allowed

# Says whether the tests are to run on a cluster that is not ours. (After `eval "$(up)"` the variable names our own.)
foreign_cluster() { [[ -n ${SK_TEST_KUBECONFIG:-} && $SK_TEST_KUBECONFIG != "$own_kubeconfig" ]]; }

# use_foreign_cluster: refuses a cluster that is not for tests, or would not do.
use_foreign_cluster() {
  local namespaces
  export KUBECONFIG=$SK_TEST_KUBECONFIG
  namespaces=$(kubectl get namespaces --selector "$allowed" --output name --request-timeout 10s 2>"$cache/log/foreign.log") ||
    die "the cluster of SK_TEST_KUBECONFIG ($KUBECONFIG) cannot be read: $(tail -n 1 "$cache/log/foreign.log")"
  [[ -n $namespaces ]] ||
    die "the cluster of SK_TEST_KUBECONFIG is not for tests: none of its namespaces carries the label $allowed"
  [[ $namespaces == *"namespace/$namespace"* || -z $(kubectl get namespace "$namespace" --ignore-not-found) ]] ||
    die "the cluster of SK_TEST_KUBECONFIG has a namespace $namespace that is not for tests: it lacks the label $allowed"
  kubectl get apiservice v1beta1.metrics.k8s.io >/dev/null 2>&1 ||
    die "the cluster of SK_TEST_KUBECONFIG needs metrics-server"
}

ensure_foreign_workloads() {
  ensure_workloads && return
  if kubectl get pods --namespace "$namespace" --output jsonpath='{..waiting.reason}' | grep -q ErrImageNeverPull; then
    ensure_stub_image
    die "load the images $stub_image:1, :2 and :3 into the cluster's nodes, for instance: kind load image-archive $stub_archive"
  fi
  return 1
}

# ensure_cluster: our kind cluster, made anew where it is missing, broken, or of other parts than these.
ensure_cluster() {
  cluster_key=$(key "$node" "${stub_archive#"$cache/"}" "${metrics_archive#"$cache/"}" "$kind_dir"/{kind,audit-policy,metrics-server}.yaml "$kind_dir/lib/cluster.sh")
  export KUBECONFIG=$own_kubeconfig
  cluster_works || step "create the cluster" cluster create_cluster
}

# The node gets its label last, so an interrupted creation does not count.
# A busy machine may answer late: three tries, before anything is deleted that somebody uses.
cluster_works() {
  local ready='{.items[*].status.conditions[?(@.type=="Ready")].status}'
  [[ -s $KUBECONFIG ]] || return 1
  for _ in 1 2 3; do
    [[ $(kubectl get nodes --selector "kubectl-sk/parts=$cluster_key" --output jsonpath="$ready" --request-timeout 10s 2>/dev/null) == True ]] && return
  done
  return 1
}

# remake_cluster: for a cluster in which the services do not start.
remake_cluster() {
  step "create the cluster" cluster create_cluster
  ensure_workloads
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
