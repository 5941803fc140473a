// Uploads: made, filled piece by piece, asked for, removed. What imports them is imports_api.cc.
#include "console/body.h"
#include "console/office.h"
#include "console/problem.h"
#include "console/question.h"
#include "console/routes.h"
#include "json/members.h"

namespace muster::console {
namespace {

constexpr std::uint64_t number_max = 1UL << 53;  // what every JSON reader can hold

Answered shown(const Result<Upload, Refusal>& upload, std::uint16_t status) {
  if (!upload) {
    return tl::unexpected(upload.error());
  }
  json::Writer writer;
  writer.begin_object();
  json::Members{writer}.member("id", upload->id);
  writer.key("files").begin_array();
  for (const auto& file : upload->order.files) {
    writer.begin_object();
    json::Members{writer}.member("name", file.name).member("bytes", file.bytes);
    writer.end();
  }
  writer.end();
  json::Members{writer}
      .member("folder", upload->order.folder)
      .member("bytes", upload->bytes)
      .member("offset", upload->offset)
      .member("piece_bytes_max", limits::piece_bytes_max)
      .member("expires_at", to_text(upload->expires_at));
  auto reply = json_reply(writer.end().result(), status);
  if (status == 201) {
    reply.fields.push_back({"Location", "/api/v1/roster/uploads/" + upload->id});
  }
  return reply;
}

// One of "files": an object of a name and a size, and of nothing else.
bool read_file(json::Value value, UploadOrder::File& file) {
  const auto name = value.at("name").text();
  const auto bytes = value.at("bytes").integer();
  if (!name || !bytes || *bytes < 0 || static_cast<std::uint64_t>(*bytes) > number_max ||
      value.names().size() != 2) {
    return false;
  }
  file = {std::string(*name), static_cast<std::uint64_t>(*bytes)};
  return true;
}

Answered make_upload(Office& office, const Call& call) {
  auto body = Body::read(call.request);
  if (!body) {
    return tl::unexpected(body.error());
  }
  UploadOrder order;
  order.folder = body->flag("folder");
  const auto files = body->part("files");
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!read_file(files.at(i), order.files.emplace_back())) {
      body->complain("'files' must be a list of objects with 'name' and 'bytes'");
    }
  }
  if (auto whole = body->whole(); !whole) {
    return tl::unexpected(whole.error());
  }
  return shown(office.uploads->make(call.who().name, order), 201);
}

Answered upload(Office& office, const Call& call) {
  return shown(office.uploads->find(call.who().name, call.parameter()), 200);
}

Answered add_piece(Office& office, const Call& call) {
  Question question(call.request.query);
  const auto missing = number_max + 1;
  const auto offset = question.number("offset", missing, 0, number_max);
  if (auto whole = question.whole(); !whole) {
    return tl::unexpected(whole.error());
  }
  if (offset == missing) {
    return refuse(400, "'offset' is missing; say where the piece begins");
  }
  if (!is_type(call.request, "application/octet-stream")) {
    return refuse(415, "a piece is bytes; send Content-Type: application/octet-stream");
  }
  return shown(office.uploads->add(call.who().name, call.parameter(), offset, call.request.body),
               200);
}

Answered remove_upload(Office& office, const Call& call) {
  if (const auto removed = office.uploads->remove(call.who().name, call.parameter()); !removed) {
    return tl::unexpected(removed.error());
  }
  return nothing();
}

}  // namespace

void add_uploads(std::vector<Route>& routes) {
  routes.insert(
      routes.end(),
      {{"POST", "/api/v1/roster/uploads", Scope::admin, Pace::quick, make_upload},
       {"GET", "/api/v1/roster/uploads/{id}", Scope::admin, Pace::quick, upload},
       {"PUT", "/api/v1/roster/uploads/{id}", Scope::admin, Pace::quick, add_piece},
       {"DELETE", "/api/v1/roster/uploads/{id}", Scope::admin, Pace::quick, remove_upload}});
}

}  // namespace muster::console
