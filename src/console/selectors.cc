#include "console/selectors.h"

#include "console/shapes.h"

namespace muster::console {

Selector selector_in(Body& body) {
  Selector selector;
  selector.user = body.text("user").value_or("");
  selector.group = body.text("group").value_or("");
  selector.device = body.text("device").value_or("");
  if (selector.user.empty() == selector.group.empty()) {
    body.complain("name either a 'user' or a 'group'");
  }
  if (const auto word = body.text("audience"); word) {
    const auto audience = audience_of(*word);
    selector.audience = audience.value_or(selector.audience);
    if (!audience) {
      body.complain("'audience' must be not-invited or not-enrolled");
    }
  }
  if (const auto word = body.text("channels"); word) {
    const auto channels = channels_of(*word);
    selector.channels = channels.value_or(selector.channels);
    if (!channels) {
      body.complain("'channels' must be push, mail, push,mail or push-then-mail");
    }
  }
  return selector;
}

}  // namespace muster::console
