#include "http/listener.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "base/assert.h"
#include "base/log.h"

namespace muster::http {
namespace {

constexpr int backlog = 4096;  // the kernel makes less of it where it allows less
constexpr std::string_view file_prefix = "unix:";

Complaint cannot_listen(const std::string& where, const std::string& why, std::string mend,
                        int os_error = 0) {
  Complaint complaint;
  complaint.found = "cannot listen on '" + where + "': " + why;
  complaint.mend = std::move(mend);
  complaint.cause = os_error == 0 ? Error{} : error_of_errno(os_error);
  return complaint;
}

Complaint refused_by_os(const std::string& where, int os_error) {
  std::string mend = "name an address of this machine";
  if (os_error == EADDRINUSE) {
    mend = "end the process that listens there, or name another address";
  } else if (os_error == EACCES || os_error == EPERM) {
    mend = "name a port above 1023, or a directory that this user may write to";
  } else if (os_error == ENOENT || os_error == ENOTDIR) {
    mend = "make the directory first";
  }
  return cannot_listen(where, std::generic_category().message(os_error), std::move(mend), os_error);
}

struct HostAndPort {
  std::string host;
  std::string port;
};

std::optional<HostAndPort> host_and_port(const std::string& listen) {
  const auto colon = listen.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == listen.size()) {
    return std::nullopt;
  }
  HostAndPort parts{listen.substr(0, colon), listen.substr(colon + 1)};
  if (parts.port.size() > 5 || parts.port.find_first_not_of("0123456789") != std::string::npos ||
      std::stoul(parts.port) > 65'535) {
    return std::nullopt;
  }
  const bool bracketed = parts.host.starts_with('[') && parts.host.ends_with(']');
  if (bracketed) {
    parts.host = parts.host.substr(1, parts.host.size() - 2);
  } else if (parts.host.find(':') != std::string::npos) {
    return std::nullopt;  // an IPv6 address and no brackets: which colon is the port's?
  }
  return parts;
}

int new_socket(int family) {
  return ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

// A port of either family, from what the kernel filled in.
std::uint16_t port_of(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    return ntohs(v6.sin6_port);
  }
  sockaddr_in v4{};
  std::memcpy(&v4, &address, sizeof v4);
  return ntohs(v4.sin_port);
}

std::string text_of(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    return "[" + std::string(text.data()) + "]:" + std::to_string(port_of(address));
  }
  sockaddr_in v4{};
  std::memcpy(&v4, &address, sizeof v4);
  ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
  return std::string(text.data()) + ":" + std::to_string(port_of(address));
}

// errno; 0: it listens.
int listen_at(int fd, const addrinfo& at) {
  const int one = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (::bind(fd, at.ai_addr, at.ai_addrlen) != 0 || ::listen(fd, backlog) != 0) {
    return errno;
  }
  return 0;
}

// Whether a process answers at this socket.
bool somebody_listens(const sockaddr_un& address) {
  const int fd = new_socket(AF_UNIX);
  if (fd < 0) {
    return true;  // nobody can tell: leave it alone
  }
  const bool refused =
      ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
      errno == ECONNREFUSED;
  ::close(fd);
  return !refused;
}

// Removes what a dead process left; false where it is no socket, or in use.
bool take_over(const std::string& file, const sockaddr_un& address) {
  struct stat found{};
  if (::lstat(file.c_str(), &found) != 0 || !S_ISSOCK(found.st_mode)) {
    return false;
  }
  return !somebody_listens(address) && ::unlink(file.c_str()) == 0;
}

// Who came by the file, if he may.
Accepted admitted(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  MUSTER_ASSERT(::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0);
  if (!may_enter(peer.uid, ::geteuid())) {
    log::warning("http", "sent away", {{"peer", "unix"}, {"user", peer.uid}});
    ::close(fd);
    return {-1, EPERM, {}, {}};
  }
  return {fd, 0, "unix", peer.uid};
}

}  // namespace

