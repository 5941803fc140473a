// What every fuzz target has in common.
//
// A target is one file <name>_target.cc with the function below. Under clang with libFuzzer it is
// fed what the fuzzer invents; otherwise run_corpus.cc feeds it the committed corpus/<name>. It
// crashes (demand, MUSTER_ASSERT, a sanitizer) where something is wrong, and says nothing
// otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "base/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace muster::fuzz {

inline void demand(bool holds, const char* what) {
  if (!holds) {
    std::fprintf(stderr, "fuzz: it does not hold that %s\n", what);
    std::abort();
  }
}

// `body` behind the checksum that it ought to have: a fuzzer would never guess one.
inline std::vector<Byte> sealed(Bytes body) {
  std::vector<Byte> blob;
  append<std::uint32_t>(blob, checksum(body));
  blob.insert(blob.end(), body.begin(), body.end());
  return blob;
}

}  // namespace muster::fuzz
