#!/usr/bin/env bash
# Installs what is missing of the given sections of config/packages.txt, saying what: sourced or run by
# loadgen/demo.sh, tests/run.sh and bench/peers.sh.
#   usage: install.sh SECTION…      ("build", "test", "lint", "bench", "node")
# Works as root or through sudo; asks apt only for what is missing; removes nothing.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

packages_of() {  # the packages of one section, one a line
  awk -v wanted="[$1]" '/^\[/ { in_it = ($0 == wanted); next } in_it && !/^#/ && NF { print $1 }' \
    "$here/packages.txt"
}

missing=()
for section in "$@"; do
  while read -r package; do
    if ! dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q 'ok installed'; then
      missing+=("$package")
    fi
  done < <(packages_of "$section")
done
if [ "${#missing[@]}" -eq 0 ]; then
  exit 0
fi
echo "installing with apt-get: ${missing[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "install.sh: needs root or sudo to install: ${missing[*]}" >&2; exit 3; }
  as_root=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
if ! "${as_root[@]}" apt-get install -y -qq --no-install-recommends --no-remove "${missing[@]}" >/tmp/muster-apt.$$ 2>&1; then
  cat /tmp/muster-apt.$$ >&2
  rm -f /tmp/muster-apt.$$
  echo "install.sh: apt-get could not install the packages above; see its message for what clashes" >&2
  exit 3
fi
rm -f /tmp/muster-apt.$$
