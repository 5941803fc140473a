// New rows of one table, many to a statement.
//
// A row of its own costs SQLite more to begin and to end a statement than to store: an import has
// two million. So they are gathered, and go out by the batch, in the order they came, which is that
// of their numbers: each lands behind the last, where no page has to be searched for. What is
// gathered is not in the table yet; the store sends it there before anything else is asked of it.
//
// For .cc files of this room alone. Must end before the database does.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/result.h"
#include "store/database.h"

namespace muster::store {

// `Table` says what a table's rows are: its `Row`, its `columns`, `insert` ("INSERT … VALUES") and
// how to bind() a row from a parameter on.
template <class Table>
class NewRows {
 public:
  using Row = typename Table::Row;

  // Takes what is in `row`, and leaves some other row's texts there, for their memory.
  [[nodiscard]] Result<void> add(Database& database, Row& row) {
    if (rows_.empty()) {
      rows_.resize(batch);
    }
    std::swap(rows_[count_++], row);
    return count_ == batch ? flush(database) : Result<void>{};
  }

  [[nodiscard]] Result<void> flush(Database& database) {
    const auto count = std::exchange(count_, 0);
    if (count == batch) {
      return write(database, many_, 0, batch);
    }
    for (std::size_t at = 0; at < count; ++at) {
      if (auto written = write(database, one_, at, 1); !written) {
        return written;
      }
    }
    return {};
  }

  [[nodiscard]] bool empty() const { return count_ == 0; }
  void forget() { count_ = 0; }

 private:
  // More than this makes a statement no cheaper.
  static constexpr std::size_t batch = 32;

  [[nodiscard]] Result<void> write(Database& database, Statement& kept, std::size_t first,
                                   std::size_t count) {
    if (kept.empty()) {
      auto prepared = database.prepare(sql(count));
      if (!prepared) {
        return tl::unexpected(prepared.error());
      }
      kept = std::move(*prepared);
    }
    int at = 1;
    for (std::size_t i = first; i < first + count; ++i) {
      Table::bind(kept, at, rows_[i]);
      at += Table::columns;
    }
    return kept.run();
  }

  [[nodiscard]] static std::string sql(std::size_t rows) {
    std::string row = "(?";
    for (int i = 1; i < Table::columns; ++i) {
      row += ",?";
    }
    row += ')';
    std::string text = Table::insert;
    for (std::size_t i = 0; i < rows; ++i) {
      text += i == 0 ? row : "," + row;
    }
    return text;
  }

  std::vector<Row> rows_;  // the first count_ of them wait
  std::size_t count_ = 0;
  Statement many_;
  Statement one_;
};

}  // namespace muster::store
