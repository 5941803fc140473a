// What the service manager is told, by its protocol (sd_notify(3)): a datagram to the socket that
// NOTIFY_SOCKET names. Nothing where there is none.
#pragma once

#include <string_view>

namespace muster::cli {

// "READY=1", "STOPPING=1", "RELOADING=1\nMONOTONIC_USEC=…".
void notify(std::string_view state);

}  // namespace muster::cli
