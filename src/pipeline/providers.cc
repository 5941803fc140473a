#include "pipeline/providers.h"

#include <algorithm>
#include <array>

namespace muster::pipeline {
namespace {

// Every mail host of that name or below it.
struct Provider {
  std::string_view name;
  SiteLimits limits;
};

constexpr SiteLimits google{50, 5};
constexpr SiteLimits microsoft{50, 5};
constexpr SiteLimits mimecast{100, 10};
constexpr SiteLimits united_internet{20, 4};
constexpr SiteLimits barracuda{15, 10};

// A customer's mail hosts are the provider's too: aspmx.l.google.com for a school at Google. Where
// the source names no connections there are as many as to anybody. Suffixes are those of the hosts
// that MX records name, which are not always those of the mailboxes (163.com's is netease.com).
constexpr std::array providers{
    Provider{"google.com", google},
    Provider{"googlemail.com", google},
    Provider{"yahoodns.net", {20, SiteLimits{}.connections}},  // Yahoo and AOL
    Provider{"protection.outlook.com", microsoft},  // olc.: Outlook's; mail.: organisations'
    Provider{"mx.microsoft", microsoft},            // organisations with DNSSEC
    Provider{"icloud.com", {5, 10}},
    Provider{"comcast.net", {1000, 25}},
    Provider{"mimecast.com", mimecast},
    Provider{"mimecast.co.za", mimecast},
    Provider{"mimecast-offshore.com", mimecast},
    Provider{"orange.fr", {100, 2}},
    Provider{"gmx.net", united_internet},
    Provider{"web.de", united_internet},
    Provider{"barracudanetworks.com", barracuda},
    Provider{"qq.com", {8, 4}},
    Provider{"163.com", {7, 4}},
    Provider{"netease.com", {7, 4}},
    Provider{"yahoo.co.jp", {20, 2}},
};

// On the boundary of a label: notgoogle.com is somebody else.
bool is_or_is_below(std::string_view host, std::string_view name) {
  if (!host.ends_with(name)) {
    return false;
  }
  host.remove_suffix(name.size());
  return host.empty() || host.back() == '.';
}

}  // namespace

SiteLimits shipped_limits(std::string_view mail_host) {
  const auto* const found = std::find_if(
      providers.begin(), providers.end(),
      [&](const Provider& provider) { return is_or_is_below(mail_host, provider.name); });
  return found == providers.end() ? SiteLimits{} : found->limits;
}

}  // namespace muster::pipeline
