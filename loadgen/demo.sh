#!/usr/bin/env bash
# Shows Muster's main job from nothing, on a fresh Debian 12: installs what is missing, builds, starts the
# load generator's APNs and mail server on loopback with a throw-away authority, imports a generated school
# of 20,000 devices in nested groups, shows the preview, sends to the group (APNs fails 3 % of the devices
# and takes its leave twice in the middle; who has no device, or none that could be pushed, gets a mail, and
# the mail server greylists some), prints the result and the verifier's verdict.
# Exits 0 when the verifier finds nothing lost, repeated or misreported.
#
# usage: bash loadgen/demo.sh        MUSTER_DEMO_USERS=N for another size
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source_dir=$PWD
users=${MUSTER_DEMO_USERS:-10000}
build=$source_dir/build/release

say() { printf '\n── %s\n' "$*"; }

say "install what is missing"
bash config/install.sh build

say "build (release preset)"
cmake --preset release >/dev/null
cmake --build --preset release --target muster muster-loadgen

muster=$build/muster
loadgen=$build/muster-loadgen
world=$(mktemp -d "${TMPDIR:-/tmp}/muster-demo.XXXXXX")
servers=()
finish() {
  for server in "${servers[@]}"; do
    if kill -0 "$server" 2>/dev/null; then
      kill "$server"
      wait "$server" 2>/dev/null || true
    fi
  done
  rm -rf "$world"
}
trap finish EXIT

topic=com.apple.mgmt.External.00000000-0000-4000-8000-000000000000

# The port of a server just started, once it listens.
port_of() {
  for _ in $(seq 1 600); do
    [ -s "$world/$1.port" ] && break
    kill -0 "${servers[-1]}" 2>/dev/null || { cat "$world/$1.log" >&2; exit 3; }
    sleep 0.05
  done
  cat "$world/$1.port"
}

say "a school: $users users with two devices each, in nested groups; one in twenty has none"
"$loadgen" roster --users "$users" --devices-per-user 2 --without-device 0.05 --groups 40 --nesting 4 --seed 20261122 \
  --topic "$topic" --out "$world/school"

say "the load generator's APNs: 3 % of the devices fail in six ways, two GOAWAYs in the middle"
"$loadgen" apns --listen 127.0.0.1:0 --tls-dir "$world/tls" --topic "$topic" --require-client-certificate \
  --faults loadgen/faults/main_job.toml --journal "$world/journal" --port-file "$world/apns.port" \
  >"$world/apns.json" 2>"$world/apns.log" &
servers+=($!)
port=$(port_of apns)
echo "listening on 127.0.0.1:$port"

say "the load generator's mail server: it asks one recipient in fifty to come again"
"$loadgen" smtp --listen 127.0.0.1:0 --tls none --faults loadgen/faults/greylist.toml \
  --journal "$world/mail.journal" --port-file "$world/smtp.port" >"$world/smtp.json" 2>"$world/smtp.log" &
servers+=($!)
mail_port=$(port_of smtp)
echo "listening on 127.0.0.1:$mail_port"

cat >"$world/muster.toml" <<T
[data]
dir = "$world/data"
[apns]
host = "127.0.0.1"
port = $port
trust_file = "$world/tls/ca.pem"
retry_after = ["200ms", "1s"]
[[apns.credential]]
topic = "$topic"
certificate_file = "$world/tls/client.pem"
key_file = "$world/tls/client.key"
[mail]
mode = "relay"
from = "Example School <it@school.example>"
retry_after = ["500ms"]
[mail.relay]
host = "127.0.0.1"
port = $mail_port
tls = "none"
[[mail.template]]
language = "en"
subject = "You are invited"
text = "Dear {full_name},\n\nsign in to get apps and books from your school: {url}\n"
url = "https://school.example/enroll"
[mdm]
wakes_per_second = 0
T

say "muster import"
"$muster" import "$world/school" --config "$world/muster.toml"

say "muster preview --group all"
"$muster" preview --group all --config "$world/muster.toml"

say "muster send --group all --yes"
status=0
"$muster" send --group all --yes --config "$world/muster.toml" || status=$?
# 1: it ended and some devices could not be reached: that is what the faults were for.
if [ "$status" -ne 1 ]; then
  echo "demo: expected exit code 1 (some failed), got $status" >&2
  exit 1
fi

say "muster-loadgen verify"
"$loadgen" verify --data "$world/data" --journal "$world/journal" --journal "$world/mail.journal" --roster "$world/school" \
  --muster "$muster"
