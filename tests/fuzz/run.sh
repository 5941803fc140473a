#!/usr/bin/env bash
# Fuzzes every target for some seconds, two at a time, with AddressSanitizer and UBSan. Prints one line
# a target; fails on a crash and says where the input lies that caused it. What the fuzzer learns stays
# under build/fuzz/corpus and is where it goes on next time; tests/fuzz/corpus is what it begins with.
#
# usage: bash tests/fuzz/run.sh [SECONDS_A_TARGET (20)] [TARGET …]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
seconds=${1:-20}
shift || true
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  for file in tests/fuzz/*_target.cc; do
    name=${file##*/}
    targets+=("${name%_target.cc}")
  done
fi
build=build/fuzz
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DMUSTER_FUZZ=ON \
  -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19 \
  -DMUSTER_SANITIZE=address,undefined,fuzzer-no-link >"$build.configure.log" 2>&1 ||
  { cat "$build.configure.log"; exit 1; }
cmake --build "$build" -j "$(nproc)" --target "${targets[@]/#/fuzz_}" >"$build.build.log" 2>&1 ||
  { tail -50 "$build.build.log"; exit 1; }

mkdir -p "$build/crashes"
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1

fuzz() {  # one target; its line on standard output
  local name=$1 learned=$build/corpus/$1 log=$build/$1.log begun=$SECONDS runs
  mkdir -p "$learned"
  if "$build/tests/fuzz/fuzz_$name" -max_total_time="$seconds" -max_len=4096 -timeout=10 \
    -rss_limit_mb=1024 -print_final_stats=1 -artifact_prefix="$build/crashes/$name-" \
    "$learned" "tests/fuzz/corpus/$name" >"$log" 2>&1; then
    runs=$(awk '/stat::number_of_executed_units/ { print $2 }' "$log")
    printf '%-12s %9s runs in %3d s\n' "$name" "$runs" $((SECONDS - begun))
    return 0
  fi
  tail -40 "$log" >&2
  printf '%-12s FAILED; the input: %s\n' "$name" \
    "$(grep -o "$build/crashes/$name-[^ ]*" "$log" | tail -1 || echo "see $log")"
  return 1
}

failed=0
for ((i = 0; i < ${#targets[@]}; i += 2)); do
  workers=()
  for name in "${targets[@]:i:2}"; do
    fuzz "$name" &
    workers+=($!)
  done
  for worker in "${workers[@]}"; do
    wait "$worker" || failed=1
  done
done
exit "$failed"
