# The workloads' image.
# shellcheck shell=bash

stub_image=sk.local/stub-service

# The stub, the curl that the runbook execs, and a shell. One content under three tags, so that a rollback
# can tell what it came from and went to.
build_stub_image() { # OUT
  local root=$1/root
  mkdir -p "$root"/{bin,etc,tmp,usr/local/bin}
  build_stub "$root/usr/local/bin/"
  take "$debian" "$root" /usr/bin/curl
  cp "$debian/bin/busybox" "$root/bin/"
  chroot "$root" /bin/busybox --install -s /bin
  "$kind_dir/mkimage" "$1/image.tar" "$root" '["/usr/local/bin/stub-service"]' "$stub_image":{1,2,3}
  rm -rf "$root"
}

# Linked statically, so that it needs nothing of the image.
build_stub() { # OUT
  cargo rustc --manifest-path "$repo/Cargo.toml" --release -p stub-service --bin stub-service \
    --target-dir "$cache/target" -- -C target-feature=+crt-static
  cp "$cache/target/release/stub-service" "$1"
}

# ensure_stub_image: sets `stub_archive`.
ensure_stub_image() {
  command -v cargo >/dev/null || die "install Rust first: https://rustup.rs"
  ensure_debian
  artefact stub-service "$(key "$repo/tests/stub-service" "${debian##*/}" "$kind_dir"/{mkimage,lib/stub.sh})" \
    "build the workloads' image" build_stub_image
  stub_archive=$artefact/image.tar
}
