#!/usr/bin/env bash
# What does a durable send by mail cost, against other senders to the same sink? Muster's CPU is that of its
# whole process: it reads addresses, writes letters, sends, records each reply durably. All pinned to one
# core, the sink to the other; interleaved, each run with a sink of its own; medians and min–max. A figure
# counts only if the same build first passes the strict server, with and without stream: 20,000 letters,
# 0 lost, 0 repeated, 0 misreported. Run nothing else meanwhile.
#   usage: bash bench/mail.sh [LETTERS [ROUNDS]] [PART …]    100000 and 5 where nothing is said
#   parts, all where none is named:
#          relay   against smtp-source: 8 connections in clear without CHUNKING, letters of the same size
#          stream  the same with chunking = "stream", which smtp-source does not know
#          signed  what a signature adds: Ed25519, RSA-2048
#          peers   against npm's nodemailer with its pool, 8 connections
#          drain   letters a second of wall against Postfix draining its own queue of the same letters (root)
#          delay   a sink that answers after 20 ms: pipelined, in a stream, in turns; smtp-source
# smtp-source and Postfix are Debian's, nodemailer is npm's, unpacked by tests/peers.sh. MUSTER_BUILD=DIR
# measures the binaries there instead of building the release preset.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source bench/build.sh
bash tests/peers.sh build
exec python3 -B bench/mail.py "$build" "$@"
