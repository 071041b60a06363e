# The node image: published where Docker can pull it, else put together from our own builds and Debian.
# shellcheck shell=bash

# As kind v0.33.0's release notes list it. Its Kubernetes is a later patch release of the same minor version.
published_node=kindest/node:v1.34.11@sha256:44e222ee2132dab25ff87301682f89eb82c7880ea3a1bf543bfe9708fd08d67d
node_repository=kubectl-sk/node

# ensure_node: sets `node` to the image's name, and `own_node` to whether it is ours.
ensure_node() {
  own_node=false node=$published_node
  if pull_published_node; then return; fi
  ensure_node_images
  own_node=true node=$node_repository:$(key "${node_images##*/}" "$kind_dir"/{node,lib/node.sh})
  has_image "$node" || step "build the node image" node build_node
}

has_image() { docker image inspect "$1" >/dev/null 2>&1; }

# pull_published_node: tries the registry, briefly. UNTESTED: no registry could be reached where this was written.
pull_published_node() {
  has_image "$published_node" && return
  timeout 10 docker manifest inspect "$published_node" >/dev/null 2>&1 || return
  step "pull $published_node" pull docker pull "$published_node"
}

build_node() {
  local root=$cache/node.part
  rm -rf "$root"
  cp -a "$debian" "$root"
  furnish_node "$root"

  docker rm -f kubectl-sk-build >/dev/null 2>&1 || true
  docker images --format '{{.Repository}}:{{.Tag}}' "$node_repository" | xargs -r docker rmi || true
  tar -C "$root" -c . | docker import -c 'ENTRYPOINT ["/usr/local/bin/entrypoint","/sbin/init"]' -c 'ENV container=docker' - "$node_repository:base"
  rm -rf "$root"
  import_images
  docker commit -c 'ENTRYPOINT ["/usr/local/bin/entrypoint","/sbin/init"]' kubectl-sk-build "$node"
  docker rm -f kubectl-sk-build
  docker rmi "$node_repository:base"
}

# furnish_node ROOT: makes of a Debian what kind's own base image is, plus Kubernetes.
furnish_node() {
  local root=$1
  cp -r "$components/kind-base/." "$root"
  chmod 755 "$root"/usr/local/bin/* "$root"/kind{,/bin,/bin/*}
  ln -s /usr/bin/containerd /usr/bin/ctr "$root/usr/local/bin/"
  mkdir -p "$root"/{opt/cni/bin,etc/cni/net.d,kind/manifests,etc/kubernetes/manifests}
  cp "$root"/usr/lib/cni/* "$root/opt/cni/bin/"
  cp "$components"/{kubelet,kubeadm} "$cache/bin/kubectl" "$root/usr/bin/"
  cp "$kind_dir/node/10-sk.conflist" "$root/etc/cni/net.d/"
  cp "$kind_dir"/node/*.yaml "$root/kind/manifests/"
  echo "$kubernetes" >"$root/kind/version"
  unshare --mount chroot "$root" bash -euo pipefail -s <"$kind_dir/node/setup"
}

# import_images: puts the images into the containerd of a container named kubectl-sk-build.
import_images() {
  local archive
  docker run -d --name kubectl-sk-build --privileged --network none --entrypoint sleep "$node_repository:base" infinity
  docker exec -d kubectl-sk-build containerd
  until docker exec kubectl-sk-build ctr version >/dev/null 2>&1; do sleep 0.2; done
  for archive in "$node_images"/*.tar; do
    docker exec -i kubectl-sk-build ctr -n k8s.io images import --all-platforms --no-unpack - <"$archive"
  done
  docker exec kubectl-sk-build sh -c 'pkill -x containerd; while pgrep -x containerd; do sleep 0.1; done'
}
