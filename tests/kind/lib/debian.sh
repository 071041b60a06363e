# A small Debian, from which the node and the images take what is not built here.
# shellcheck shell=bash

debian_suite=bookworm
debian_packages=(
  systemd conntrack iptables nftables iproute2 ethtool util-linux mount kmod libseccomp2 pigz fuse-overlayfs e2fsprogs bash
  ca-certificates curl jq procps containerd runc containernetworking-plugins busybox-static
)

# A mount namespace of its own: whatever debootstrap mounts is gone with it, also when it is interrupted.
build_debian() { # OUT
  local include
  include=$(IFS=, && echo "${debian_packages[*]}")
  unshare --mount debootstrap --variant=minbase --include="$include" "$debian_suite" "$1"
  rm -rf "$1"/var/cache/apt/archives/*.deb "$1"/var/lib/apt/lists/* "$1"/usr/share/{doc,man,locale}
}

# ensure_debian: sets `debian`, its root folder.
ensure_debian() {
  need debootstrap=debootstrap
  [[ -e /usr/share/keyrings/debian-archive-keyring.gpg ]] || need debian-archive-keyring=debian-archive-keyring
  artefact debian "$(key "$kind_dir/lib/debian.sh")" "unpack a small Debian" build_debian
  debian=$artefact
}

# take FROM_DEBIAN ROOT PROGRAM...: copies programs of the Debian root, with the libraries they load, into another root.
take() {
  local from=$1 root=$2 file
  shift 2
  for file in "$@" $(chroot "$from" ldd "$@" | grep -o '/[^ :]*' | sort -u); do
    [[ -e $root$file ]] && continue
    mkdir -p "$root${file%/*}"
    cp -L "$from$file" "$root$file"
  done
}
