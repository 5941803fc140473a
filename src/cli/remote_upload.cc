#include "cli/remote_upload.h"

#include <algorithm>
#include <fstream>
#include <thread>
#include <utility>

#include "json/members.h"
#include "json/writer.h"

namespace muster::cli {
namespace {

constexpr const char* uploads_path = "/api/v1/roster/uploads";
constexpr std::size_t piece_bytes_most = 1024UL * 1024;
constexpr std::size_t piece_bytes_least = 64UL * 1024;
constexpr Duration piece_patience = std::chrono::seconds(60);
constexpr Duration remove_patience = std::chrono::seconds(5);
// Some forty seconds in all: a server that is started anew has forgotten the upload anyway.
constexpr unsigned troubles_max = 8;
constexpr Duration wait_first = std::chrono::milliseconds(250);
constexpr Duration wait_most = std::chrono::seconds(8);

constexpr std::uint16_t conflict = 409;

// Of us, of what is between, or of a moment: it may go better the next time.
bool passes(std::uint16_t status) {
  return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 ||
         status == 504;
}

}  // namespace

RemoteUpload::RemoteUpload(RemoteLink& link, const RosterFiles& files, Wait wait)
    : link_(link), files_(files), wait_(std::move(wait)), piece_bytes_(piece_bytes_most) {}

RemoteUpload::~RemoteUpload() {
  if (!id_.empty()) {
    // 404 where it was imported; trouble: it goes there by itself.
    [[maybe_unused]] const auto removed =
        link_.exchange({.method = "DELETE",
                        .path = std::string(uploads_path) + "/" + id_,
                        .body = {},
                        .patience = remove_patience});
  }
}

void RemoteUpload::sleep(Duration duration) {
  std::this_thread::sleep_for(duration);
}

Checked<Done> RemoteUpload::send(const std::function<bool(const ImportProgress&)>& progress) {
  if (auto begun = begin(); !begun) {
    return begun;
  }
  for (;;) {
    if (progress && !progress({"upload", offset_, files_.bytes, 0})) {
      return Failure{FailureKind::refused, "stopped; nothing was stored: import again"};
    }
    if (offset_ == files_.bytes) {
      return Done{};
    }
    if (auto sent = send_piece(); !sent) {
      return sent;
    }
  }
}

Checked<Done> RemoteUpload::begin() {
  json::Writer writer;
  writer.begin_object().key("files").begin_array();
  for (const auto& file : files_.files) {
    writer.begin_object();
    json::Members{writer}.member("name", file.name).member("bytes", file.bytes);
    writer.end();
  }
  writer.end();
  json::Members{writer}.member("folder", files_.folder);
  const auto answer = link_.ask("POST", uploads_path, writer.end().result());
  if (!answer) {
    return answer.failure();
  }
  id_ = answer->root().at("id").text().value_or("");
  const auto most = answer->root().at("piece_bytes_max").integer().value_or(0);
  if (id_.empty() || most <= 0) {
    return Failure{FailureKind::cannot_start,
                   "the server answered an upload with something else; is it a muster server?"};
  }
  piece_bytes_ = std::min(piece_bytes_, static_cast<std::size_t>(most));
  return Done{};
}

// From the offset on, over the ends of files.
Checked<std::string> RemoteUpload::read_piece() const {
  const auto wanted =
      static_cast<std::size_t>(std::min<std::uint64_t>(piece_bytes_, files_.bytes - offset_));
  std::string piece;
  piece.reserve(wanted);
  std::uint64_t begin = 0;  // of the file, among all bytes
  for (const auto& file : files_.files) {
    const auto at = offset_ + piece.size();
    const auto end = begin + file.bytes;
    if (at < end && piece.size() < wanted) {
      const auto count =
          static_cast<std::size_t>(std::min<std::uint64_t>(end - at, wanted - piece.size()));
      std::string part(count, '\0');
      std::ifstream stream(file.path, std::ios::binary);
      stream.seekg(static_cast<std::streamoff>(at - begin));
      stream.read(part.data(), static_cast<std::streamsize>(count));
      if (!stream) {
        return Failure{FailureKind::cannot_start,
                       file.path +
                           " cannot be read to its end; did it change meanwhile? Import "
                           "again"};
      }
      piece += part;
    }
    begin = end;
  }
  return piece;
}

Checked<Done> RemoteUpload::send_piece() {
  auto piece = read_piece();
  if (!piece) {
    return piece.failure();
  }
  const auto before = offset_;
  const auto response = link_.exchange(
      {.method = "PUT",
       .path = std::string(uploads_path) + "/" + id_ + "?offset=" + std::to_string(offset_),
       .body = std::move(*piece),
       .content_type = "application/octet-stream",
       .patience = piece_patience});
  if (!response) {
    return get_over(link_.failure_of(response.error()));
  }
  const bool told =
      (response->status == 200 || response->status == conflict) && take_offset(*response);
  if (told && offset_ > before) {
    troubles_ = 0;
    return Done{};
  }
  if (told || passes(response->status)) {
    return get_over(link_.failure_of(*response));
  }
  return link_.failure_of(*response);
}

bool RemoteUpload::take_offset(const http::Response& response) {
  const auto tree = link_.tree_of(response);
  const auto told = tree ? tree->root().at("offset").integer() : std::nullopt;
  if (!told || *told < 0 || static_cast<std::uint64_t>(*told) > files_.bytes) {
    return false;
  }
  offset_ = static_cast<std::uint64_t>(*told);
  return true;
}

Checked<Done> RemoteUpload::get_over(const Failure& trouble) {
  if (++troubles_ > troubles_max) {
    return trouble;
  }
  piece_bytes_ = std::max(piece_bytes_ / 2, std::min(piece_bytes_, piece_bytes_least));
  wait_(std::min(wait_first * (1U << (troubles_ - 1)), wait_most));
  const auto now = link_.exchange({.method = "GET",
                                   .path = std::string(uploads_path) + "/" + id_,
                                   .body = {},
                                   .patience = piece_patience});
  if (!now || passes(now->status)) {
    return Done{};  // the next piece finds out
  }
  const auto before = offset_;
  if (now->status != 200 || !take_offset(*now)) {
    return link_.failure_of(*now);
  }
  troubles_ = offset_ > before ? 0 : troubles_;
  return Done{};
}

}  // namespace muster::cli
