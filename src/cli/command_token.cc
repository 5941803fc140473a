// muster token: install a content token, and say whose they are and until when.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>

#include "cli/commands.h"
#include "cli/context.h"
#include "cli/render.h"
#include "cli/render_json.h"
#include "cli/text.h"

namespace muster::cli {
namespace {

// More than any token has: what is behind it shows that it is none.
constexpr std::size_t content_bytes_max = 128UL * 1024;

Checked<std::string> content_of(const std::string& file) {
  std::string content(content_bytes_max, '\0');
  std::ifstream opened;
  if (file != "-") {
    opened.open(file, std::ios::binary);
    if (!opened) {
      return Failure{FailureKind::cannot_start, "the content token " + shown(file) +
                                                    " cannot be opened; name the file that Apple "
                                                    "gave, or - for standard input"};
    }
  }
  std::istream& in = file == "-" ? std::cin : opened;
  in.read(content.data(), static_cast<std::streamsize>(content.size()));
  if (in.bad() || (in.gcount() == 0 && !in.eof())) {
    return Failure{FailureKind::cannot_start,
                   "the content token " + shown(file) + " cannot be read; is it a file?"};
  }
  content.resize(static_cast<std::size_t>(in.gcount()));
  return content;
}

int show(Dispatcher& dispatcher, Screen& screen) {
  const auto locations = dispatcher.locations();
  if (!locations) {
    return fail(screen, locations.failure());
  }
  screen.answer().write(screen.json() ? locations_json(*locations) + "\n"
                                      : locations_text(*locations));
  return 0;
}

}  // namespace

int command_token(const Arguments& arguments, Screen& screen) {
  const bool install = arguments.verb == Verb::token_install;
  auto content = install ? content_of(arguments.file) : Checked<std::string>(std::string());
  if (!content) {
    return fail(screen, content.failure());
  }
  auto dispatcher = open_dispatcher(arguments.common, install ? Access::send : Access::read);
  if (!dispatcher) {
    return fail(screen, dispatcher.failure());
  }
  if (install) {
    const std::string name = arguments.file == "-" ? "standard input" : arguments.file;
    auto done = (*dispatcher)->install_content_token(arguments.location, *content, name);
    if (done && arguments.take_over) {
      done = (*dispatcher)->take_over_content_token(arguments.location);
    }
    if (!done) {
      return fail(screen, done.failure());
    }
  }
  return show(**dispatcher, screen);
}

}  // namespace muster::cli
