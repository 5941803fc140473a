#!/usr/bin/env bash
# Fetches the servers that only tests need and unpacks them under build/peers, with dpkg -x: nothing is
# installed, no service is started. usage: peers.sh BUILD_DIR
# The list is the [peer] section of config/packages.txt; libraries they need beyond those installed are
# fetched the same way; they are found by LD_LIBRARY_PATH (nginx on Debian 12 needs none but libpcre2, zlib,
# libssl and libcrypt). npm's are pinned, here or in tests/e2e/console, and installed into npm/mail and
# npm/console there; without npm, or where it fails, they are left out with the reason, and so is the test
# that wants them.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
peers=$1/peers
mkdir -p "$peers/packages"
mapfile -t wanted < <(awk '/^\[/ { in_it = ($0 == "[peer]"); next } in_it && !/^#/ && NF { print $1 }' \
  "$here/config/packages.txt")
for package in "${wanted[@]}"; do
  [ -e "$peers/$package.unpacked" ] && continue
  echo "fetching $package for the tests (unpacked under $peers, not installed)"
  if ! (cd "$peers/packages" && apt-get download -qq "$package" 2>/dev/null); then
    # The lists are old or missing: refresh them once.
    if [ "$(id -u)" -eq 0 ]; then apt-get update -qq; else sudo apt-get update -qq; fi
    (cd "$peers/packages" && apt-get download -qq "$package")
  fi
  dpkg -x "$peers"/packages/"${package}"_*.deb "$peers/root"
  touch "$peers/$package.unpacked"
done

fetch_npm() {  # NAME WHAT… : installs into npm/NAME by `npm WHAT…`, once for each list of packages
  local name=$1 mark
  shift
  mark="$peers/npm/$name/$(echo "$*" "$(cat "$peers/npm/$name"/package-lock.json 2>/dev/null)" | sha256sum |
    cut -c 1-16).installed"
  [ -e "$mark" ] && return
  command -v npm >/dev/null || bash "$here/config/install.sh" node || echo "npm could not be installed"
  mkdir -p "$peers/npm/$name"
  echo "fetching npm's packages for the tests of $name"
  if npm "$@" --silent --no-audit --no-fund --prefix "$peers/npm/$name" >"$peers/npm/$name/install.log" 2>&1; then
    touch "$mark"
  else
    echo "npm failed, its packages are left out:"
    tail -3 "$peers/npm/$name/install.log"
  fi
}

# All at once: npm removes what an install without a list of its own does not name.
fetch_npm mail install --no-save --no-package-lock smtp-server@3.14.0 nodemailer@10.6.0
mkdir -p "$peers/npm/console"
cp "$here"/tests/e2e/console/package{,-lock}.json "$peers/npm/console"
fetch_npm console ci
