# The container images: what the node holds from its start, and metrics-server.
# shellcheck shell=bash

metrics_image=sk.local/metrics-server:v0.9.0

# single PROGRAM TAG OUT: an image of one static program. Programs need a /tmp.
single() {
  local root
  root=$(mktemp -d)
  mkdir -p "$root"/{usr/local/bin,tmp,etc}
  cp "$1" "$root/usr/local/bin/"
  "$kind_dir/mkimage" "$3" "$root" "[\"/usr/local/bin/${1##*/}\"]" "$2"
  rm -rf "$root"
}

# The tags are those that kubeadm asks for.
build_node_images() { # OUT
  local out=$1 root=$1/root name
  for name in kube-apiserver kube-controller-manager kube-scheduler; do
    single "$components/$name" "registry.k8s.io/$name:$kubernetes" "$out/$name.tar"
  done
  single "$components/etcd" registry.k8s.io/etcd:3.6.5-0 "$out/etcd.tar"
  single "$addons/coredns" registry.k8s.io/coredns/coredns:v1.12.1 "$out/coredns.tar"

  mkdir -p "$root"
  gcc -O2 -static -o "$root/pause" "$kind_dir/pause.c"
  "$kind_dir/mkimage" "$out/pause.tar" "$root" '["/pause"]' registry.k8s.io/pause:3.10 registry.k8s.io/pause:3.10.1
  rm -rf "$root"

  mkdir -p "$root"/{tmp,etc,usr/local/bin}
  cp "$components/kube-proxy" "$root/usr/local/bin/"
  take "$debian" "$root" /usr/sbin/nft
  "$kind_dir/mkimage" "$out/kube-proxy.tar" "$root" '["/usr/local/bin/kube-proxy"]' "registry.k8s.io/kube-proxy:$kubernetes"
  rm -rf "$root"
}

# ensure_node_images: sets `node_images`, the folder of their archives.
ensure_node_images() {
  ensure_components
  ensure_addons
  ensure_debian
  need gcc=build-essential
  artefact images "$(key "${components##*/}" "${addons##*/}" "${debian##*/}" "$kind_dir"/{mkimage,pause.c,lib/images.sh})" \
    "write the node's images" build_node_images
  node_images=$artefact
}

build_metrics_image() { single "$addons/metrics-server" "$metrics_image" "$1/image.tar"; }

# ensure_metrics_image: sets `metrics_archive`.
ensure_metrics_image() {
  ensure_addons
  artefact metrics-server "$(key "${addons##*/}" "$kind_dir"/{mkimage,lib/images.sh})" "write the metrics-server image" build_metrics_image
  metrics_archive=$artefact/image.tar
}
