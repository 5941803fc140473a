#!/usr/bin/env bash
# Fetches the servers that only tests need and unpacks them under build/peers, with dpkg -x: nothing is
# installed, no service is started. usage: peers.sh BUILD_DIR
# The list is the [peer] section of config/packages.txt; libraries they need beyond those installed are
# fetched the same way; they are found by LD_LIBRARY_PATH (nginx on Debian 12 needs none but libpcre2, zlib,
# libssl and libcrypt). npm's are pinned here and installed into npm/mail there; without npm, or where it
# fails, they are left out with the reason, and so is the test that wants them.
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

npm_packages=(smtp-server@3.14.0 nodemailer@10.6.0)
mark="$peers/npm/mail/${npm_packages[*]}.installed"
if [ ! -e "$mark" ]; then
  command -v npm >/dev/null || bash "$here/config/install.sh" node || echo "npm could not be installed"
  mkdir -p "$peers/npm/mail"
  echo "fetching ${npm_packages[*]} for the tests"
  # All at once: npm removes what an install without a list of its own does not name.
  if npm install --silent --no-save --no-package-lock --no-audit --no-fund --prefix "$peers/npm/mail" \
    "${npm_packages[@]}" >"$peers/npm/mail/install.log" 2>&1; then
    touch "$mark"
  else
    echo "npm failed, its packages are left out:"
    tail -3 "$peers/npm/mail/install.log"
  fi
fi
