// Zip archives for tests, written by hand (PKWARE's APPNOTE 4.3): nothing is deflated, and a size
// may be claimed that is not true.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace muster::console {

struct Archived {
  std::string name;
  std::string content;
  std::uint32_t bytes_claimed = 0;  // 0: the truth
};

inline std::uint32_t zip_checksum(std::string_view content) {
  std::uint32_t sum = 0xffffffff;
  for (const char c : content) {
    sum ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) {
      sum = (sum >> 1) ^ ((sum & 1) != 0 ? 0xedb88320U : 0U);
    }
  }
  return ~sum;
}

inline std::string archive(const std::vector<Archived>& files) {
  std::string text;
  std::string directory;
  const auto add = [](std::string& to, std::uint64_t number, int bytes) {
    for (int i = 0; i < bytes; ++i) {
      to += static_cast<char>(number & 0xff);
      number >>= 8;
    }
  };
  for (const auto& file : files) {
    std::string facts;  // the same in both places
    add(facts, 20, 2);  // version 2.0
    add(facts, 0, 8);   // no flags, stored, no time and date
    add(facts, zip_checksum(file.content), 4);
    add(facts, file.content.size(), 4);
    add(facts, file.bytes_claimed != 0 ? file.bytes_claimed : file.content.size(), 4);
    add(facts, file.name.size(), 2);
    add(facts, 0, 2);  // nothing extra
    directory += std::string("PK\x01\x02") + std::string("\x14\0", 2) + facts;
    add(directory, 0, 10);  // no comment, first disk, no attributes
    add(directory, text.size(), 4);
    directory += file.name;
    text += "PK\x03\x04" + facts + file.name + file.content;
  }
  std::string end = "PK\x05\x06";
  add(end, 0, 4);
  add(end, files.size(), 2);
  add(end, files.size(), 2);
  add(end, directory.size(), 4);
  add(end, text.size(), 4);
  add(end, 0, 2);
  return text + directory + end;
}

}  // namespace muster::console
