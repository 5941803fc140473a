#include "console/page.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/bytes.h"
#include "crypto/digest.h"

namespace muster::console {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 9> types = {{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
}};

std::string_view type_of(std::string_view path) {
  if (path == "/") {
    return types.front().second;
  }
  const auto* found =
      std::ranges::find_if(types, [&](const auto& each) { return path.ends_with(each.first); });
  return found == types.end() ? "application/octet-stream" : found->second;
}

// Of each file once: what is inside the program does not change.
const std::string& tag_of(const PageFile& file) {
  static const auto tags = [] {
    std::map<std::string_view, std::string> made;
    for (const auto& each : page_files()) {
      const auto digest = crypto::sha256(as_bytes(each.content));
      made[each.path] = "\"" + to_hex(Bytes(digest).first(16)) + "\"";
    }
    return made;
  }();
  return tags.at(file.path);
}

}  // namespace

std::string_view page_file(std::string_view path) {
  for (const auto& file : page_files()) {
    if (file.path == path) {
      return file.content;
    }
  }
  return {};
}

Result<http::Reply, Refusal> page(const http::ServerRequest& request) {
  const auto files = page_files();
  const auto file = std::ranges::find(files, request.path, &PageFile::path);
  if (file == files.end()) {
    return refuse(404, "there is nothing here; begin at /");
  }
  if (request.method != "GET" && request.method != "HEAD") {
    return refuse(405, "a file can only be read; use GET");
  }
  http::Reply reply;
  const auto& tag = tag_of(*file);
  reply.fields = {{"Cache-Control", "no-cache"}, {"ETag", tag}};
  if (http::field(request.fields, "If-None-Match").value_or("").find(tag) != std::string::npos) {
    reply.status = 304;
    return reply;
  }
  reply.fields.push_back({"Content-Type", std::string(type_of(file->path))});
  reply.body = file->content;
  return reply;
}

}  // namespace muster::console
