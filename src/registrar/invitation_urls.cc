#include "registrar/progress.h"
#include "registrar/registrar.h"

namespace muster::registrar {

struct InvitationUrls::Implementation {
  store::RegistrationStore store;
};

Result<std::unique_ptr<InvitationUrls>, Complaint> InvitationUrls::open(const std::string& dir) {
  auto store = store::RegistrationStore::open(dir, store::OpenMode::read);
  if (!store) {
    return tl::unexpected(store.error());
  }
  return std::unique_ptr<InvitationUrls>(
      new InvitationUrls(std::make_unique<Implementation>(Implementation{std::move(*store)})));
}

InvitationUrls::InvitationUrls(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
InvitationUrls::~InvitationUrls() = default;

Result<void> InvitationUrls::read(std::span<const UserNumber> users,
                                  std::vector<std::string>& into) {
  into.resize(users.size());
  auto& store = implementation_->store;
  if (const auto begun = store.begin(); !begun) {
    return begun;
  }
  for (std::size_t i = 0; i < users.size(); ++i) {
    const auto found = store.registration(users[i]);
    if (!found) {
      store.rollback();
      return tl::unexpected(found.error());
    }
    into[i].clear();
    const auto& row = *found;
    if (row && static_cast<Progress>(row->state) == Progress::registered) {
      into[i] = row->url;
    }
  }
  store.rollback();  // it only read
  return {};
}

}  // namespace muster::registrar
