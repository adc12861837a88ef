# Shared by deploy/run, tests/run and tests/fresh: messages, root, packages. Sourced by bash.

say() { printf '%s\n' "$*"; }
fail() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# Runs a command as root: directly, or by sudo.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null 2>&1; then
    sudo "$@"
  else
    fail "root is needed to run: $* (start as root, or install sudo)"
  fi
}

is_installed() { dpkg-query -W -f '${db:Status-Abbrev}\n' "$1" 2>/dev/null | grep -q '^ii'; }

# Installs the packages named that are missing; says nothing when there are none.
install_packages() {
  local package missing=()
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  [ "${#missing[@]}" -gt 0 ] || return 0
  command -v apt-get >/dev/null 2>&1 || fail "this needs Debian's apt-get; install these yourself: ${missing[*]}"
  say "Installing ${#missing[@]} packages: ${missing[*]}"
  # The cluster that the package postgresql-15 would make and start by itself is not wanted: crumbtrail runs its own.
  if ! [ -e /etc/postgresql-common/createcluster.conf ]; then
    as_root mkdir -p /etc/postgresql-common
    printf 'create_main_cluster = false\n' | as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q update >/dev/null || fail "apt-get update did not succeed"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
    -o Dpkg::Options::=--force-confold install "${missing[@]}" >/dev/null ||
    fail "apt-get could not install: ${missing[*]}"
}

packages_of() { grep -v '^#' "$1"; }

# Node.js 18 or newer with npm: what is there, else Debian's.
install_node() {
  local major=0
  if command -v node >/dev/null 2>&1; then
    major=$(node -p 'process.versions.node.split(".")[0]')
  fi
  if [ "$major" -lt 18 ] || ! command -v npm >/dev/null 2>&1; then
    install_packages nodejs npm
  fi
}

# npm ci in a folder, when its lock file is not the one that was installed last.
install_npm() {
  local folder=$1 stamp="$1/node_modules/.installed-lock"
  if ! cmp -s "$folder/package-lock.json" "$stamp" 2>/dev/null; then
    say "Installing the npm packages of ${folder#"$ROOT"/}"
    (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) || fail "npm ci did not succeed in $folder"
    cp "$folder/package-lock.json" "$stamp"
  fi
}
