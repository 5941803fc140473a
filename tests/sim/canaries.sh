#!/bin/sh
# Does the simulation's checker catch what it is there for? Builds sim_test with one planted bug at
# a time (-DMUSTER_BUG=…, marked MUSTER_BUG_… in src/) and demands that it fails with a complaint of
# the checker, while the build without a bug passes elsewhere in CI.
#
# The planted bugs stand in src/pipeline alone: one build folder serves them all in turn.
#
#   tests/sim/canaries.sh [BUG…]      all of them by default; builds in build/bug
set -eu
cd "$(dirname "$0")/../.."
bugs=${*:-drop_settle double_send forget_goaway ack_before_commit skip_in_doubt ignore_wait}
missed=
for bug in $bugs; do
  build=build/bug
  cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DMUSTER_BUG="$bug" >/dev/null
  cmake --build "$build" --parallel 2 --target sim_test >/dev/null
  log=$build/$bug.log
  if MUSTER_SIM_SEEDS=${MUSTER_SIM_SEEDS:-120} "$build/tests/sim_test" >"$log" 2>&1; then
    echo "$bug: NOT caught"
    missed="$missed $bug"
  elif grep -q '^  Actual: {' "$log"; then
    echo "$bug: caught: $(sed -n 's/^  Actual: { \("[^"]*"\).*/\1/p' "$log" | head -n 1)"
  else
    echo "$bug: the test died without a complaint of the checker; see $log"
    missed="$missed $bug"
  fi
done
test -z "$missed"
