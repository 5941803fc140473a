// What stands between an Outflow and the connection that writes it: pieces that wait, and how it
// ends.
//
//   open ── finish() ──▶ finished     what waits is still written, and the end behind it
//     ├──── cut() ─────▶ cut          dropped, or too much was queued: the connection ends at once
//     └──── end() ─────▶ ended        nobody takes anything any more (also from finished and cut)
//
// Any thread puts, the server's takes. Callbacks are called, and dropped, outside of the lock, by
// the server's thread alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "http/server.h"

namespace muster::http {

class Gate;

class Flow {
 public:
  using Written = std::function<void(bool)>;

  Flow(std::shared_ptr<Gate> gate, std::uint64_t connection);

  // ── any thread's ──
  // False where nothing will be sent any more; too much at once cuts it. Not behind finish().
  [[nodiscard]] bool put(std::string piece, Written written);
  void finish();
  void cut();  // nothing where it was finished
  [[nodiscard]] std::size_t waiting() const;
  [[nodiscard]] bool gone() const;

  // ── the server's thread's ──
  struct Portion {
    std::string text;              // empty: nothing waits, but perhaps the end or whom to tell
    std::vector<Written> written;  // to be told of it
    bool last = false;             // the end comes behind it
  };
  // Before everything else whenever the connection looks: false where it is cut.
  [[nodiscard]] bool look();
  // What is written next: one long piece, or as many short ones as make one.
  [[nodiscard]] Portion take();
  // The connection looks again, when others have had their turn: once, whoever else roused it.
  void rouse();
  // The kernel has so many bytes of what was taken.
  void settle(std::size_t bytes);
  // Nothing comes behind what was put.
  [[nodiscard]] bool is_finished() const;
  // Nobody takes anything any more. Calls back for what still waited.
  void end();

 private:
  enum class State : std::uint8_t { open, finished, cut, ended };
  struct Piece {
    std::string text;
    Written written;
  };
  void change_to(State state);

  const std::shared_ptr<Gate> gate_;
  const std::uint64_t connection_;
  mutable std::mutex mutex_;  // guards what follows; nothing is called under it
  std::list<Piece> pieces_;   // a list has no memory of its own while it is empty
  std::size_t waiting_ = 0;   // bytes of pieces_, and of what was taken and is not settled
  State state_ = State::open;
  bool finish_said_ = false;  // whatever became of it: nothing may be put any more
  bool roused_ = false;       // the connection will look, and has not yet
};

}  // namespace muster::http
