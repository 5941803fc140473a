#!/usr/bin/env bash
# Runs clang-tidy-19 on the sources changed by the newest commits (at most MUSTER_LINT_FILES of them, drawn
# by the newest commit's hash, so that in time every file has its turn).
# usage: bash tests/lint.sh [FILE…]      files: exactly these
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
most=${MUSTER_LINT_FILES:-40}
cmake --preset tidy >/dev/null
if [ $# -gt 0 ]; then
  files=("$@")
else
  newest=$(git log -1 --format=%ct)
  mapfile -t changed < <(git log --since=$((newest - 14400)) --name-only --format= -- \
    'src/*.cc' 'loadgen/*.cc' | sort -u)
  mapfile -t files < <(for file in "${changed[@]}"; do [ -e "$file" ] && echo "$file"; done |
    shuf --random-source=<(while git rev-parse HEAD; do :; done 2>/dev/null) | head -n "$most")
  echo "linting ${#files[@]} of ${#changed[@]} changed files"
fi
[ "${#files[@]}" -eq 0 ] && exit 0
printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$(nproc)" \
  clang-tidy-19 --quiet --warnings-as-errors='*' -p build/tidy 2>/dev/null
