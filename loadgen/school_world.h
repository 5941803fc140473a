// The world of a rehearsal: a folder, ports, settings, and the words by which each of its programs
// is started. Everything is on loopback; nothing here starts anything.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "loadgen/roster.h"

namespace muster::loadgen {

struct SchoolRunWishes {
  RosterWishes roster;
  double devices_per_user = 1.2;
  double accept_rate = 0.3;
  bool faults = true;
  std::string muster = "muster";  // the program under test
  std::string loadgen;            // this program; empty: as it was started
  std::string dir;                // empty: a temporary one, which stays where something is wrong
  bool json = false;
};

class SchoolWorld {
 public:
  // Makes the folder, which has to be empty, and finds a port for the MDM endpoint.
  [[nodiscard]] static Result<SchoolWorld, Complaint> make(const SchoolRunWishes& wishes);

  [[nodiscard]] const std::string& dir() const { return dir_; }
  [[nodiscard]] std::string file(const std::string& name) const { return dir_ + "/" + name; }
  // What happens there: written into the folder, to be seen afterwards.
  [[nodiscard]] Result<void, Complaint> write_faults() const;
  // Muster's, once the simulators listen.
  [[nodiscard]] Result<void, Complaint> write_settings(const std::string& books_port,
                                                       const std::string& apns_port) const;

  [[nodiscard]] std::vector<std::string> books() const;
  [[nodiscard]] std::vector<std::string> devices() const;
  [[nodiscard]] std::vector<std::string> muster(std::vector<std::string> words) const;

 private:
  SchoolRunWishes wishes_;
  std::string dir_;
  std::uint16_t mdm_port_ = 0;
};

}  // namespace muster::loadgen
