# shellcheck shell=bash
# What the other scripts share: the virtual environment and the hash-locked requirements in it. Sourced, never run.
set -euo pipefail
CALLED_FROM=$PWD
export CALLED_FROM
cd "$(dirname "${BASH_SOURCE[0]}")/.."

VENV_BIN=$PWD/.venv/bin
export VENV_BIN

# A Python path, an activated environment or a user's own packages would mix other versions into the locked ones.
unset PYTHONPATH PYTHONHOME VIRTUAL_ENV PIP_REQUIRE_VIRTUALENV PIP_USER PIP_TARGET PIP_PREFIX
export PYTHONNOUSERSITE=1

# Everything embedded talks over loopback; a proxy of the machine must not stand between.
export NO_PROXY="${NO_PROXY:+$NO_PROXY,}127.0.0.1,::1,localhost"
export no_proxy="$NO_PROXY"

say() { printf '%s\n' "$*" >&2; }

stop() {
  say "$@"
  exit 1
}

# start_service VERB ARGUMENT…: becomes vault-svc where the caller stands, so that files are named from there; the data
# lies beside the scripts unless --data says otherwise.
start_service() {
  local verb=$1 data=(--data "$PWD/var")
  shift
  case " $* " in *" --data "* | *" --data="* | *" --help "*) data=() ;; esac
  cd "$CALLED_FROM"
  unset PYTHONDONTWRITEBYTECODE # without compiled code each start reads every source again: 8 s in place of 5
  exec "$VENV_BIN/vault-svc" "$verb" "${data[@]}" "$@"
}

# may_install: whether system packages can be installed here without asking anybody.
may_install() { [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; }

# install_packages PACKAGE…: installs Debian packages, or says what to install and stops.
install_packages() {
  may_install || stop "These system packages are missing: $*. On Debian or Ubuntu: sudo apt-get install $*"
  say "Installing system packages: $*"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends -y "$@"; } \
    </dev/null >&2 || stop "apt-get could not install: $*"
}

# python_fits PYTHON: whether this interpreter is one that the locks were made for.
python_fits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; }

# python_complete PYTHON: whether it can make virtual environments (Debian ships that part by itself).
python_complete() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

# find_python: prints a complete Python 3.11 to 3.13; $PYTHON names one to prefer.
find_python() {
  local candidate incomplete=""
  for candidate in ${PYTHON:+"$PYTHON"} python3.13 python3.12 python3.11 python3; do
    python_fits "$candidate" || continue
    if python_complete "$candidate"; then
      printf '%s\n' "$candidate"
      return
    fi
    incomplete=${incomplete:-$candidate}
  done
  [ -z "${installed_python:-}" ] || stop "Python 3.11, 3.12 or 3.13 is needed; this system's packages have none."
  installed_python=1
  if [ -n "$incomplete" ]; then
    install_packages "$("$incomplete" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
  else
    install_packages python3 python3-venv
  fi
  find_python
}

# digest FILE…: one word that changes with any of them.
digest() { cat -- "$@" | sha256sum | cut -d ' ' -f 1; }

# venv_works: false for one that was half made, whose Python is gone, or whose folder was moved.
venv_works() {
  python_fits "$VENV_BIN/python" && "$VENV_BIN/python" -c 'import pip' 2>/dev/null \
    && { [ ! -e "$VENV_BIN/vault-svc" ] || grep -qF "$VENV_BIN/" "$VENV_BIN/vault-svc"; }
}

make_venv() {
  local python
  python=$(find_python)
  say "Making .venv with $("$python" -V)"
  "$python" -m venv --clear .venv
}

# ensure_installed LOCK: installs what the lock names, and the project itself from this folder, unless that was done.
ensure_installed() {
  local lock=$1 stamp=.venv/installed.$1 wanted fd
  exec {fd}>.venv.lock # two scripts at once: the second waits
  flock "$fd"
  venv_works || make_venv
  wanted=$(digest "$lock" pyproject.toml)
  if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    say "Installing $lock (once; every file is checked against its hash)"
    rm -f .venv/installed.*
    "$VENV_BIN/python" -m pip install -qq --disable-pip-version-check --no-input \
      --require-hashes --no-deps --only-binary :all: --requirement "$lock" </dev/null >&2 \
      || stop "The requirements could not be installed. Is the package index reachable from here?"
    "$VENV_BIN/python" -m pip install -qq --disable-pip-version-check --no-input \
      --no-index --no-deps --no-build-isolation --editable . </dev/null >&2
    printf '%s\n' "$wanted" >"$stamp"
    # requirements-dev.txt holds all of requirements.txt (tests/shape/test_locks.py).
    if [ "$lock" = requirements-dev.txt ]; then
      digest requirements.txt pyproject.toml >.venv/installed.requirements.txt
    fi
  fi
  exec {fd}>&-
}
