#!/usr/bin/env bash
# Installs what the tests need, builds the release preset, runs every test under ctest.
# CI=true adds, before that: the formatter, the linter on changed files, the asan-ubsan and tsan presets,
# minutes of fuzzing, and the planted bugs that the checkers must catch. The minutes a stage took are
# printed as one table; the last words are ctest's.
#
# usage: bash tests/run.sh [ctest arguments]     default: -LE heavy; those that take a quarter of an hour: -L heavy
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
jobs=$(nproc)
table=
stage_name=
stage_begun=$SECONDS

stage() {  # ends the running stage and begins the next
  if [ -n "$stage_name" ]; then
    local taken=$((SECONDS - stage_begun))
    table+=$(printf '%-32s %3d:%02d' "$stage_name" $((taken / 60)) $((taken % 60)))$'\n'
  fi
  stage_name=$1
  stage_begun=$SECONDS
  [ -z "$1" ] || printf '\n══ %s\n' "$1"
}

ci=${CI:-false}
export CCACHE_NOHASHDIR=1  # the same file compiled in another folder is the same file
stage "install"
if [ "$ci" = true ]; then
  bash config/install.sh build test lint
else
  bash config/install.sh build test
fi
bash tests/peers.sh build

if [ "$ci" = true ]; then
  stage "format"
  git ls-files -z 'src/*.cc' 'src/*.h' 'include/*.h' 'loadgen/*.cc' 'loadgen/*.h' 'bench/*.cc' 'tests/*.cc' \
    'tests/*.h' | xargs -0 clang-format-19 --dry-run --Werror
  stage "tidy (changed files)"
  bash tests/lint.sh
  stage "build asan-ubsan"
  cmake --preset asan-ubsan >/dev/null
  cmake --build --preset asan-ubsan -j "$jobs"
  stage "test asan-ubsan"
  MUSTER_SIM_SEEDS=8 ctest --preset asan-ubsan -LE "e2e|heavy"
  stage "build tsan (threaded tests)"
  cmake --preset tsan >/dev/null
  cmake --build --preset tsan -j "$jobs" --target base_test console_test http_test pipeline_test reactor_test \
    service_test
  stage "test tsan (threaded tests)"
  ctest --preset tsan -R '^(base|console|http|pipeline|reactor|service)/' -LE heavy
  stage "fuzz"
  bash tests/fuzz/run.sh
fi

stage "build release"
cmake --preset release >/dev/null
cmake --build --preset release -j "$jobs"
if [ "$ci" = true ]; then
  stage "planted bugs are caught"
  bash tests/sim/canaries.sh
fi
stage ""
printf '\n══ minutes a stage\n%s' "$table"
printf '\n══ test release\n'
[ $# -gt 0 ] || set -- -LE heavy
exec ctest --preset release "$@"
