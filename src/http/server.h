// An HTTP/1.1 server on a thread of its own (Boost.Beast): reads whole requests within bounds,
// hands each to a handler, and sends the reply that is given, whenever it is given, by whatever
// thread.
//
// Everything from outside is bounded: the header (431), the body (413), how long either may take
// (408), requests that wait, connections. Nobody who is slow or silent keeps others waiting: each
// connection costs a few kilobytes and a timer. A handler runs on the server's thread and must not
// block; what takes time goes elsewhere with the Answer. A reply whose end is far off, events or a
// long list, is a stream: Answer::stream().
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "http/message.h"

namespace muster::http {

struct ServerSettings {
  // "host:port" or "[address]:port" (0: any free port), or "unix:FILE" (made 0600, taken over from
  // a dead process, removed at the end; peers of other users than ours and root are not let in).
  std::string listen;
  std::string certificate_file;   // empty: in clear
  std::string key_file;           // empty: inside certificate_file
  std::string client_trust_file;  // not empty: clients are asked for a certificate signed by it;
                                  // one that is not ends the handshake, none at all is let in
  std::size_t header_bytes_max = 16UL * 1024;
  std::size_t body_bytes_max = 1024UL * 1024;
  std::uint32_t connections_max = 4096;                  // further ones wait in the kernel
  Duration request_patience = std::chrono::seconds(20);  // from its first byte to its last
  Duration idle_patience = std::chrono::seconds(75);     // between requests, and for the first one
};

struct ServerRequest {
  std::string method;
  std::string path;  // decoded, without the query; "/" and on. A path with "..", NUL or a broken
                     // escape is answered 400 and never handed over
  // Of the path, between the slashes that were written as such: a name in it may hold a slash.
  std::vector<std::string> segments;
  std::string query;  // as it came, without "?"; may be empty
  Fields fields;
  std::string body;
  std::string peer;  // "127.0.0.1:51234", "unix"
  bool encrypted = false;
  std::vector<Byte> certificate;          // DER of the client's, verified; empty: none
  std::optional<std::uint32_t> peer_uid;  // who connected to the file, as the kernel says
};

struct Reply {
  std::uint16_t status = 200;
  Fields fields;  // Content-Length, Date and Connection are the server's
  std::string body;
};

// How much of one stream may wait at once; whoever looks at waiting() stays far below.
inline constexpr std::size_t outflow_bytes_max = 8UL * 1024 * 1024;

class Flow;

// A reply whose length nobody knows beforehand, sent piece by piece: chunked; to HTTP/1.0 until the
// connection ends. Any thread; may outlive the server. Dropped without finish(): the connection is
// cut, so that the client sees that it is not whole. A client that ends its side counts as gone, as
// does one that takes nothing for request_patience while bytes wait, and every one when the server
// ends. A request that wants no body (HEAD) is answered with the head, and nobody is there then.
class Outflow {
 public:
  Outflow(Outflow&& other) noexcept;
  Outflow& operator=(Outflow&& other) noexcept;
  ~Outflow();
  // Queues it. False: nothing will be sent any more, and `written` is not called. Over
  // outflow_bytes_max that wait it is false as well, and the connection is cut. `written` is called
  // once, on the server's thread, when the kernel has all of it, or with false where the connection
  // is gone before. Not behind finish().
  bool send(std::string piece, std::function<void(bool)> written = {});
  // Bytes handed over that the kernel does not have yet, counted by portions of about 32 KiB.
  [[nodiscard]] std::size_t waiting() const;
  // Nothing that is handed over is sent any more. True as well when all has been, behind finish().
  [[nodiscard]] bool gone() const;
  // The end, once what waits is written; the connection may carry further requests.
  void finish();

  explicit Outflow(std::shared_ptr<Flow> flow);  // the server's

 private:
  std::shared_ptr<Flow> flow_;
};

// The right, and the duty, to reply to one request. Any thread; may outlive the server (then the
// reply goes nowhere). Dropped without send(): 500.
class Answer {
 public:
  Answer(Answer&& other) noexcept;
  Answer& operator=(Answer&& other) noexcept;
  ~Answer();
  // At most once. `written` is called, on the server's thread, when the kernel has the last byte or
  // the connection is gone; never after the server has ended.
  void send(Reply reply, std::function<void()> written = {});
  // In place of send(): status and fields of `head`; its body is the first piece.
  [[nodiscard]] Outflow stream(Reply head);
  // In place of send(): the connection ends without a word. For simulators of a bad server.
  void hang_up(std::function<void()> ended = {});

  struct Place;  // the server's
  explicit Answer(std::shared_ptr<Place> place);

 private:
  std::shared_ptr<Place> place_;
};

using Handler = std::function<void(ServerRequest request, Answer answer)>;

class Server {
 public:
  // Listens and serves at once. The complaint names the address (in use, not permitted) or the file
  // and the mend.
  [[nodiscard]] static Result<std::unique_ptr<Server>, Complaint> open(
      const ServerSettings& settings, Handler handler);
  // Takes no more, and cuts every stream that is not finished; what was handed over has two seconds
  // to be answered; then every connection ends.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Reads certificate, key and trust anew, for connections from now on. Any thread. Where there is
  // trouble everything stays as it was; the complaint names the file. In clear: nothing to do.
  [[nodiscard]] Result<void, Complaint> reload();
  [[nodiscard]] std::uint16_t port() const;  // 0: a file
  [[nodiscard]] std::uint32_t connections() const;

 private:
  struct Implementation;
  explicit Server(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace muster::http
