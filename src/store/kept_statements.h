// The statements of a store, each prepared at its first use and kept.
#pragma once

#include <unordered_map>
#include <utility>

#include "base/result.h"
#include "store/database.h"

namespace muster::store {

// Must end before the database does.
class KeptStatements {
 public:
  // The statement of this text. `sql` is a literal: it is known by its address.
  [[nodiscard]] Result<Statement*> use(Database& database, const char* sql) {
    const auto found = statements_.find(sql);
    if (found != statements_.end()) {
      return &found->second;
    }
    auto prepared = database.prepare(sql);
    if (!prepared) {
      return tl::unexpected(prepared.error());
    }
    return &statements_.emplace(sql, std::move(*prepared)).first->second;
  }

 private:
  std::unordered_map<const char*, Statement> statements_;
};

}  // namespace muster::store