Result<Listener, Complaint> Listener::open(const std::string& listen) {
  Listener made;
  const auto listening = listen.starts_with(file_prefix)
                             ? made.listen_on_file(listen.substr(file_prefix.size()))
                             : made.listen_on_network(listen);
  if (!listening) {
    return tl::unexpected(listening.error());
  }
  return made;
}

Listener::Listener(Listener&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      port_(other.port_),
      file_(std::exchange(other.file_, {})),
      device_(other.device_),
      inode_(other.inode_) {}

Listener::~Listener() {
  struct stat found{};
  if (!file_.empty() && ::lstat(file_.c_str(), &found) == 0 && found.st_dev == device_ &&
      found.st_ino == inode_) {
    ::unlink(file_.c_str());
  }
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

int Listener::release() {
  MUSTER_ASSERT(fd_ >= 0);
  return std::exchange(fd_, -1);
}

Result<void, Complaint> Listener::listen_on_network(const std::string& listen) {
  const auto parts = host_and_port(listen);
  if (!parts) {
    return tl::unexpected(cannot_listen(listen, "not an address with a port",
                                        "write host:port, [address]:port or unix:FILE"));
  }
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int refused = ::getaddrinfo(parts->host.c_str(), parts->port.c_str(), &hints, &found);
  if (refused != 0) {
    auto complaint =
        cannot_listen(listen, ::gai_strerror(refused), "name an address of this machine");
    complaint.cause = Error{ErrorCode::name_not_found, 0};
    return tl::unexpected(std::move(complaint));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  int os_error = EADDRNOTAVAIL;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    const int fd = new_socket(at->ai_family);
    os_error = fd < 0 ? errno : listen_at(fd, *at);
    if (os_error == 0) {
      fd_ = fd;
      sockaddr_storage bound{};
      socklen_t size = sizeof bound;
      MUSTER_ASSERT(::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) == 0);
      port_ = port_of(bound);
      return {};
    }
    if (fd >= 0) {
      ::close(fd);
    }
  }
  return tl::unexpected(refused_by_os(listen, os_error));
}

Result<void, Complaint> Listener::listen_on_file(const std::string& file) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (file.empty() || file.size() >= sizeof address.sun_path) {
    return tl::unexpected(
        cannot_listen(file, "a socket's name has 1 to 107 bytes", "name a shorter path"));
  }
  file.copy(address.sun_path, file.size());
  fd_ = new_socket(AF_UNIX);
  if (fd_ < 0) {
    return tl::unexpected(refused_by_os(file, errno));
  }
  const auto* bare = reinterpret_cast<const sockaddr*>(&address);
  int os_error = ::bind(fd_, bare, sizeof address) == 0 ? 0 : errno;
  if (os_error == EADDRINUSE && take_over(file, address)) {
    os_error = ::bind(fd_, bare, sizeof address) == 0 ? 0 : errno;
  }
  if (os_error != 0) {
    return tl::unexpected(refused_by_os(file, os_error));
  }
  struct stat made{};
  if (::lstat(file.c_str(), &made) == 0) {
    file_ = file;
    device_ = made.st_dev;
    inode_ = made.st_ino;
  }
  // Only from listen() on does the kernel let anybody connect.
  if (::chmod(file.c_str(), S_IRUSR | S_IWUSR) != 0 || ::listen(fd_, backlog) != 0) {
    return tl::unexpected(refused_by_os(file, errno));
  }
  return {};
}

bool may_enter(std::uint32_t user, std::uint32_t ours) {
  return user == ours || user == 0;
}

Accepted accept_from(int listening) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  const int fd = ::accept4(listening, reinterpret_cast<sockaddr*>(&address), &size,
                           SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) {
    return {-1, errno, {}, {}};
  }
  if (address.ss_family == AF_UNIX) {
    return admitted(fd);
  }
  const int one = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return {fd, 0, text_of(address), {}};
}

}  // namespace muster::http
