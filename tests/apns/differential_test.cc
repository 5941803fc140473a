// The same conversation through our own framing and through nghttp2's: whatever the peer does, the
// slots must be told the same, the vitals must be the same, and the peer must see the same
// requests.
//
// Each side has a Peer of its own, nghttp2's server, as the referee of every byte. One seed makes
// one conversation of random steps; a step is done to both sides, then all bytes are carried, in
// pieces of random sizes, so that the order of frames within a step (which may differ) does not
// show. To repeat one: MUSTER_SEED=<the seed that the failure prints>.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <set>
#include <sstream>

#include "base/log.h"
#include "base/random.h"
#include "tests/apns/pair.h"

namespace muster::apns {
namespace {

using testing::framing_under_test;
using testing::Pair;
using testing::PeerSettings;
using Condition = wire::Vitals::Condition;

constexpr std::uint64_t first_seed = 20'261'123;
constexpr std::uint64_t seeds = 300;
constexpr int steps = 30;

// What can be said of a side, in words: compared as text, so that a difference prints itself.
std::string answers_of(Pair& pair) {
  std::sort(pair.answers.begin(), pair.answers.end(),
            [](const auto& left, const auto& right) { return left.slot < right.slot; });
  std::ostringstream out;
  for (const auto& answer : pair.answers) {
    out << "slot " << answer.slot << " fate " << static_cast<int>(answer.fate) << ' '
        << name_of(answer.reason) << ' ' << answer.status << ' ' << answer.timestamp_ms << '\n';
  }
  return out.str();
}

// `wide`: the peer gives no window back by itself. Otherwise when it does depends on the pieces in
// which it sees bodies, and on that depend room and, since any byte is a sign of life, silence.
std::string vitals_of(const Pair& pair, bool wide) {
  const auto vitals = pair.vitals();
  std::ostringstream out;
  out << "condition " << static_cast<int>(vitals.condition) << " refusal "
      << name_of(vitals.refusal) << " error " << static_cast<int>(vitals.error.code)
      << " in flight " << vitals.in_flight << " wants close " << pair.session->wants_close();
  if (vitals.condition == Condition::open) {  // nghttp2 hears nothing once it said farewell
    out << " limit " << vitals.stream_limit;
  }
  if (wide) {
    const Instant due = pair.session->deadline();
    out << " room " << pair.session->room() << " due in "
        << (due == Instant::never() ? -1 : (due - pair.clock.now()).count());
  }
  out << '\n';
  return out.str();
}

std::string requests_of(const Pair& pair, bool wide) {
  std::ostringstream out;
  for (const auto& [stream, request] : pair.peer.requests) {
    out << stream << (request.complete ? " complete" : " incomplete")
        << (request.reset ? " reset " : " ") << request.reset_code << '\n';
    for (const auto& field : request.fields) {
      out << "  " << field.name << ": " << field.value << '\n';
    }
    out << "  " << request.body << '\n';
  }
  // Not the farewells: nghttp2 leaves its own out where the peer said one.
  out << pair.peer.resets << " resets " << (wide ? pair.peer.pings : 0) << " pings\n";
  return out.str();
}

class Conversation {
 public:
  explicit Conversation(std::uint64_t seed)
      : chance_(seed),
        alert_(chance_.chance(0.5)),
        wide_(chance_.chance(0.5)),
        peers_{.streams = pick({1, 3, 20, 100, 1000}),
               .window = pick({0, 10, 100, 5000, 65'535}),
               .widens_windows = !wide_},
        own_(settings(Framing::muster), peers_),
        other_(settings(Framing::nghttp2), peers_) {
    std::vector<std::string> payloads;
    for (int i = 0; i < 3; ++i) {
      payloads.emplace_back(1 + chance_.below(4096), static_cast<char>('a' + i));
    }
    both([&](Pair& pair) {
      pair.content.alert_payloads = payloads;
      pair.session->connected(pair.clock.now());
      if (wide_) {
        pair.peer.widen(0, 1 << 30);
      }
    });
    carry();
  }

  void step() {
    switch (chance_.below(16)) {
      case 0:
      case 1:
      case 2:
      case 3:
        submit();
        break;
      case 4:
      case 5:
      case 6:
      case 7:
        answer();
        break;
      case 8:
        announce();
        break;
      case 9:
        reset();
        break;
      case 10:
        change();
        break;
      case 11:
        widen();
        break;
      case 12:
        both([](Pair& pair) { pair.peer.ping(); });
        break;
      case 13:
        wait();
        break;
      case 14:
        turn_away();
        break;
      default:
        submit();
        change();  // before a byte of those has left
        break;
    }
    if (chance_.chance(0.9)) {
      carry();
    }
  }

  void end() {
    if (chance_.chance(0.5)) {
      carry();
    }
    both([](Pair& pair) {
      pair.session->lost(Error{ErrorCode::connection_reset, 0}, pair.clock.now());
      pair.collect();
    });
    carried_ = true;
  }

  // Empty: both sides are alike.
  [[nodiscard]] std::string difference() {
    if (!carried_) {
      return "";
    }
    if (own_.peer.broken || other_.peer.broken) {
      return own_.peer.broken ? "the peer does not understand ours" : "… nor nghttp2's";
    }
    const auto of = [this](Pair& pair) {
      return answers_of(pair) + vitals_of(pair, wide_) + requests_of(pair, wide_);
    };
    const auto ours = of(own_);
    const auto others = of(other_);
    return ours == others ? "" : "ours:\n" + ours + "nghttp2's:\n" + others;
  }
  // One side at least has said all: the network would close it, and hear nothing any more.
  [[nodiscard]] bool over() const {
    return carried_ && (own_.session->wants_close() || other_.session->wants_close());
  }
  [[nodiscard]] std::size_t answers() const { return own_.answers.size(); }
  [[nodiscard]] std::size_t submitted() const { return own_.jobs.size(); }
  [[nodiscard]] const std::string& story() const { return story_; }

 private:
  [[nodiscard]] std::uint32_t pick(std::initializer_list<std::uint32_t> from) {
    return *(from.begin() + chance_.below(from.size()));
  }
  [[nodiscard]] SessionSettings settings(Framing framing) const {
    SessionSettings settings = alert_ ? Pair::alert() : Pair::certificate();
    settings.framing = framing;
    return settings;
  }
  template <class Do>
  void both(const Do& what) {
    carried_ = false;
    what(own_);
    what(other_);
  }
  void tell(const std::string& what) { story_ += what + "; "; }

  void carry() {
    tell("carry");
    own_.piece = 1 + chance_.below(chance_.chance(0.5) ? 40 : 20'000);
    other_.piece = 1 + chance_.below(chance_.chance(0.5) ? 40 : 20'000);
    both([](Pair& pair) { pair.turn(); });
    carried_ = true;
  }

  void submit() {
    const auto most = pick({1, 2, 5, 30});
    const auto language = static_cast<std::uint8_t>(chance_.below(4));
    std::uint32_t count = 0;
    for (; count < most && own_.session->room() > 0 && other_.session->room() > 0; ++count) {
      both([&](Pair& pair) {
        const auto slot = static_cast<Slot>(pair.jobs.size());
        pair.add_job();
        pair.jobs.back().language = language;
        pair.session->submit(slot, pair.jobs.back(), pair.content, pair.clock.now());
      });
    }
    tell("submit " + std::to_string(count));
  }

  // A stream whose head both peers have seen and did not end; it is taken from the list.
  [[nodiscard]] std::optional<std::int32_t> open_stream(bool ends) {
    std::vector<std::int32_t> streams;
    for (const auto& [stream, request] : own_.peer.requests) {
      if (!ended_.contains(stream) && !request.reset && other_.peer.requests.contains(stream) &&
          !other_.peer.requests[stream].reset) {
        streams.push_back(stream);
      }
    }
    if (streams.empty()) {
      return std::nullopt;
    }
    const auto stream = streams[chance_.below(streams.size())];
    if (ends) {
      ended_.insert(stream);
    }
    return stream;
  }

  void answer() {
    struct Form {
      int status;
      const char* body;
    };
    constexpr std::array forms{Form{200, ""},
                               Form{200, ""},
                               Form{200, "nobody reads this"},
                               Form{400, R"({"reason":"BadDeviceToken"})"},
                               Form{410, R"({"reason":"Unregistered","timestamp":1700000000123})"},
                               Form{413, R"({"reason":"PayloadTooLarge"})"},
                               Form{429, R"({"reason":"TooManyRequests"})"},
                               Form{500, "<html>"},
                               Form{503, ""},
                               Form{302, ""}};
    for (auto left = pick({1, 1, 10}); left > 0; --left) {
      const auto stream = open_stream(true);
      if (!stream) {
        return;
      }
      const auto& form = forms.at(chance_.below(forms.size()));
      std::vector<std::pair<std::string, std::string>> more;
      if (chance_.chance(0.5)) {
        more.emplace_back("apns-id", own_.peer.requests[*stream].field("apns-id"));
      }
      if (chance_.chance(0.2)) {
        more.emplace_back("x-long", std::string(chance_.below(3000), 'x'));
      }
      const auto body = chance_.chance(0.02) ? std::string(100'000, ' ') : std::string(form.body);
      tell("answer " + std::to_string(*stream) + " by " + std::to_string(form.status));
      both([&](Pair& pair) { pair.peer.respond(*stream, form.status, body, more); });
    }
  }

  void announce() {
    if (const auto stream = open_stream(false)) {
      const auto status = static_cast<int>(pick({100, 103}));
      tell("announce " + std::to_string(*stream));
      both([&](Pair& pair) { pair.peer.announce(*stream, status); });
    }
  }

  void reset() {
    if (const auto stream = open_stream(true)) {
      const auto code = static_cast<std::uint32_t>(chance_.below(15));
      tell("reset " + std::to_string(*stream) + " by " + std::to_string(code));
      both([&](Pair& pair) { pair.peer.reset(*stream, code); });
    }
  }

  void change() {
    std::vector<nghttp2_settings_entry> entries;
    if (chance_.chance(0.4)) {
      entries.push_back({NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, pick({0, 1, 5, 100, 4000})});
    }
    if (chance_.chance(0.4)) {
      entries.push_back(
          {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, pick({0, 7, 1000, 65'535, 1'000'000})});
    }
    if (chance_.chance(0.4)) {
      entries.push_back({NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, pick({0, 100, 4096, 100'000})});
    }
    std::ostringstream words;
    for (const auto& entry : entries) {
      words << "setting " << entry.settings_id << " to " << entry.value << ' ';
    }
    tell(words.str());
    both([&](Pair& pair) { pair.peer.change(entries); });
  }

  void widen() {
    const auto stream = chance_.chance(0.5) ? open_stream(false).value_or(0) : 0;
    const auto by = static_cast<std::int32_t>(pick({1, 100, 5000, 1'000'000}));
    tell("widen " + std::to_string(stream) + " by " + std::to_string(by));
    both([&](Pair& pair) { pair.peer.widen(stream, by); });
  }

  void wait() {
    if (!carried_) {
      carry();
    }
    const auto by = std::chrono::seconds(pick({1, 5, 10, 30}));
    if (wide_ && chance_.chance(0.1)) {  // a peer that has gone: nothing is carried
      tell("silence");
      both([&](Pair& pair) {
        pair.clock.turn(by);
        pair.session->expire(pair.clock.now());
        pair.send();
      });
      return;
    }
    tell("wait " + std::to_string(by.count()));
    both([&](Pair& pair) { pair.wait(by); });
  }

  void turn_away() {
    if (chance_.chance(0.7)) {
      return;
    }
    if (chance_.chance(0.3)) {
      tell("drain");
      both([](Pair& pair) { pair.session->drain(pair.clock.now()); });
      return;
    }
    std::int32_t last = pick({0, 1, 2, 3}) == 0 ? 0 : INT32_MAX;
    if (const auto& seen = own_.peer.requests; !seen.empty() && chance_.chance(0.7)) {
      last =
          std::next(seen.begin(), static_cast<std::ptrdiff_t>(chance_.below(seen.size())))->first;
    }
    last = std::min(last, goaway_last_);
    goaway_last_ = last;
    tell("goaway " + std::to_string(last));
    const char* said = chance_.chance(0.5) ? R"({"reason":"Shutdown"})" : "";
    both([&](Pair& pair) { pair.peer.say_goaway(last, said); });
    for (const auto& [stream, request] : own_.peer.requests) {
      if (stream > last) {
        ended_.insert(stream);
      }
    }
  }

  Random chance_;
  bool alert_;
  bool wide_;  // the connection's window, once and for all
  PeerSettings peers_;
  Pair own_;
  Pair other_;
  std::set<std::int32_t> ended_;  // streams that the peers answered or reset
  std::int32_t goaway_last_ = INT32_MAX;
  bool carried_ = false;
  std::string story_;
};

// What is wrong with the conversation of a seed; empty: nothing.
std::string trouble_of(std::uint64_t seed) {
  Conversation conversation(seed);
  for (int i = 0; i < steps && !conversation.over(); ++i) {
    conversation.step();
    if (auto difference = conversation.difference(); !difference.empty()) {
      return conversation.story() + '\n' + difference;
    }
  }
  conversation.end();
  if (conversation.answers() != conversation.submitted()) {
    return conversation.story() + "\nnot one answer for each slot";
  }
  const auto difference = conversation.difference();
  return difference.empty() ? "" : conversation.story() + '\n' + difference;
}

TEST(ApnsFramings, AreToldApartByNobody) {
  if (framing_under_test() == Framing::nghttp2) {
    GTEST_SKIP() << "the other run of this program has both";
  }
  log::set_level(log::Level::error);
  const char* chosen = std::getenv("MUSTER_SEED");
  const char* many = std::getenv("MUSTER_SEEDS");
  const auto number = [](const char* text) { return std::strtoull(text, nullptr, 10); };
  const std::uint64_t first = chosen == nullptr ? first_seed : number(chosen);
  const std::uint64_t count = many != nullptr ? number(many) : chosen == nullptr ? seeds : 1;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    ASSERT_EQ(trouble_of(seed), "") << "to repeat: MUSTER_SEED=" << seed;
  }
  log::set_level(log::Level::warning);
}

}  // namespace
}  // namespace muster::apns
