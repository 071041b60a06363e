# Cache folders, messages, timed steps and artefacts that are built once for given inputs.
# shellcheck shell=bash

cache=${XDG_CACHE_HOME:-$HOME/.cache}/kubectl-sk
cluster=sk
started=$SECONDS

say() { printf '[%s] %s\n' "$(date +%T)" "$*" >&2; }

die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# step TEXT LOG COMMAND...: runs COMMAND with its output in a log file; says every 15 s what it is at, and how long it took.
step() {
  local text=$1 log=$cache/log/$2.log begun=$SECONDS next=$((SECONDS + 15))
  shift 2
  say "$text ..."
  set -m # a process group of its own, so that all of it can be ended
  ("$@") >"$log" 2>&1 </dev/null &
  step_group=$!
  set +m
  while kill -0 "$step_group" 2>/dev/null; do
    sleep 0.2
    if ((SECONDS >= next)); then
      say "  $((SECONDS - begun)) s: $(tail -n 1 "$log" | cut -c 1-120)"
      next=$((SECONDS + 15))
    fi
  done
  if wait "$step_group"; then
    say "$text: done in $((SECONDS - begun)) s"
    step_group=
  else
    step_group=
    tail -n 20 "$log" >&2
    say "$text: failed after $((SECONDS - begun)) s (log: $log)"
    return 1
  fi
}

# An interrupted script takes its step along.
step_group=
trap '[[ -z $step_group ]] || kill -TERM -- "-$step_group" 2>/dev/null || true' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# key WHAT...: a short hash of the given files, folders and words.
key() {
  local what
  for what in "$@"; do
    if [[ -d $what ]]; then
      (cd "$what" && find . -type f -print0 | sort -z | xargs -0 sha256sum)
    elif [[ -f $what ]]; then
      sha256sum <"$what"
    else
      printf '%s\n' "$what"
    fi
  done | sha256sum | cut -c 1-12
}

# artefact NAME KEY TEXT COMMAND...: sets `artefact` to $cache/NAME/KEY. Where that is missing, COMMAND fills a folder (its last
# argument) that gets this name only when COMMAND has succeeded. What nothing used for two weeks goes.
artefact() {
  local name=$1 text=$3
  artefact=$cache/$1/$2
  if [[ ! -d $artefact ]]; then
    rm -rf "$artefact.part"
    mkdir -p "$artefact.part"
    step "$text" "$name" "${@:4}" "$artefact.part"
    mv "$artefact.part" "$artefact"
    find "$cache/$name" -mindepth 1 -maxdepth 1 -mtime +14 -exec rm -rf {} +
  fi
  touch "$artefact"
}

# One `up` or `down` at a time. Steps inherit the lock, so it holds until an orphaned one has ended too.
lock() {
  mkdir -p "$cache"/{bin,log}
  exec 9>"$cache/lock"
  flock --nonblock 9 && return
  say "waiting for another up or down to finish"
  flock 9
}
