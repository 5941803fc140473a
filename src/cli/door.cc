#include "cli/door.h"

#include <string>

#include "cli/context.h"

namespace muster::cli {

Door::Door(Dispatcher& dispatcher, const Common& common, Screen& screen)
    : dispatcher_(dispatcher), common_(common), screen_(screen) {}

void Door::open() {
  if (dispatcher_.elsewhere() || console_ != nullptr || complained_) {
    return;
  }
  const auto loaded = load_settings(common_);
  std::string why = loaded ? "" : loaded.failure().line;
  if (loaded) {
    console::ConsoleRoom room;
    room.serves = false;
    auto opened = console::Console::open(dispatcher_, loaded->settings, clock_, room);
    if (opened) {
      console_ = std::move(*opened);
      console_->set_ready(true);
      return;
    }
    why = opened.error().line_of_text();
  }
  complained_ = true;
  screen_.complain("this is sent, but other commands cannot pause or cancel it: " + why);
}

void Door::close() {
  if (console_ != nullptr) {
    console_->set_ready(false);
    taken_before_ += console_->requests().taken;
    console_.reset();
  }
}

bool Door::knocked() const {
  return taken_before_ != 0 || (console_ != nullptr && console_->requests().taken != 0);
}

bool Door::busy() const {
  return console_ != nullptr && console_->requests().open != 0;
}

}  // namespace muster::cli
