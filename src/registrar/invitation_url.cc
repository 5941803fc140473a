#include "registrar/invitation_url.h"

#include <algorithm>
#include <array>

#include "http/percent.h"
#include "model/limits.h"

namespace muster::registrar {
namespace {

constexpr std::array<std::string_view, 2> placeholders{"%25inviteCode%25", "%inviteCode%"};

}  // namespace

std::string invitation_url(std::string_view url_template, std::string_view code) {
  for (const auto placeholder : placeholders) {
    const auto at = url_template.find(placeholder);
    if (at == std::string_view::npos) {
      continue;
    }
    std::string url(url_template.substr(0, at));
    url += http::percent_encoded(code);
    url += url_template.substr(at + placeholder.size());
    return acceptable_url(url) ? url : std::string();
  }
  return {};
}

bool acceptable_url(std::string_view url) {
  const auto host_at = url.starts_with("https://")  ? std::size_t{8}
                       : url.starts_with("http://") ? std::size_t{7}
                                                    : std::size_t{0};
  const bool printable = std::ranges::all_of(url, [](char c) { return c > ' ' && c < '\x7f'; });
  return host_at != 0 && url.size() > host_at && url[host_at] != '/' && printable &&
         url.size() <= limits::invitation_url_bytes_max;
}

std::optional<std::string> code_of(std::string_view url) {
  if (!acceptable_url(url)) {
    return std::nullopt;
  }
  url = url.substr(0, url.find('#'));
  const auto query_at = url.find('?');
  auto query = query_at == std::string_view::npos ? std::string_view() : url.substr(query_at + 1);
  constexpr std::string_view name = "inviteCode=";
  while (!query.empty()) {
    const auto parameter = query.substr(0, query.find('&'));
    if (parameter.starts_with(name) && parameter.size() > name.size()) {
      return std::string(parameter.substr(name.size()));
    }
    query.remove_prefix(std::min(query.size(), parameter.size() + 1));
  }
  return std::nullopt;
}

}  // namespace muster::registrar
