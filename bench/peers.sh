#!/usr/bin/env bash
# What do other senders pay for the same push? The same alerts with a provider token to the same server,
# by muster (the whole durable send), h2load, @parse/node-apn, apns2, aioapns and a Go sender on
# golang.org/x/net/http2, in turn: client CPU a push and how many times muster's. A peer that cannot be
# had is named with the reason. Installs what [bench] of config/packages.txt names, the npm packages into
# build/peers/npm. Run nothing else meanwhile.
#   usage: bash bench/peers.sh [--devices N] [--pushes N] [--rounds N] [--framing muster|nghttp2]
#     --devices: of muster and h2load, default 1,000,000; --pushes: of the peers, default 50,000
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
node_apn=8.1.0
apns2=12.2.0
bash config/install.sh build test
# Where one of these fails, peers.py finds the peer missing and says so; the reason is printed here.
bash config/install.sh bench || echo "the packages of [bench] could not be installed"
command -v npm >/dev/null || bash config/install.sh node || echo "npm could not be installed"
source bench/build.sh
mkdir -p build/peers/npm build/peers/go
npm install --silent --no-save --no-package-lock --prefix build/peers/npm \
  "@parse/node-apn@$node_apn" "apns2@$apns2" >build/peers/npm/install.log 2>&1 || {
  echo "npm failed:"
  tail -3 build/peers/npm/install.log
}
GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE="$PWD/build/peers/go/cache" GOFLAGS=-trimpath \
  go build -o build/peers/go/go_sender bench/peers/go_sender.go >build/peers/go/build.log 2>&1 || {
  echo "go failed:"
  tail -3 build/peers/go/build.log
}
exec python3 -B bench/peers.py --build "$build" "$@"
