# Builds from the pinned Go modules: kubectl and kind, Kubernetes' components, and the two add-ons.
# shellcheck shell=bash

kubernetes=$(awk '$1 == "k8s.io/kubernetes" { print $2 }' "$kind_dir/go.mod")

# The caller's Go settings must not change what is built.
plain_go() {
  env -u GOFLAGS -u GOOS -u GOARCH -u GO111MODULE -u GOEXPERIMENT GOWORK=off CGO_ENABLED=0 go "$@"
}

go_build() { # FOLDER LDFLAGS OUT PACKAGES...
  plain_go build -C "$1" -v -mod=readonly -trimpath -buildvcs=false -ldflags "-s -w $2" -o "$3" "${@:4}"
}

# Kubernetes takes its version from the linker.
version_flags() {
  local version=k8s.io/component-base/version numbers
  IFS=. read -ra numbers <<<"${kubernetes#v}"
  echo "-X $version.gitVersion=$kubernetes -X $version.gitMajor=${numbers[0]} -X $version.gitMinor=${numbers[1]} -X $version.gitTreeState=clean"
}

build_tools() { # OUT
  go_build "$kind_dir" "$(version_flags)" "$1/" k8s.io/kubernetes/cmd/kubectl sigs.k8s.io/kind
}

build_components() { # OUT
  go_build "$kind_dir" "$(version_flags)" "$1/" \
    k8s.io/kubernetes/cmd/{kube-apiserver,kube-controller-manager,kube-scheduler,kube-proxy,kubelet,kubeadm}
  go_build "$kind_dir" "" "$1/etcd" go.etcd.io/etcd/server/v3
  cp -r "$(plain_go list -C "$kind_dir" -m -f '{{.Dir}}' sigs.k8s.io/kind)/images/base/files" "$1/kind-base"
  chmod -R u+w "$1/kind-base"
}

build_addons() { # OUT
  go_build "$kind_dir/addons" "" "$1/" sigs.k8s.io/metrics-server/cmd/metrics-server ./coredns
}

# ensure_tools: kubectl and kind, in the cache's bin.
ensure_tools() {
  command -v go >/dev/null || die "install Go first: https://go.dev/doc/install"
  artefact tools "$(key "$kind_dir"/go.{mod,sum} "$kind_dir/lib/go.sh")" "build kubectl and kind" build_tools
  ln -sfn "$artefact/kubectl" "$artefact/kind" "$cache/bin/"
  PATH=$cache/bin:$PATH
}

# ensure_components: sets `components`, the folder of Kubernetes' programs.
ensure_components() {
  artefact components "$(key "$kind_dir"/go.{mod,sum} "$kind_dir/lib/go.sh")" "build Kubernetes' components" build_components
  components=$artefact
}

# ensure_addons: sets `addons`, the folder of CoreDNS and metrics-server.
ensure_addons() {
  artefact addons "$(key "$kind_dir"/{addons,lib/go.sh})" "build CoreDNS and metrics-server" build_addons
  addons=$artefact
}
