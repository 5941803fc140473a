// Files on their way to a server, piece by piece, and past trouble on the way.
//
// The server keeps what has come, and says up to where. So whatever breaks (a connection, an answer
// that is lost, a server that is busy) costs at most one piece: we wait a little, ask, and go on
// there, by smaller pieces where one did not come through, since a line may be too slow for them.
// Only so many troubles behind one another, without a byte that came through, are an end. What
// the server has of it is taken away again, unless it was imported; where nobody can be asked, it
// goes there by itself when its time is over.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "cli/remote_import.h"
#include "cli/remote_link.h"

namespace muster::cli {

class RemoteUpload {
 public:
  using Wait = std::function<void(Duration)>;
  // What they refer to outlives it.
  RemoteUpload(RemoteLink& link, const RosterFiles& files, Wait wait = sleep);
  // Takes away what the server still has.
  ~RemoteUpload();
  RemoteUpload(const RemoteUpload&) = delete;
  RemoteUpload& operator=(const RemoteUpload&) = delete;

  // All of it. `progress` may be null; false from it: refused, and nothing is left at the server.
  [[nodiscard]] Checked<Done> send(const std::function<bool(const ImportProgress&)>& progress);
  // What the server calls it.
  [[nodiscard]] const std::string& id() const { return id_; }

 private:
  static void sleep(Duration duration);
  [[nodiscard]] Checked<Done> begin();
  [[nodiscard]] Checked<std::string> read_piece() const;
  [[nodiscard]] Checked<Done> send_piece();
  // What the server says it has. False: this was no such answer.
  [[nodiscard]] bool take_offset(const http::Response& response);
  [[nodiscard]] Checked<Done> get_over(const Failure& trouble);

  RemoteLink& link_;
  const RosterFiles& files_;
  const Wait wait_;
  std::string id_;  // empty: the server has nothing
  std::uint64_t offset_ = 0;
  std::size_t piece_bytes_ = 0;
  unsigned troubles_ = 0;  // since a byte came through
};

}  // namespace muster::cli
