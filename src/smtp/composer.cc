#include "smtp/composer.h"

namespace muster::smtp {

struct Composer::Implementation {};
Composer::~Composer() = default;

}  // namespace muster::smtp
