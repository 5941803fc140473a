// Feeds files to a fuzz target, without a fuzzer: the regression test over a committed corpus.
// usage: <target> FILE_OR_FOLDER …
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/fuzz/target.h"

namespace {

void feed(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  // Exactly as large as the input, so that a sanitizer sees a read behind it.
  const std::vector<std::uint8_t> exact(bytes.begin(), bytes.end());
  (void)LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

}  // namespace

int main(int argc, char** argv) {
  int fed = 0;
  for (int i = 1; i < argc; ++i) {
    const std::filesystem::path path(argv[i]);
    if (!std::filesystem::is_directory(path)) {
      feed(path);
      ++fed;
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
      feed(entry.path());
      ++fed;
    }
  }
  std::printf("%d inputs\n", fed);
  return fed == 0 ? 1 : 0;
}
