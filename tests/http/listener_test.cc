#include "http/listener.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "tests/http/folder.h"
#include "tests/http/serving.h"

namespace muster::http {
namespace {

class HttpListener : public Serving {
 protected:
  HttpListener() : file(folder / "muster.sock") { settings.listen = "unix:" + file; }
  [[nodiscard]] std::string complaint_at(const std::string& listen) {
    settings.listen = listen;
    return complaint_of(settings);
  }
  // A socket in the file system as a process that was killed leaves it.
  void leave_a_dead_socket() const {
    const RawSocket socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    file.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  [[nodiscard]] bool file_exists() const { return ::access(file.c_str(), F_OK) == 0; }
  [[nodiscard]] int status_by_file() const {
    const auto socket = RawSocket::to_file(file);
    socket.write(get_last);
    return status_of(socket.read_all());
  }

  Folder folder;
  std::string file;
};

TEST_F(HttpListener, ListensOnAFileThatItsOwnerAloneMayUse) {
  handler = [](const ServerRequest& request, Answer answer) {
    answer.send(reply_of(request.peer));
  };
  serve();
  EXPECT_EQ(server->port(), 0);
  struct stat found{};
  ASSERT_EQ(::stat(file.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 07777, 0600U);
  const auto socket = RawSocket::to_file(file);
  socket.write(get_last);
  EXPECT_EQ(body_of(socket.read_all()), "unix");
}

TEST_F(HttpListener, SaysWhoCameByTheFile) {
  serve_by_hand();
  const auto socket = RawSocket::to_file(file);
  socket.write(get_last);
  auto call = calls.take();
  EXPECT_EQ(call.request.peer_uid, ::geteuid());
  call.answer.send(reply_of("x"));
  EXPECT_EQ(status_of(socket.read_all()), 200);
}

TEST_F(HttpListener, KnowsNoUserOfWhoeverComesByTheNetwork) {
  settings.listen = "127.0.0.1:0";
  serve_by_hand();
  const auto socket = connect();
  socket.write(get);
  auto call = calls.take();
  EXPECT_FALSE(call.request.peer_uid.has_value());
  call.answer.send(reply_of("x"));
}

TEST_F(HttpListener, LetsNobodyInButUsAndRoot) {
  EXPECT_TRUE(may_enter(1000, 1000));
  EXPECT_TRUE(may_enter(0, 1000));
  EXPECT_TRUE(may_enter(0, 0));
  EXPECT_FALSE(may_enter(1001, 1000));
  EXPECT_FALSE(may_enter(1000, 0));
}

TEST_F(HttpListener, SendsAStrangerAwayThoughTheFileLetsHimConnect) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root can be somebody else";
  }
  serve_by_hand();
  ASSERT_EQ(::chmod(folder.path().c_str(), 0711), 0);
  ASSERT_EQ(::chmod(file.c_str(), 0666), 0);
  testing::internal::CaptureStderr();
  std::string heard = "nothing yet";
  std::thread([&] {
    // The kernel's own call: this thread alone becomes somebody else.
    ASSERT_EQ(::syscall(SYS_setresuid, -1, 65'534, -1), 0);
    const auto socket = RawSocket::to_file(file);
    ASSERT_TRUE(socket.connected());
    socket.write(get);
    heard = socket.read_all();
  }).join();
  const auto log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(heard, "");
  EXPECT_TRUE(calls.empty());
  EXPECT_NE(log.find("user=65534"), std::string::npos) << log;
  // And the next one is served.
  const auto socket = RawSocket::to_file(file);
  socket.write(get_last);
  calls.take().answer.send(reply_of("x"));
  EXPECT_EQ(status_of(socket.read_all()), 200);
}

TEST_F(HttpListener, RemovesItsFileAtTheEnd) {
  serve();
  EXPECT_TRUE(file_exists());
  server.reset();
  EXPECT_FALSE(file_exists());
}

TEST_F(HttpListener, TakesOverWhatADeadProcessLeft) {
  leave_a_dead_socket();
  serve();
  EXPECT_EQ(status_by_file(), 200);
}

TEST_F(HttpListener, LeavesALivingProcessAlone) {
  serve();
  EXPECT_NE(complaint_of(settings).find("Address already in use"), std::string::npos);
  EXPECT_EQ(status_by_file(), 200);
}

TEST_F(HttpListener, LeavesAFileAloneThatIsNoSocket) {
  folder.write("muster.sock", "something dear");
  EXPECT_NE(complaint_of(settings).find("Address already in use"), std::string::npos);
  EXPECT_TRUE(file_exists());
}

TEST_F(HttpListener, LeavesTheFileOfASuccessorAlone) {
  serve();
  ASSERT_EQ(::unlink(file.c_str()), 0);
  leave_a_dead_socket();
  server.reset();
  EXPECT_TRUE(file_exists());
}

TEST_F(HttpListener, ComplainsOfFilesThatCannotBe) {
  EXPECT_NE(complaint_at("unix:").find("1 to 107 bytes"), std::string::npos);
  EXPECT_NE(complaint_at("unix:/" + std::string(108, 'x')).find("1 to 107 bytes"),
            std::string::npos);
  EXPECT_NE(complaint_at("unix:" + (folder / "no/dir.sock")).find("make the directory"),
            std::string::npos);
}

TEST_F(HttpListener, ComplainsOfWhatIsNoAddress) {
  for (const auto* listen : {"", ":", "127.0.0.1", "127.0.0.1:", ":80", "127.0.0.1:x",
                             "127.0.0.1:65536", "127.0.0.1:123456", "::1:80", "127.0.0.1:-1"}) {
    EXPECT_NE(complaint_at(listen).find("not an address with a port"), std::string::npos) << listen;
  }
}

TEST_F(HttpListener, ComplainsOfAddressesThatAreNotOurs) {
  // RFC 5737: nobody's.
  EXPECT_NE(complaint_at("192.0.2.1:0").find("cannot listen on '192.0.2.1:0'"), std::string::npos);
  EXPECT_NE(complaint_at("no-such-host.invalid:0").find("name an address of this machine"),
            std::string::npos);
}

TEST_F(HttpListener, ComplainsOfAPortThatIsTaken) {
  settings.listen = "127.0.0.1:0";
  serve();
  const auto complaint = complaint_at("127.0.0.1:" + std::to_string(server->port()));
  EXPECT_NE(complaint.find("Address already in use; end the process"), std::string::npos)
      << complaint;
}

TEST_F(HttpListener, ListensOnIPv6AndNamesItsPeersSo) {
  auto listener = Listener::open("[::1]:0");
  ASSERT_TRUE(listener.has_value()) << listener.error().line_of_text();
  const RawSocket listening(listener->release());
  EXPECT_EQ(accept_from(listening.fd()).os_error, EAGAIN);
  const RawSocket socket(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  address.sin6_port = htons(listener->port());
  ASSERT_EQ(::connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  const auto accepted = accept_from(listening.fd());
  const RawSocket owner(accepted.fd);
  EXPECT_GE(accepted.fd, 0);
  EXPECT_TRUE(accepted.peer.starts_with("[::1]:")) << accepted.peer;
}

TEST_F(HttpListener, ListensByName) {
  settings.listen = "localhost:0";
  serve();
  EXPECT_NE(server->port(), 0);
}

}  // namespace
}  // namespace muster::http
