#include "loadgen/books_accept.h"

#include <utility>

namespace muster::loadgen {
namespace {

http::Reply page(std::uint16_t status, const std::string& words, const std::string& form = {}) {
  http::Reply reply;
  reply.status = status;
  reply.fields = {{"Content-Type", "text/html; charset=utf-8"},
                  {"Cache-Control", "no-store"},
                  {"Referrer-Policy", "no-referrer"}};
  reply.body = "<!doctype html><meta charset=\"utf-8\"><title>Managed Distribution</title><p>" +
               words + "</p>" + form + "\n";
  return reply;
}

// `code` was given out by us: it needs no escaping.
http::Reply question(const std::string& organisation, const std::string& code) {
  std::string escaped;
  for (const char c : organisation) {
    escaped += c == '<' ? "&lt;" : c == '&' ? "&amp;" : std::string(1, c);
  }
  return page(200, escaped + " invites you to Managed Distribution.",
              "<form><input type=\"hidden\" name=\"inviteCode\" value=\"" + code +
                  "\"><label>Apple Account <input name=\"account\" type=\"email\" required>"
                  "</label> <button>Agree</button></form>");
}

}  // namespace

http::Reply accept_invitation(BooksLocation& location, const BooksCall& call) {
  const auto refuse = [&location, &call](std::uint16_t status, const std::string& words) {
    ++location.taps_refused;
    location.journal.refusal("", status, "accept", location.rules.wall(call.now));
    return page(status, words);
  };
  if (call.request.method != "GET") {
    return refuse(405, "This page can only be read.");
  }
  const auto query = read_books_query(call.request.query);
  std::string code;
  std::string account;
  for (const auto& [name, value] : query.value_or(BooksQuery())) {
    if (name == "inviteCode") {
      code = value;
    } else if (name == "account") {
      account = value;
    }
  }
  const auto* user = location.users.of_code(code);
  if (user == nullptr) {
    return refuse(404, "This invitation is not known.");
  }
  if (user->status == BooksUser::Status::retired || user->invite_code != code) {
    return refuse(410, "This invitation is no longer valid.");
  }
  if (account.empty()) {
    return question(location.rules.organisation, code);
  }
  ++location.taps;
  if (user->status == BooksUser::Status::associated) {
    return page(200, "You have accepted this invitation before.");
  }
  location.accept(*user, account, call.now);
  return page(200, "You have accepted the invitation.");
}

}  // namespace muster::loadgen
