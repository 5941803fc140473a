// Any bytes as the files of a school: no crash, and what is read hangs together. The input holds
// the files one behind the other, each behind a line "=== name".
#include <map>
#include <optional>
#include <string>

#include "roster/school_reader.h"
#include "tests/fuzz/target.h"

namespace muster::fuzz {
namespace {

class Text final : public roster::ByteSource {
 public:
  explicit Text(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] Result<std::size_t, Complaint> read(char* into, std::size_t bytes_max) override {
    const auto bytes = text_.copy(into, bytes_max, at_);
    at_ += bytes;
    return bytes;
  }
  [[nodiscard]] std::uint64_t bytes_total() const override { return text_.size(); }

 private:
  std::string text_;
  std::size_t at_ = 0;
};

class Files final : public roster::SchoolFiles {
 public:
  explicit Files(std::string_view input) : SchoolFiles("school") {
    constexpr std::string_view mark = "=== ";
    while (input.starts_with(mark)) {
      const auto end = std::min(input.find('\n'), input.size());
      const std::string name(input.substr(mark.size(), end - mark.size()));
      input.remove_prefix(std::min(end + 1, input.size()));
      const auto next = std::min(input.find("\n=== "), input.size());
      const auto text = input.substr(0, std::min(next + 1, input.size()));
      if (texts_.emplace(name, text).second) {
        names_.push_back(name);
      }
      input.remove_prefix(text.size());
    }
  }
  [[nodiscard]] Result<roster::TextFile, Complaint> open(const std::string& name) const override {
    return roster::TextFile::over(std::make_unique<Text>(texts_.at(name)), path_of(name));
  }

 private:
  std::map<std::string, std::string> texts_;
};

void check(const roster::School& school) {
  for (const auto& user : school.users) {
    demand(!user.id.empty() && user.file < school.files.size(), "a user has an id and a file");
  }
  const auto ascend = [](const std::vector<std::uint32_t>& places, std::size_t past) {
    for (std::size_t i = 0; i < places.size(); ++i) {
      demand(places[i] < past && (i == 0 || places[i] > places[i - 1]),
             "members are there, in order, once each");
    }
  };
  for (const auto& group : school.groups) {
    demand(group.id.find('/') != std::string::npos, "a group's id says its kind");
    ascend(group.users, school.users.size());
    ascend(group.users_leaving, school.users.size());
    ascend(group.groups, school.groups.size());
  }
}

}  // namespace
}  // namespace muster::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;
  const fuzz::Files files(as_text({data, size}));
  const auto kind = roster::school_kind(files);
  if (!kind || *kind == roster::SchoolKind::none) {
    return 0;
  }
  const auto known = [](roster::Kin, const std::string& id) -> Result<bool> {
    return id.size() % 2 == 0;
  };
  const auto school = roster::read_school(files, *kind, known, nullptr);
  if (!school) {
    fuzz::demand(!school.error().found.empty(), "a complaint says what was found");
    return 0;
  }
  fuzz::check(*school);
  return 0;
}
