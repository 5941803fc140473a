#!/usr/bin/env bash
# What does the whole durable send cost, against h2load's bare requests on the same sink? Starts the
# fast sink, runs `muster send` and h2load in turn, prints medians and min–max. A figure counts only if
# the same build and settings first pass the strict server: 100,000 devices, 0 misreported, both
# workloads. Run nothing else meanwhile.
#   usage: bash bench/end_to_end.sh [--devices N] [--rounds N] [--framing muster|nghttp2] [PART …]
#          bash bench/end_to_end.sh DEVICES [ROUNDS]            part send
#   parts, all where none is named:
#          send     CPU, rate, memory, disk and bytes of a send: alerts with a token, wakes by certificate
#          first    time to the first push
#          expansion
#                   from Send to the first push of a nested group
#          latency  one invitation to one device on a warm connection, 50 rounds at least
#          streams  one connection with 1, 10 and 100 streams
#          delay    a sink that answers after 40 ms
#          shards   CPU with 1, 2 and 4 shards on one core
#          memory   peak RSS of a small and a large group
#          import   CPU, wall time and memory of a roster's import, and a send beside one; fails
#                   where an aim is missed
# MUSTER_BUILD=DIR measures the binaries there instead of building the release preset.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source bench/build.sh
exec python3 -B bench/end_to_end.py --build "$build" "$@"
