// How many files this process may have open: each device and browser that is connected is one.
#pragma once

namespace muster::cli {

// As many as the system allows; it begins with 1,024 on most, which a herd of devices fills.
void raise_file_limit();

}  // namespace muster::cli
