#include "loadgen/behaviour_file.h"

#include <array>
#include <utility>

#include "loadgen/fault_reader.h"

namespace muster::loadgen {
namespace {

using Kind = BehaviourRule::Kind;
using Trouble = BehaviourRule::Trouble;
using When = BehaviourRule::When;

constexpr std::array<FaultReader::Name<Kind>, 13> kinds{{{"silent", Kind::silent},
                                                         {"error", Kind::error},
                                                         {"check_out", Kind::check_out},
                                                         {"not_now", Kind::not_now},
                                                         {"rotate", Kind::rotate},
                                                         {"late", Kind::late},
                                                         {"twice", Kind::twice},
                                                         {"lost", Kind::lost},
                                                         {"binary", Kind::binary},
                                                         {"fresh_token", Kind::fresh_token},
                                                         {"no_user_channel", Kind::no_user_channel},
                                                         {"accept", Kind::accept},
                                                         {"cancel", Kind::cancel}}};
constexpr std::array<FaultReader::Name<Trouble>, 4> troubles{
    {{"error", Trouble::error},
     {"format", Trouble::format},
     {"invalid_program", Trouble::invalid_program},
     {"invalid_url", Trouble::invalid_url}}};
constexpr std::array<FaultReader::Name<When>, 2> times_of_leaving{
    {{"woken", When::woken}, {"handed", When::handed}}};
constexpr std::array<FaultReader::Name<When>, 2> times_of_rotation{
    {{"woken", When::woken}, {"pushed", When::pushed}}};
constexpr std::array<FaultReader::Name<bool>, 2> ways_again{{{"itself", true}, {"pushed", false}}};

constexpr std::int64_t day_ms = 86'400'000;

Duration milliseconds(FaultReader& reader, std::string_view key, std::int64_t otherwise) {
  return std::chrono::milliseconds(reader.whole(key, otherwise, 0, day_ms));
}

// The value of a key that may be absent; otherwise one of these names.
template <class Names, class T>
Result<void, Complaint> choose(FaultReader& reader, std::string_view key, const Names& names,
                               T& to) {
  if (!reader.has(key)) {
    return {};
  }
  const auto found = reader.named(key, names);
  if (!found) {
    return tl::unexpected(found.error());
  }
  to = *found;
  return {};
}

void read_span(FaultReader& reader, BehaviourRule& rule) {
  rule.least = milliseconds(reader, "least_ms", 0);
  const auto least = std::chrono::duration_cast<std::chrono::milliseconds>(rule.least).count();
  rule.most = milliseconds(reader, "most_ms", least);
  if (rule.most < rule.least) {
    reader.complain("most_ms is below least_ms");
  }
}

// What the kind has besides its share.
Result<void, Complaint> read_what(FaultReader& reader, BehaviourRule& rule) {
  switch (rule.kind) {
    case Kind::error:
      return choose(reader, "as", troubles, rule.trouble);
    case Kind::check_out:
      return choose(reader, "when", times_of_leaving, rule.when);
    case Kind::rotate:
      rule.pause = milliseconds(reader, "pause_ms", 0);
      return choose(reader, "when", times_of_rotation, rule.when);
    case Kind::not_now:
      rule.times = static_cast<std::uint32_t>(reader.whole("times", 1, 1, 1000));
      rule.pause = milliseconds(reader, "pause_ms", 0);
      return choose(reader, "again", ways_again, rule.by_itself);
    case Kind::late:
    case Kind::accept:
      read_span(reader, rule);
      return {};
    default:
      return {};
  }
}

Result<BehaviourRule, Complaint> read_rule(FaultReader& reader, const Behaviour& before) {
  BehaviourRule rule;
  const auto kind = reader.named("kind", kinds);
  if (!kind) {
    return tl::unexpected(kind.error());
  }
  rule.kind = *kind;
  if (!reader.has("share")) {
    reader.complain("a rule without a share", "share = 0 … 1");
  }
  rule.share = reader.share("share");
  if (auto read = read_what(reader, rule); !read) {
    return tl::unexpected(read.error());
  }
  // A little more than 1, for what adding up decimal fractions makes of 1.
  if (before.share_of(question_of(rule.kind)) + rule.share > 1 + 1e-9) {
    reader.complain("the shares of this rule and of those before it are more than everybody",
                    "shares of one question that add up to at most 1");
  }
  if (auto done = reader.done("devices"); !done) {
    return tl::unexpected(done.error());
  }
  return rule;
}

}  // namespace

Result<Behaviour, Complaint> read_behaviour(const std::string& text, const std::string& name) {
  Behaviour behaviour;
  const auto seed = read_fault_tables(
      text, name,
      [&behaviour](FaultReader& reader) -> Result<void, Complaint> {
        auto rule = read_rule(reader, behaviour);
        if (!rule) {
          return tl::unexpected(rule.error());
        }
        behaviour.rules.push_back(*rule);
        return {};
      },
      "behaviour");
  if (!seed) {
    return tl::unexpected(seed.error());
  }
  behaviour.seed = *seed;
  return behaviour;
}

Result<Behaviour, Complaint> read_behaviour_file(const std::string& file) {
  const auto text = read_fault_text(file);
  if (!text) {
    return tl::unexpected(text.error());
  }
  return read_behaviour(*text, file);
}

}  // namespace muster::loadgen
