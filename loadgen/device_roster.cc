#include "loadgen/device_roster.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "crypto/digest.h"
#include "loadgen/csv.h"
#include "model/id.h"

namespace muster::loadgen {
namespace {

using Platform = RosterDevice::Platform;
using Enrollment = RosterDevice::Enrollment;

std::optional<Platform> platform_of(std::string_view word) {
  if (word == "iOS") {
    return Platform::ios;
  }
  if (word == "iPadOS") {
    return Platform::ipados;
  }
  if (word == "macOS") {
    return Platform::macos;
  }
  if (word == "tvOS" || word == "watchOS" || word == "visionOS") {
    return Platform::other;
  }
  return std::nullopt;
}

std::optional<Enrollment> enrollment_of(std::string_view word) {
  if (word.empty() || word == "device") {
    return Enrollment::device;
  }
  if (word == "user") {
    return Enrollment::user;
  }
  return word == "shared" ? std::optional(Enrollment::shared) : std::nullopt;
}

// Nothing written: no token. False: not one.
bool read_token(const std::string& text, std::optional<PushToken>& token) {
  std::vector<Byte> bytes;
  if (text.empty()) {
    return true;
  }
  if (!from_hex(text, bytes) || bytes.size() != PushToken().size()) {
    return false;
  }
  std::copy(bytes.begin(), bytes.end(), token.emplace().begin());
  return true;
}

using Numbers = std::unordered_map<std::string, std::uint32_t>;

Result<Numbers, Complaint> read_users(const std::string& dir, std::vector<RosterUser>& users) {
  auto reader = CsvReader::open(dir + "/users.csv");
  if (!reader) {
    return tl::unexpected(reader.error());
  }
  static constexpr std::array<std::string_view, 3> columns{"user_id", "full_name",
                                                           "managed_apple_account"};
  Numbers numbers;
  auto read = reader->each_row(columns, [&](const auto& fields) -> Result<void, Complaint> {
    numbers.emplace(fields[0], static_cast<std::uint32_t>(users.size()));
    users.push_back({fields[0], fields[1], fields[2]});
    return {};
  });
  if (!read) {
    return tl::unexpected(std::move(read.error()));
  }
  return numbers;
}

Result<RosterDevice, Complaint> device_of(const CsvReader& reader, const Numbers& users) {
  const auto& fields = reader.fields();
  RosterDevice device;
  device.id = fields[0];
  device.name = fields[1];
  device.serial = fields[4];
  device.topic = fields[6];
  device.magic = fields[8];
  device.user_magic = fields[10];
  if (!fields[2].empty()) {
    const auto found = users.find(fields[2]);
    if (found == users.end()) {
      return tl::unexpected(
          reader.complain("user '" + fields[2] + "' is not there", "a user of users.csv"));
    }
    device.user = found->second;
  }
  const auto platform = platform_of(fields[3]);
  if (!platform) {
    return tl::unexpected(reader.complain("unknown platform '" + fields[3] + "'",
                                          "iOS, iPadOS, macOS, tvOS, watchOS or visionOS"));
  }
  device.platform = *platform;
  const auto enrollment = enrollment_of(fields[5]);
  if (!enrollment) {
    return tl::unexpected(
        reader.complain("unknown enrollment '" + fields[5] + "'", "device, user or shared"));
  }
  device.enrollment = *enrollment;
  if (!read_token(fields[7], device.token) || !read_token(fields[9], device.user_token)) {
    return tl::unexpected(
        reader.complain("not a push token", "64 hexadecimal digits, as the push server takes"));
  }
  return device;
}

std::array<Byte, 16> first_half(std::string_view words) {
  const auto digest = crypto::sha256(as_bytes(words));
  std::array<Byte, 16> half{};
  std::copy_n(digest.begin(), half.size(), half.begin());
  return half;
}

}  // namespace

Result<FleetRoster, Complaint> read_fleet_roster(const std::string& dir) {
  FleetRoster roster;
  const auto users = read_users(dir, roster.users);
  if (!users) {
    return tl::unexpected(users.error());
  }
  auto reader = CsvReader::open(dir + "/devices.csv");
  if (!reader) {
    return tl::unexpected(reader.error());
  }
  static constexpr std::array<std::string_view, 11> columns{
      "device_id", "name",       "user_id",    "platform",        "serial",         "enrollment",
      "topic",     "push_token", "push_magic", "user_push_token", "user_push_magic"};
  auto read = reader->each_row(columns, [&](const auto&) -> Result<void, Complaint> {
    auto device = device_of(*reader, *users);
    if (!device) {
      return tl::unexpected(std::move(device.error()));
    }
    roster.devices.push_back(std::move(*device));
    return {};
  });
  if (!read) {
    return tl::unexpected(std::move(read.error()));
  }
  if (roster.devices.empty()) {
    return tl::unexpected(reader->complain("no device", "a row a device"));
  }
  return roster;
}

std::string uuid_from(std::string_view words) {
  auto bytes = first_half(words);
  bytes[6] = static_cast<Byte>((bytes[6] & 0x0fU) | 0x40U);
  bytes[8] = static_cast<Byte>((bytes[8] & 0x3fU) | 0x80U);
  auto text = uuid_text(bytes);
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return text;
}

std::string udid_of(const RosterDevice& device) {
  if (device.serial.empty() || device.enrollment == Enrollment::user) {
    return device.id;
  }
  if (device.platform == Platform::macos) {
    return uuid_from("udid " + device.id);
  }
  // As newer iPhones and iPads have it: "00008030-001A2D3C4E5F0123".
  const auto digest = crypto::sha256(as_bytes("udid " + device.id));
  auto digits = to_hex(Bytes(digest).first(8));
  std::transform(digits.begin(), digits.end(), digits.begin(), [](char c) {
    return c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return "00008030-" + digits;
}

PushToken token_from(std::string_view words) {
  return crypto::sha256(as_bytes("token " + std::string(words)));
}

std::string magic_from(std::string_view words) {
  return uuid_from("magic " + std::string(words));
}

}  // namespace muster::loadgen
