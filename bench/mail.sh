#!/usr/bin/env bash
# What does a durable send by mail cost, against smtp-source to the same sink? Both over 8 connections in
# clear without CHUNKING, letters of the same size, interleaved, each round with a sink of its own: letters
# per client-CPU-second, medians and min–max. Muster's CPU is that of its whole process: it reads addresses,
# writes letters, sends, records each reply durably. A figure counts only if the same build first passes the
# strict server: 20,000 letters, 0 lost, 0 repeated, 0 misreported. Run nothing else meanwhile.
#   usage: bash bench/mail.sh [LETTERS [ROUNDS]]           100000 and 5 where nothing is said
# smtp-source is Debian's (package postfix), unpacked by tests/peers.sh. MUSTER_BUILD=DIR measures the
# binaries there instead of building the release preset.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source bench/build.sh
bash tests/peers.sh build
exec python3 -B bench/mail.py "$build" "$@"
