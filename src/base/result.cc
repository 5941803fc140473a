#include "base/result.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace muster {
namespace {

const char* words_of_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::none:
      return "no error";
    case ErrorCode::os:
      return "the operating system refused";
    case ErrorCode::disk_full:
      return "the disk is full";
    case ErrorCode::disk_failed:
      return "the disk failed";
    case ErrorCode::not_permitted:
      return "not permitted";
    case ErrorCode::not_found:
      return "not found";
    case ErrorCode::name_not_found:
      return "the host name does not resolve";
    case ErrorCode::connect_refused:
      return "nobody listens there";
    case ErrorCode::connect_timeout:
      return "no answer to the connection attempt";
    case ErrorCode::connection_reset:
      return "the connection was reset";
    case ErrorCode::connection_closed:
      return "the peer closed the connection";
    case ErrorCode::connection_silent:
      return "the peer fell silent";
    case ErrorCode::tls_certificate_untrusted:
      return "the server's certificate is signed by no authority we trust";
    case ErrorCode::tls_certificate_expired:
      return "the server's certificate has expired";
    case ErrorCode::tls_certificate_wrong_name:
      return "the server's certificate names another host";
    case ErrorCode::tls_client_refused:
      return "the server refused our certificate";
    case ErrorCode::tls_protocol:
      return "TLS failed";
    case ErrorCode::alpn_refused:
      return "the server does not speak HTTP/2";
    case ErrorCode::protocol:
      return "the peer broke the protocol";
    case ErrorCode::store_corrupt:
      return "the database is damaged";
    case ErrorCode::store_busy:
      return "the database is held by another process";
    case ErrorCode::store_newer:
      return "the database was written by a newer version";
  }
  return "unknown error";
}

}  // namespace

std::string words(const Error& error) {
  std::string text = words_of_code(error.code);
  if (error.os_error != 0) {
    text += " (";
    std::array<char, 128> room{};
    text += ::strerror_r(error.os_error, room.data(), room.size());
    text += ")";
  }
  return text;
}

Error error_of_errno(int os_error) {
  switch (os_error) {
    case ENOSPC:
    case EDQUOT:
      return Error{ErrorCode::disk_full, os_error};
    case EIO:
      return Error{ErrorCode::disk_failed, os_error};
    case EPERM:
    case EACCES:
      return Error{ErrorCode::not_permitted, os_error};
    case ENOENT:
      return Error{ErrorCode::not_found, os_error};
    case ECONNREFUSED:
      return Error{ErrorCode::connect_refused, os_error};
    case ETIMEDOUT:
      return Error{ErrorCode::connect_timeout, os_error};
    case ECONNRESET:
    case EPIPE:
      return Error{ErrorCode::connection_reset, os_error};
    default:
      return Error{ErrorCode::os, os_error};
  }
}

std::string Complaint::line_of_text() const {
  std::string text;
  if (!file.empty()) {
    text += file;
    if (line != 0) {
      text += ":" + std::to_string(line);
      if (column != 0) {
        text += ":" + std::to_string(column);
      }
    }
    text += ": ";
  }
  text += found;
  if (!expected.empty()) {
    text += "; expected " + expected;
  }
  if (!mend.empty()) {
    text += "; " + mend;
  }
  // What was found may be quoted from a file: it must not break the line nor steer a terminal.
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, ' ');
  return text;
}

}  // namespace muster
