#!/usr/bin/env bash
# What does the whole durable send cost in client CPU a device, against h2load's bare requests on the same
# sink? Starts the fast sink, runs `muster send` and h2load in turn, prints medians and min–max.
# A figure counts only if the same build first passes the strict server: 100,000 devices, 0 misreported.
# Run nothing else meanwhile.   usage: bash bench/end_to_end.sh [devices = 1000000] [rounds = 5]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
devices=${1:-1000000}
rounds=${2:-5}
build=${MUSTER_BUILD:-build/release}
if [ -z "${MUSTER_BUILD:-}" ]; then
  cmake --preset release >/dev/null
  cmake --build --preset release --target muster muster-loadgen >/dev/null
fi
exec python3 bench/end_to_end.py "$build" "$devices" "$rounds"
