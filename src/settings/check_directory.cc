#include "settings/check_directory.h"

#include "settings/check.h"
#include "settings/complain.h"

namespace muster::settings {
namespace {

Result<void, Complaint> check_login(const DirectorySettings& directory, const Origins& origins) {
  const bool secured = directory.start_tls || directory.url.starts_with("ldaps://");
  if (directory.bind_dn.empty()) {
    return directory.password_file.empty()
               ? Result<void, Complaint>{}
               : complain_about(origins, "directory.password_file", "directory.password_file",
                                {"directory.password_file is nobody's password",
                                 "directory.bind_dn beside it", "set bind_dn in [directory]"});
  }
  if (directory.password_file.empty()) {
    return complain_about(origins, "directory.bind_dn", "directory.bind_dn",
                          {"directory.bind_dn has no password", "the file that holds the password",
                           "set password_file in [directory]"});
  }
  if (directory.url.empty()) {
    return complain_about(origins, "directory.bind_dn", "directory.bind_dn",
                          {"directory.bind_dn without directory.url",
                           "the one server that may hear the password", "set url in [directory]"});
  }
  if (!secured) {
    return complain_about(origins, "directory.start_tls", "directory.bind_dn",
                          {"directory.bind_dn's password would be sent in clear",
                           "start_tls = true or an ldaps:// address where there is a login",
                           "remove start_tls = false, or remove the login"});
  }
  return {};
}

}  // namespace

Result<void, Complaint> check_directory(const DirectorySettings& directory,
                                        const Origins& origins) {
  if (auto checked = check_login(directory, origins); !checked) {
    return checked;
  }
  if (directory.nesting == "in-chain" && directory.kind != "active-directory") {
    return complain_about(origins, "directory.nesting", "directory.kind",
                          {"directory.nesting is \"in-chain\" with kind \"" + directory.kind + "\"",
                           "\"groups\": only Active Directory can tell who is in a group at any "
                           "depth",
                           "set kind = \"active-directory\", or remove nesting"});
  }
  if (directory.sync_every.count() != 0 && directory.url.empty()) {
    return complain_about(origins, "directory.sync_every", "directory.sync_every",
                          {"directory.sync_every without directory.url", "the server to ask",
                           "set url in [directory]"});
  }
  if (directory.sync_every.count() != 0 && directory.sync_every < std::chrono::minutes(1)) {
    return complain_about(origins, "directory.sync_every", "directory.sync_every",
                          {"directory.sync_every is less than a minute",
                           "\"0s\", or \"1m\" and more", "as in sync_every = \"1h\""});
  }
  return {};
}

}  // namespace muster::settings
