# Sourced by the benches, at the top of the tree: sets `build`, the folder of the programs to measure.
# MUSTER_BUILD=DIR names one; otherwise the release preset is built.
build=${MUSTER_BUILD:-build/release}
if [ -z "${MUSTER_BUILD:-}" ]; then
  cmake --preset release >/dev/null
  cmake --build --preset release --target muster muster-loadgen latency_bench >/dev/null
fi
