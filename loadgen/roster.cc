#include "loadgen/roster.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include "base/bytes.h"
#include "base/random.h"
#include "loadgen/csv.h"
#include "loadgen/smtp_command.h"
#include "model/id.h"

namespace muster::loadgen {
namespace {

constexpr std::uint64_t users_per_report = 4096;
constexpr double a_quarter = 0.25;                // every fourth user, as it always was
constexpr std::uint64_t parents_twice_every = 3;  // of the groups
constexpr std::uint64_t members_twice_every = 7;  // of the users

template <std::size_t size>
std::string_view pick(Random& random, const std::array<std::string_view, size>& from) {
  return from[random.below(size)];
}

std::string numbered(std::string_view prefix, std::uint64_t number, std::size_t digits) {
  const auto text = std::to_string(number);
  std::string made(prefix);
  made.append(digits > text.size() ? digits - text.size() : 0, '0');
  return made + text;
}

std::string user_id(std::uint64_t user) {
  return numbered("u", user, 7);
}

// A person nobody is called like: two syllables, two syllables, and a number.
std::string full_name(Random& random, std::uint64_t user) {
  static constexpr std::array<std::string_view, 12> first{"Sö", "Lé", "Ma", "Jö", "Ni", "Ço",
                                                          "Ta", "Ry", "Åm", "Ve", "Šu", "Łi"};
  static constexpr std::array<std::string_view, 8> second{"ra",  "mé", "lin", "vo",
                                                          "küs", "na", "bel", "ñi"};
  static constexpr std::array<std::string_view, 10> third{"Lévan", "Strö", "Ombra", "Kvis", "Dûr",
                                                          "Tolim", "Żar",  "Pælo",  "Wex",  "Hjun"};
  static constexpr std::array<std::string_view, 6> fourth{"to", "nag", "wick", "mür", "sel", "ska"};
  std::string name(pick(random, first));
  name += pick(random, second);
  // Now and then a name that a careless CSV reader breaks on.
  name += user % 97 == 0 ? " \"Mo\", " : " ";
  name += pick(random, third);
  name += pick(random, fourth);
  return numbered(name + " ", user, 6);
}

// Tokens never meet: the first eight bytes are a bijection of the ordinal (splitmix64's finaliser),
// the others are chance.
std::string push_token(Random& random, std::uint64_t seed, std::uint64_t ordinal) {
  std::uint64_t mixed = ordinal + seed;
  mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
  mixed ^= mixed >> 31U;
  std::array<Byte, 32> token{};
  put(token.data(), mixed);
  for (std::size_t i = 8; i < token.size(); i += 8) {
    put(token.data() + i, random.next());
  }
  return to_hex(token);
}

std::string push_magic(Random& random) {
  std::array<Byte, 16> bytes{};
  put(bytes.data(), random.next());
  put(bytes.data() + 8, random.next());
  bytes[6] = static_cast<Byte>((bytes[6] & 0x0fU) | 0x40U);
  bytes[8] = static_cast<Byte>((bytes[8] & 0x3fU) | 0x80U);
  auto text = uuid_text(bytes);
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return text;
}

std::string serial(Random& random) {
  static constexpr std::string_view letters = "CDFGHJKLMNPQRTVWXY0123456789";
  std::string text(12, ' ');
  for (auto& c : text) {
    c = letters[random.below(letters.size())];
  }
  return text;
}

// ── groups ──

std::string group_id(std::size_t level, std::uint32_t index) {
  return numbered("g" + std::to_string(level + 1) + "-", index, 4);
}

Result<void, Complaint> write_groups(const RosterWishes& wishes,
                                     const std::vector<std::uint32_t>& levels) {
  auto file = CsvWriter::create(wishes.dir + "/groups.csv");
  if (!file) {
    return tl::unexpected(file.error());
  }
  file->row(std::array<std::string_view, 3>{"group_id", "name", "managed_distribution"});
  file->row(std::array<std::string_view, 3>{"all", "All of the school", "on"});
  for (std::size_t level = 0; level < levels.size(); ++level) {
    const bool holds_users = level + 1 == levels.size();
    for (std::uint32_t i = 0; i < levels[level]; ++i) {
      const auto name = numbered(holds_users ? "Classe " : "Abteilung ", i, 4) + " (level " +
                        std::to_string(level + 1) + ")";
      file->row(std::array<std::string_view, 3>{group_id(level, i), name, "on"});
    }
  }
  return file->close();
}

// Every group has a parent on the level above; some have two, which makes diamonds.
void write_memberships_of_groups(CsvWriter& file, const std::vector<std::uint32_t>& levels) {
  const auto row = [&file](const std::string& parent, const std::string& child) {
    file.row(std::array<std::string_view, 3>{parent, "", child});
  };
  for (std::size_t level = 0; level < levels.size(); ++level) {
    for (std::uint32_t i = 0; i < levels[level]; ++i) {
      const auto id = group_id(level, i);
      if (level == 0) {
        row("all", id);
        continue;
      }
      const auto above = levels[level - 1];
      const auto parent = static_cast<std::uint32_t>(std::uint64_t{i} * above / levels[level]);
      row(group_id(level - 1, parent), id);
      if (i % parents_twice_every == 0) {
        // The neighbour, or where there is none the root itself.
        row(above > 1 ? group_id(level - 1, (parent + 1) % above) : "all", id);
      }
    }
  }
}

// ── users and devices ──

// Whether a user is one of a share of them. Not drawn from the stream of chance that makes names
// and tokens: a roster without such shares stays as it always was, and with them everybody else's
// rows do.
bool one_of_share(double share, const RosterWishes& wishes, std::uint64_t user,
                  std::uint64_t question) {
  return share > 0 && Random(wishes.seed * 4 + question + (user << 20U)).chance(share);
}
constexpr std::uint64_t question_device = 1;
constexpr std::uint64_t question_mail = 2;
constexpr std::uint64_t question_another = 3;
// Beyond what users and seeds make of the sum.
constexpr std::uint64_t question_tv = std::uint64_t{4} << 60U;
constexpr std::uint64_t question_shared = std::uint64_t{5} << 60U;
constexpr std::uint64_t question_enrollment = std::uint64_t{6} << 60U;
constexpr std::uint64_t question_account = std::uint64_t{7} << 60U;

struct Files {
  CsvWriter users;
  CsvWriter members;
  CsvWriter devices;
};

struct Belonging {
  std::uint64_t user;
  std::uint32_t index;
  std::string_view owner;
};

// The device a user has beyond the others has a number of its own, far from all.
std::uint64_t ordinal_of(const RosterWishes& wishes, const Belonging& device) {
  constexpr std::uint64_t apart = std::uint64_t{1} << 42U;
  return device.index < wishes.devices_per_user
             ? device.user * wishes.devices_per_user + device.index
             : apart + device.user;
}

struct Kind {
  std::string_view platform;
  std::string_view product;
  std::string_view enrollment;
};

Kind kind_of(const RosterWishes& wishes, std::uint64_t ordinal, Kind drawn) {
  if (one_of_share(wishes.tv_share, wishes, ordinal, question_tv)) {
    return {"tvOS", "Apple TV", "device"};
  }
  if (drawn.platform != "macOS" &&
      one_of_share(wishes.shared_share, wishes, ordinal, question_shared)) {
    return {"iPadOS", "iPad", "shared"};
  }
  if (one_of_share(wishes.user_enrollment, wishes, ordinal, question_enrollment)) {
    drawn.enrollment = "user";
  }
  return drawn;
}

// nullptr: draws and writes nothing.
void write_device(CsvWriter* file, Random& random, const RosterWishes& wishes,
                  const Belonging& belonging) {
  const auto& [user, index, owner] = belonging;
  const auto ordinal = ordinal_of(wishes, belonging);
  const bool mac = random.chance(wishes.mac_share);
  const bool phone = !mac && random.chance(0.5);
  const auto kind = kind_of(wishes, ordinal,
                            mac     ? Kind{"macOS", "MacBook", "device"}
                            : phone ? Kind{"iOS", "iPhone", "device"}
                                    : Kind{"iPadOS", "iPad", "device"});
  const auto id = numbered("d", user, 7) + "-" + std::to_string(index + 1);
  const auto name = std::string(kind.product) + " of " + std::string(owner);
  const auto token = push_token(random, wishes.seed, ordinal * 2);
  const auto magic = push_magic(random);
  // A Mac's user channel is drawn where it always was, a Shared iPad's aside.
  Random aside(wishes.seed ^ ordinal << 24U);
  auto& channel = mac ? random : aside;
  const bool shared = kind.enrollment == "shared";
  auto user_token = mac || shared ? push_token(channel, wishes.seed, ordinal * 2 + 1) : "";
  auto user_magic = mac || shared ? push_magic(channel) : "";
  if (kind.platform == "tvOS") {
    user_token.clear();
    user_magic.clear();
  }
  const auto number = serial(random);
  if (file != nullptr) {
    file->row(std::array<std::string_view, 11>{id, name, user_id(user), kind.platform, number,
                                               kind.enrollment, wishes.topic, token, magic,
                                               user_token, user_magic});
  }
}

std::string address_of(const RosterWishes& wishes, std::uint64_t user) {
  auto address = numbered("user", user, 7) + "@";
  if (wishes.mail_domains > 1) {
    address += "d" + std::to_string(user % wishes.mail_domains) + ".";
  }
  return address + wishes.mail_domain;
}

void write_user(Files& files, Random& random, const RosterWishes& wishes, std::uint64_t user,
                const std::vector<std::uint32_t>& levels) {
  static constexpr std::array<std::string_view, 3> languages{"en", "de", "fr"};
  const auto id = user_id(user);
  const auto name = full_name(random, user);
  const bool reachable = !one_of_share(wishes.without_mail, wishes, user, question_mail);
  const auto email = reachable ? address_of(wishes, user) : std::string();
  const bool without_account =
      wishes.without_account == a_quarter
          ? user % 4 == 0
          : one_of_share(wishes.without_account, wishes, user, question_account);
  const auto account =
      without_account ? std::string() : numbered("user", user, 7) + "@account.school.example";
  files.users.row(std::array<std::string_view, 7>{id, name, email, pick(random, languages), account,
                                                  "", "default"});
  if (levels.empty()) {
    files.members.row(std::array<std::string_view, 3>{"all", id, ""});
  } else {
    const auto last = levels.size() - 1;
    const auto home = static_cast<std::uint32_t>(user * levels[last] / wishes.users);
    files.members.row(std::array<std::string_view, 3>{group_id(last, home), id, ""});
    if (user % members_twice_every == 0 && levels[last] > 1) {
      const auto other = group_id(last, (home + 1) % levels[last]);
      files.members.row(std::array<std::string_view, 3>{other, id, ""});
    }
  }
  // What such a user's devices would have drawn is drawn all the same: the next user is as ever.
  const bool equipped = !one_of_share(wishes.without_device, wishes, user, question_device);
  for (std::uint32_t i = 0; i < wishes.devices_per_user; ++i) {
    write_device(equipped ? &files.devices : nullptr, random, wishes, {user, i, name});
  }
  if (equipped && one_of_share(wishes.another_device, wishes, user, question_another)) {
    Random own(wishes.seed ^ (user + 1) << 24U);
    write_device(&files.devices, own, wishes, {user, wishes.devices_per_user, name});
  }
}

void write_headers(Files& files) {
  files.users.row(std::array<std::string_view, 7>{"user_id", "full_name", "email", "language",
                                                  "managed_apple_account", "managed_distribution",
                                                  "location"});
  files.members.row(std::array<std::string_view, 3>{"group_id", "user_id", "member_group_id"});
  files.devices.row(std::array<std::string_view, 11>{
      "device_id", "name", "user_id", "platform", "serial", "enrollment", "topic", "push_token",
      "push_magic", "user_push_token", "user_push_magic"});
}

bool shares_are_good(const RosterWishes& wishes) {
  const std::array shares{wishes.another_device, wishes.tv_share, wishes.shared_share,
                          wishes.user_enrollment, wishes.without_account};
  return std::all_of(shares.begin(), shares.end(),
                     [](double share) { return share >= 0 && share <= 1; });
}

Result<void, Complaint> check(const RosterWishes& wishes) {
  Complaint complaint;
  if (wishes.users == 0) {
    complaint.found = "no users wished";
    complaint.expected = "--users of at least 1";
  } else if (wishes.nesting > 0 && wishes.groups < wishes.nesting) {
    complaint.found = std::to_string(wishes.groups) + " groups cannot nest " +
                      std::to_string(wishes.nesting) + " levels deep";
    complaint.expected = "at least a group a level";
    complaint.mend = "raise --groups or lower --nesting";
  } else if (wishes.mail_domains == 0 || !valid_host(wishes.mail_domain)) {
    complaint.found = wishes.mail_domains == 0 ? "no mail domains wished"
                                               : "'" + wishes.mail_domain + "' is no domain";
    complaint.expected = "--mail-domains of at least 1, of a domain";
  } else if (wishes.mac_share < 0 || wishes.mac_share > 1) {
    complaint.found = "a share of Macs outside 0 … 1";
  } else if (wishes.without_device < 0 || wishes.without_device > 1 || wishes.without_mail < 0 ||
             wishes.without_mail > 1 || !shares_are_good(wishes)) {
    complaint.found = "a share of users or devices outside 0 … 1";
  } else if (::mkdir(wishes.dir.c_str(), 0700) != 0 && errno != EEXIST) {
    complaint.file = wishes.dir;
    complaint.found = "cannot make the folder: " + std::generic_category().message(errno);
    complaint.cause = error_of_errno(errno);
  } else {
    return {};
  }
  return tl::unexpected(std::move(complaint));
}

}  // namespace

std::vector<std::uint32_t> level_sizes(std::uint32_t groups, std::uint32_t nesting) {
  std::vector<std::uint32_t> sizes(nesting, 1);
  if (nesting == 0) {
    return sizes;
  }
  auto left = groups - nesting;
  for (std::uint32_t level = 0; level + 1 < nesting; ++level) {
    const auto halvings = std::min(nesting - level, 31U);
    const auto more = std::min(left, groups >> halvings);
    sizes[level] += more;
    left -= more;
  }
  sizes.back() += left;
  return sizes;
}

Result<void, Complaint> make_roster(const RosterWishes& wishes, const RosterProgress& progress) {
  if (auto fine = check(wishes); !fine) {
    return fine;
  }
  const auto levels = level_sizes(wishes.groups, wishes.nesting);
  if (auto groups = write_groups(wishes, levels); !groups) {
    return groups;
  }
  auto users = CsvWriter::create(wishes.dir + "/users.csv");
  auto members = CsvWriter::create(wishes.dir + "/members.csv");
  auto devices = CsvWriter::create(wishes.dir + "/devices.csv");
  for (const auto* file : {&users, &members, &devices}) {
    if (!*file) {
      return tl::unexpected(file->error());
    }
  }
  Files files{std::move(*users), std::move(*members), std::move(*devices)};
  write_headers(files);
  write_memberships_of_groups(files.members, levels);
  Random random(wishes.seed);
  for (std::uint64_t user = 0; user < wishes.users; ++user) {
    write_user(files, random, wishes, user, levels);
    if (progress && (user + 1) % users_per_report == 0) {
      progress(user + 1, wishes.users);
    }
  }
  for (auto* file : {&files.users, &files.members, &files.devices}) {
    if (auto closed = file->close(); !closed) {
      return closed;
    }
  }
  if (progress) {
    progress(wishes.users, wishes.users);
  }
  return {};
}

}  // namespace muster::loadgen
