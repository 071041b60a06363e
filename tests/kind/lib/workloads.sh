# The seven services, and whether they are fit for tests.
# shellcheck shell=bash

namespace=skillancer-production

services() { grep -v '^#' "$kind_dir/workloads/services"; }

# The manifests of all services: one template, one list.
workload_manifests() {
  local service replicas
  cat "$kind_dir/workloads/namespace.yaml"
  services | while read -r service replicas; do
    echo "---"
    sed "
      s|@SERVICE@|$service|g
      s|@IMAGE@|$stub_image:1|
      s|@REPLICAS@|$replicas|
      s|@MIN_AVAILABLE@|$((replicas - 1))|
      s|@MAX_REPLICAS@|$((replicas + 2))|
    " "$kind_dir/workloads/service.yaml"
  done
}

# ensure_workloads: everything as the manifests say, ready, and measured.
ensure_workloads() {
  step "start the services" workloads start_workloads && step "wait for metrics" metrics metrics_ready
}

# remake_workloads: for what a broken test left behind, and `apply` cannot mend.
remake_workloads() {
  step "delete the services" delete kubectl delete namespace "$namespace" --timeout 60s && ensure_workloads
}

start_workloads() {
  workload_manifests >"$cache/workloads.yaml"
  kubectl apply -f "$cache/workloads.yaml" && workloads_ready
}

workloads_ready() {
  local service
  while read -r service _; do
    kubectl rollout status "deployment/$service" --namespace "$namespace" --timeout 60s || return
  done < <(services)
}

# The autoscalers have numbers, so `kubectl top` has.
metrics_ready() {
  kubectl wait hpa --all --for condition=ScalingActive --namespace "$namespace" --timeout 120s
}
