// What only Active Directory does: parts of members, in-chain, SIDs; and answers that make no
// sense. Everything that OpenLDAP can do is asked of OpenLDAP (tests/e2e/test_directory.py).
#include "directory/reading.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "directory/text.h"

namespace muster::directory {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

class ScriptedServer final : public Server {
 public:
  Result<void, Complaint> search(const Search& search, const Visit& visit) override {
    asked.push_back(search);
    for (const auto& [base, filter, attribute, entry] : answers) {
      const bool meant = base == search.base && (filter.empty() || filter == search.filter) &&
                         (attribute.empty() || search.attributes.front() == attribute);
      if (meant) {
        if (auto visited = visit(entry); !visited) {
          return visited;
        }
      }
    }
    return {};
  }
  std::string dn_key(const std::string& dn) const override { return lower(dn); }

  struct Answer {
    std::string base;
    std::string filter;     // empty: any
    std::string attribute;  // the first that is asked for; empty: any
    Entry entry;
  };
  std::vector<Answer> answers;
  std::vector<Search> asked;
};

const std::string base = "dc=x";
const std::string people = "(&(objectCategory=person)(objectClass=user))";
const std::string groups = "(objectClass=group)";

class DirectoryReading : public testing::Test {
 protected:
  DirectoryReading() {
    plan_.url = "ldap://ad/";
    plan_.kind = Kind::active_directory;
    plan_.base = "DC=X";
  }
  void user(const std::string& id) {
    server_.answers.push_back(
        {base, people, "objectGUID",
         Entry{"cn=" + id + ",dc=x", {{"objectGUID", {"guid-" + id}}, {"sAMAccountName", {id}}}}});
  }
  void group(const std::string& id, std::vector<Attribute> more) {
    Entry entry{"cn=" + id + ",dc=x", {{"objectGUID", {"guid-" + id}}, {"sAMAccountName", {id}}}};
    entry.attributes.insert(entry.attributes.end(), more.begin(), more.end());
    server_.answers.push_back({base, groups, "objectGUID", std::move(entry)});
  }
  ScriptedServer server_;
  Plan plan_;
};

TEST_F(DirectoryReading, MembersThatComeByPartsAreAskedForUntilTheLast) {
  user("ann");
  user("bob");
  user("cid");
  group("all", {{"member", {}}, {"member;range=0-0", {"CN=ann,DC=X"}}});
  server_.answers.push_back({"cn=all,dc=x", "", "member;range=1-*",
                             Entry{"cn=all,dc=x", {{"member;range=1-1", {"CN=bob,DC=X"}}}}});
  server_.answers.push_back({"cn=all,dc=x", "", "member;range=2-*",
                             Entry{"cn=all,dc=x", {{"member;range=2-*", {"CN=cid,DC=X"}}}}});
  const auto read = read_from(server_, plan_);
  ASSERT_TRUE(read) << read.error().line_of_text();
  EXPECT_THAT(read->groups[0].users, ElementsAre(0, 1, 2));
  EXPECT_EQ(server_.asked.size(), 4U);
}

TEST_F(DirectoryReading, APartWithoutValuesIsTheLast) {
  user("ann");
  group("all", {{"member;range=0-0", {"CN=ann,DC=X"}}});
  server_.answers.push_back(
      {"cn=all,dc=x", "", "member;range=1-*", Entry{"cn=all,dc=x", {{"member;range=1-1", {}}}}});
  const auto read = read_from(server_, plan_);
  ASSERT_TRUE(read);
  EXPECT_EQ(server_.asked.size(), 3U);
}

TEST_F(DirectoryReading, InChainTheServerSaysWhoIsInAGroup) {
  plan_.in_chain = true;
  user("ann");
  user("bob");
  group("a(1)", {{"member", {"CN=ann,DC=X"}}});
  server_.answers.push_back(
      {base, "(&" + people + "(memberOf:1.2.840.113556.1.4.1941:=cn=a\\281\\29,dc=x))", "",
       Entry{"cn=bob,dc=x", {}}});
  const auto read = read_from(server_, plan_);
  ASSERT_TRUE(read);
  EXPECT_THAT(read->groups[0].users, ElementsAre(1));
  EXPECT_THAT(server_.asked.back().attributes, ElementsAre("1.1"));
}

TEST_F(DirectoryReading, WithoutABaseTheServerIsAsked) {
  plan_.base.clear();
  server_.answers.push_back(
      {"", "", "", Entry{"", {{"defaultNamingContext", {"DC=X"}}, {"namingContexts", {"o=y"}}}}});
  user("ann");
  const auto read = read_from(server_, plan_);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->base, "dc=x");
}

TEST_F(DirectoryReading, AServerThatKnowsNoBaseIsTold) {
  plan_.base.clear();
  const auto read = read_from(server_, plan_);
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().line_of_text(), HasSubstr("set base in [directory]"));
}

TEST_F(DirectoryReading, WithoutAnyUserSomethingIsWrong) {
  group("all", {});
  const auto read = read_from(server_, plan_);
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().line_of_text(), HasSubstr("no users below 'dc=x'"));
}

TEST_F(DirectoryReading, EntriesWithoutAnIdAreLeftOut) {
  user("ann");
  user("ann");  // the same id twice
  server_.answers.push_back(
      {base, people, "objectGUID", Entry{"cn=nobody,dc=x", {{"sAMAccountName", {"nobody"}}}}});
  const auto read = read_from(server_, plan_);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->users.size(), 1U);
  EXPECT_THAT(read->warnings, Contains(HasSubstr("2 entries have no id")));
}

TEST_F(DirectoryReading, OnlyAttributesThatAreMeantAreAskedFor) {
  plan_.attributes.email = "-";
  plan_.attributes.location = "departmentNumber, l";
  user("ann");
  ASSERT_TRUE(read_from(server_, plan_));
  EXPECT_THAT(server_.asked[0].attributes,
              ElementsAre("objectGUID", "sAMAccountName", "displayName", "cn", "preferredLanguage",
                          "departmentNumber", "l", "userAccountControl", "primaryGroupID"));
}

}  // namespace
}  // namespace muster::directory
