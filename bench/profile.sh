#!/usr/bin/env bash
# Where does each microsecond of a send go? Samples `muster send` by its CPU clock (perf, from Debian's
# linux-perf) and sorts the samples by stage: for each stage its share and its CPU a device.
# Run nothing else meanwhile.   usage: bash bench/profile.sh [DEVICES = 1000000] [ROUNDS = 5]
# MUSTER_BUILD=DIR measures the binaries there instead of building the release preset.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source bench/build.sh
exec python3 -B bench/profile.py "$build" "${1:-1000000}" "${2:-5}"
