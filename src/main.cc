// The program `muster`.
#include <string>
#include <vector>

#include "cli/run.h"

// jemalloc's settings, where the program is linked to it: freed pages go back to the system at
// once. Nothing is allocated per job, so it costs no time, and what a large send keeps in memory is
// what a small one does (bench/RESULTS.md).
extern "C" {
extern const char* const malloc_conf;
const char* const malloc_conf = "dirty_decay_ms:0";
}

int main(int count, char** words) {
  return muster::cli::run(std::vector<std::string>(words + (count > 0 ? 1 : 0), words + count));
}
