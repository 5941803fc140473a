#!/usr/bin/env bash
# Does looking on cost the send anything, and does the send keep those who look waiting? While muster serve
# sends to the fast sink, 500 listeners hold event streams and one asks for GET /api/v1/tasks again and again;
# interleaved with sends that nobody watches, medians and min–max. The server is pinned to one core, sink and
# watchers to the other; every stream must have been told the end, and nothing that goes back.
# `page`: does a page in Chromium stay smooth meanwhile? In front of a task, its table and its chart a script
# scrolls, types, looks elsewhere and pauses while all are sent, at full speed and over 20 s; the same before the
# send is the yardstick. Frames, long tasks, inputs, CPU, requests and updates are measured inside the page; a
# bound that is missed ends it with 1. Needs node and chromium (config/install.sh test) and tests/peers.sh build.
# Run nothing else meanwhile.
#   usage: bash bench/server.sh [DEVICES [ROUNDS]]          1000000 and 5 where nothing is said
#          bash bench/server.sh page [DEVICES [ROUNDS]]     1000000 and 4
# MUSTER_BUILD=DIR measures the binaries there instead of building the release preset.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source bench/build.sh
part=server
if [ "${1:-}" = page ]; then
  part=page
  shift
fi
exec python3 -B "bench/$part.py" "$build" "$@"
