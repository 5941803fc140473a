#include "cli/notify.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

namespace muster::cli {
namespace {

TEST(Notify, TellsTheServiceManagerByADatagram) {
  std::string folder = testing::TempDir() + "muster-notify-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/socket";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  ASSERT_LT(path.size(), sizeof address.sun_path);
  std::memcpy(address.sun_path, path.data(), path.size());
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ::setenv("NOTIFY_SOCKET", path.c_str(), 1);  // NOLINT(concurrency-mt-unsafe): one thread here
  notify("READY=1");
  ::unsetenv("NOTIFY_SOCKET");  // NOLINT(concurrency-mt-unsafe): as above
  std::array<char, 64> room{};
  const auto size = ::recv(fd, room.data(), room.size(), MSG_DONTWAIT);
  ::close(fd);
  std::filesystem::remove_all(folder);
  ASSERT_GT(size, 0);
  EXPECT_EQ(std::string(room.data(), static_cast<std::size_t>(size)), "READY=1");
}

}  // namespace
}  // namespace muster::cli
