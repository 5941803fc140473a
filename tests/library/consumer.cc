// A program of somebody else: it knows include/muster alone and links libmuster.a. It opens a data
// directory, asks for what is not there, and is told so in one line.
#include <cstdio>
#include <string>

#include "muster/dispatcher.h"
#include "muster/version.h"

int main(int count, char** words) {
  if (count != 2) {
    std::fprintf(stderr, "usage: consumer DATA_DIR\n");
    return 2;
  }
  muster::Settings settings;
  settings.data_dir = words[1];
  auto dispatcher = muster::Dispatcher::open(settings, muster::Access::send);
  if (!dispatcher) {
    std::fprintf(stderr, "%s\n", dispatcher.failure().line.c_str());
    return static_cast<int>(dispatcher.failure().kind);
  }
  muster::Selector selector;
  selector.group = "nobody";
  const auto preview = (*dispatcher)->preview(selector);
  if (preview || preview.failure().line.find("nobody") == std::string::npos) {
    std::fprintf(stderr, "a group that does not exist was found\n");
    return 1;
  }
  std::printf("libmuster %s: %s\n", muster::version, preview.failure().line.c_str());
  return 0;
}
