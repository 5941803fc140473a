// The files of src/console/web, inside the program: nothing is read from a disk, so nothing beside
// them can be asked for.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "console/refusal.h"
#include "http/server.h"

namespace muster::console {

struct PageFile {
  std::string_view path;     // "/app.js"; index.html is "/"
  std::string_view content;  // as it is
};
// In the .cc that web.cmake writes at build time.
[[nodiscard]] std::span<const PageFile> page_files();

[[nodiscard]] std::string_view page_file(std::string_view path);  // empty: there is none
// 200 or 304 (ETag); 404, and 405 for other methods than GET and HEAD.
[[nodiscard]] Result<http::Reply, Refusal> page(const http::ServerRequest& request);

}  // namespace muster::console
