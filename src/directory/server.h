// The seam between what is asked of a directory and the connection it is asked by: one search after
// another, entry by entry.
//
// LdapSession is the real one; what only Active Directory does is tested by another.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace muster::directory {

struct Attribute {
  std::string name;
  std::vector<std::string> values;  // bytes
};
struct Entry {
  std::string dn;  // as dn_key() has it
  std::vector<Attribute> attributes;
};

struct Search {
  std::string base;
  bool below = true;  // the base and all below it; false: the base alone
  std::string filter = "(objectClass=*)";
  std::vector<std::string> attributes;
};

class Server {
 public:
  virtual ~Server() = default;
  // A complaint of `visit` ends the search and comes back.
  using Visit = std::function<Result<void, Complaint>(Entry entry)>;
  [[nodiscard]] virtual Result<void, Complaint> search(const Search& search,
                                                       const Visit& visit) = 0;
  // A DN as it compares: its spaces, escapes and case as everywhere else. Text that is no DN comes
  // back in lower case.
  [[nodiscard]] virtual std::string dn_key(const std::string& dn) const = 0;
};

}  // namespace muster::directory
