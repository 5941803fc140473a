#!/usr/bin/env bash
# Does looking on cost the send anything, and does the send keep those who look waiting? While muster serve
# sends to the fast sink, 500 listeners hold event streams and one asks for GET /api/v1/tasks again and again;
# interleaved with sends that nobody watches, medians and min–max. The server is pinned to one core, sink and
# watchers to the other; every stream must have been told the end, and nothing that goes back. Run nothing else meanwhile.
#   usage: bash bench/server.sh [DEVICES [ROUNDS]]     1000000 and 5 where nothing is said
# MUSTER_BUILD=DIR measures the binaries there instead of building the release preset.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source bench/build.sh
exec python3 -B bench/server.py "$build" "$@"
