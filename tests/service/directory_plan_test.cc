#include "service/directory_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

namespace muster::service {
namespace {

using testing::HasSubstr;

class DirectoryPlan : public testing::Test {
 protected:
  DirectoryPlan() {
    file_ = testing::TempDir() + "directory-password";
    std::ofstream(file_) << "secret\n";
    ::chmod(file_.c_str(), 0600);
    settings_.url = "ldap://Od.School.example:389/";
    settings_.base = "dc=school";
    settings_.bind_dn = "cn=reader";
    settings_.password_file = file_;
  }
  ~DirectoryPlan() override { ::unlink(file_.c_str()); }
  directory::Plan plan(const std::string& address, const std::string& format = "") {
    auto made = plan_of(settings_, address, format);
    EXPECT_TRUE(made) << made.failure().line;
    return made ? *made : directory::Plan{};
  }
  std::string refusal(const std::string& address, const std::string& format = "") {
    const auto made = plan_of(settings_, address, format);
    return made ? "it was taken" : made.failure().line;
  }
  std::string file_;
  DirectorySettings settings_;
};

TEST_F(DirectoryPlan, TheServerOfTheSettingsHearsTheLogin) {
  for (const auto* address : {"ldap://od.school.example", "ldap://od.school.example:389/",
                              "ldap://OD.school.example/dc=x"}) {
    EXPECT_EQ(plan(address).password, "secret") << address;
    EXPECT_EQ(plan(address).bind_dn, "cn=reader") << address;
  }
}

TEST_F(DirectoryPlan, NoOtherServerHearsIt) {
  for (const auto* address : {"ldap://od.school.example:390/", "ldaps://od.school.example/",
                              "ldap://od.school.example.evil/", "ldap://evil/"}) {
    EXPECT_EQ(plan(address).password, "") << address;
    EXPECT_EQ(plan(address).bind_dn, "") << address;
  }
}

TEST_F(DirectoryPlan, WithoutAServerInTheSettingsEveryOneIsReadAsNobody) {
  settings_ = {};
  EXPECT_EQ(plan("ldap://host/").bind_dn, "");
  EXPECT_EQ(plan("ldap://host/").url, "ldap://host/");
}

TEST_F(DirectoryPlan, ABaseBehindTheAddressCounts) {
  EXPECT_EQ(plan("ldap://host/").base, "dc=school");
  EXPECT_EQ(plan("ldap://host/ou=a%20b,dc=x").base, "ou=a b,dc=x");
  EXPECT_EQ(plan("ldap://host/ou=a,dc=x").url, "ldap://host/");
}

TEST_F(DirectoryPlan, TheFormatIsTheKind) {
  settings_.nesting = "in-chain";
  EXPECT_EQ(plan("ldap://host").kind, directory::Kind::generic);
  EXPECT_EQ(plan("ldap://host", "open-directory").kind, directory::Kind::open_directory);
  EXPECT_TRUE(plan("ldap://host", "active-directory").in_chain);
  EXPECT_FALSE(plan("ldap://host", "open-directory").in_chain);
  EXPECT_THAT(refusal("ldap://host", "csv"), HasSubstr("expected open-directory"));
}

TEST_F(DirectoryPlan, WhatIsNoAddressIsRefused) {
  for (const auto* address : {"ldap://", "ldap:///dc=x", "ldap://host/%zz", "ldap://host/%0",
                              "ldap://host/dc=x?uid", "ldap://user@host/", "ldap://a b/"}) {
    EXPECT_THAT(refusal(address), HasSubstr("no address of a directory")) << address;
  }
  EXPECT_TRUE(is_directory_address("ldaps://host"));
  EXPECT_FALSE(is_directory_address("users.csv"));
}

TEST_F(DirectoryPlan, APasswordThatOthersMayReadIsRefused) {
  ::chmod(file_.c_str(), 0644);
  EXPECT_THAT(refusal("ldap://od.school.example/"), HasSubstr("directory-password"));
}

}  // namespace
}  // namespace muster::service
