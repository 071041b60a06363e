# What the machine must have: Debian packages, and a Docker engine that answers.
# shellcheck shell=bash

# The engine's own files that must not outlive a reboot, or a cache deleted under a running engine.
engine_run=/run/kubectl-sk-$(printf %s "$cache" | sha256sum | cut -c 1-8)

# need COMMAND=PACKAGE...: installs the packages whose commands are missing, where that is ours to do.
need() {
  local pair missing=()
  for pair in "$@"; do
    command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
  done
  ((${#missing[@]})) || return 0
  if ((EUID != 0)) || ! command -v apt-get >/dev/null; then
    die "install these first: ${missing[*]} (Debian's names)"
  fi
  step "install ${missing[*]}" apt install_packages "${missing[@]}"
}

install_packages() {
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q
  apt-get install -qy --no-install-recommends "$@"
}

engine_answers() { timeout 10 docker info >/dev/null 2>&1; }

# ensure_engine: uses the Docker engine that answers, else starts one of our own.
ensure_engine() {
  if own_engine_started; then
    use_own_engine
    if [[ -d $cache/docker ]] && engine_answers; then return; fi
    stop_engine # dead, or its data was deleted under it
    unset DOCKER_HOST
  elif command -v docker >/dev/null && engine_answers; then
    return
  fi
  ((EUID == 0)) || die "no Docker engine answers: start one, and see that this user may use it"
  need dockerd=docker.io jq=jq pgrep=procps
  step "start a Docker engine" engine start_engine
  use_own_engine
}

own_engine_started() { [[ -d $engine_run ]]; }

use_own_engine() { export DOCKER_HOST=unix://$engine_run/docker.sock; }

# No forwarding, no masquerading, no firewall rules: kind's published port goes through docker-proxy, and a packet for a pod or
# Service address must not leave the machine, where something else might answer it.
start_engine() {
  local pid options=(--ip-forward=false --ip-masq=false --iptables=false --bridge=none)
  mkdir -p "$engine_run" "$cache/docker"
  if ! has_sys_resource; then
    cp "$kind_dir/runc-bounded" "$engine_run/"
    options+=(--add-runtime "bounded=$engine_run/runc-bounded" --default-runtime bounded)
  fi
  setsid dockerd "${options[@]}" --host "unix://$engine_run/docker.sock" --pidfile "$engine_run/docker.pid" \
    --exec-root "$engine_run/exec" --data-root "$cache/docker" </dev/null >"$cache/log/dockerd.log" 2>&1 9>&- &
  pid=$!
  use_own_engine
  until engine_answers; do
    kill -0 "$pid" || { tail -n 20 "$cache/log/dockerd.log"; return 1; }
    sleep 0.2
  done
}

# Whether root here may have CAP_SYS_RESOURCE (bit 24), which privileged containers ask for.
has_sys_resource() {
  local bounding
  bounding=$(awk '/^CapBnd/ { print $2 }' /proc/self/status)
  ((16#$bounding >> 24 & 1))
}

# stop_engine: ends our engine, and whatever it left behind when it was killed: containerd, its shims with their
# containers, mounts.
stop_engine() {
  local pid
  for pid in $(engine_processes dockerd); do end_process "$pid"; done
  for pid in $(engine_processes containerd); do
    pkill -KILL -P "$pid" || true # a shim's child is the first process of its container
    kill -KILL "$pid" 2>/dev/null || true
  done
  awk -v run="$engine_run/" -v data="$cache/docker/" 'index($2 "/", run) == 1 || index($2 "/", data) == 1 { print $2 }' /proc/mounts |
    sort -r | while read -r mount; do umount -l "$mount"; done
  rm -rf "$engine_run"
}

# engine_processes PROGRAM...: pids of those of these programs that our engine's run folder was given to.
engine_processes() {
  local pid words
  for pid in $(pgrep "^($(IFS='|' && echo "$*"))"); do
    words=$(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") || continue
    if [[ $words == *"$engine_run/"* ]]; then echo "$pid"; fi
  done
}

# end_process PID: TERM, and KILL when it has not gone after 15 s.
end_process() {
  local tries
  kill "$1" 2>/dev/null || return 0
  for tries in {1..75}; do
    kill -0 "$1" 2>/dev/null || return 0
    sleep 0.2
  done
  say "process $1 did not end in $((tries / 5)) s: killed"
  kill -KILL "$1" 2>/dev/null || true
}
