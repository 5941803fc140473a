// How mail goes directly to the recipients' mail hosts: what the service sets up.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/thread.h"
#include "pipeline/site_pool.h"
#include "wire/mail_hosts.h"

namespace muster::pipeline {

struct DirectSettings {
  SitePoolSettings site;
  std::uint32_t connections_max = 64;  // to all sites together
  // Called once, in the mail shard's thread; the bell is the shard's.
  std::function<std::unique_ptr<wire::MailHostFinder>(Doorbell&)> open_finder;
};

}  // namespace muster::pipeline
