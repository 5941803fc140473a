// The dispatcher of this process: takes the lock, and asks what stands behind it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "muster/dispatcher.h"
#include "service/implementation.h"

namespace muster {

class LocalDispatcher final : public Dispatcher {
 public:
  explicit LocalDispatcher(std::unique_ptr<Implementation> implementation)
      : implementation_(std::move(implementation)) {}

  [[nodiscard]] Checked<ImportReport> import_roster(
      const ImportOptions& options,
      const std::function<bool(const ImportProgress&)>& progress) override;
  [[nodiscard]] Checked<RosterPage<User>> users(const std::string& search, std::uint32_t from,
                                                std::uint32_t limit) override;
  [[nodiscard]] Checked<RosterPage<Group>> groups(const std::string& search, std::uint32_t from,
                                                  std::uint32_t limit) override;
  [[nodiscard]] Checked<RosterPage<Device>> devices(const std::string& search, std::uint32_t from,
                                                    std::uint32_t limit) override;
  [[nodiscard]] Checked<User> user(const std::string& id) override;
  [[nodiscard]] Checked<Group> group(const std::string& group) override;
  [[nodiscard]] Checked<Device> device(const std::string& id) override;
  [[nodiscard]] Checked<RosterPage<User>> members(const std::string& group,
                                                  const MemberQuery& query) override;
  [[nodiscard]] Checked<std::uint64_t> roster_state() override;
  [[nodiscard]] Checked<Done> add_user(const std::string& id, const UserEdit& edit) override;
  [[nodiscard]] Checked<Done> set_user(const std::string& id, const UserEdit& edit) override;
  [[nodiscard]] Checked<Done> remove_user(const std::string& id) override;
  [[nodiscard]] Checked<Done> erase_user(const std::string& id) override;
  [[nodiscard]] Checked<Done> add_group(const std::string& id, const GroupEdit& edit) override;
  [[nodiscard]] Checked<Done> set_group(const std::string& group, const GroupEdit& edit) override;
  [[nodiscard]] Checked<Done> remove_group(const std::string& group) override;
  [[nodiscard]] Checked<Done> add_member(const std::string& group,
                                         const std::string& user) override;
  [[nodiscard]] Checked<Done> remove_member(const std::string& group,
                                            const std::string& user) override;
  [[nodiscard]] Checked<Done> add_group_inside(const std::string& group,
                                               const std::string& child) override;
  [[nodiscard]] Checked<Done> remove_group_inside(const std::string& group,
                                                  const std::string& child) override;
  [[nodiscard]] Checked<Done> add_device(const std::string& id, const DeviceEdit& edit) override;
  [[nodiscard]] Checked<Done> set_device(const std::string& id, const DeviceEdit& edit) override;
  [[nodiscard]] Checked<Done> assign_device(const std::string& id,
                                            const std::string& user) override;
  [[nodiscard]] Checked<Done> remove_device(const std::string& id) override;
  [[nodiscard]] Checked<Preview> preview(const Selector& selector) override;
  [[nodiscard]] Checked<UnreachedPage> unreached(const Selector& selector, std::uint32_t from,
                                                 std::uint32_t limit) override;
  [[nodiscard]] Checked<std::string> send(const Preview& preview,
                                          const SendOptions& options) override;
  [[nodiscard]] Checked<std::vector<std::string>> resume(const std::string& task) override;
  [[nodiscard]] Checked<Done> pause(const std::string& task) override;
  [[nodiscard]] Checked<Done> cancel(const std::string& task) override;
  [[nodiscard]] Checked<std::uint64_t> retry(const std::string& task,
                                             const std::string& state) override;
  [[nodiscard]] Checked<Done> send_again(const std::string& task, std::uint32_t number) override;
  [[nodiscard]] bool wait(const std::string& task, std::chrono::milliseconds most) override;
  [[nodiscard]] Checked<Progress> progress(const std::string& task) override;
  [[nodiscard]] Checked<std::uint64_t> pending(const std::string& task, Goal goal) override;
  [[nodiscard]] Checked<std::vector<Task>> tasks() override;
  [[nodiscard]] Checked<Task> task(const std::string& id) override;
  [[nodiscard]] Checked<InvitationPage> invitations(const std::string& task,
                                                    const InvitationQuery& query) override;
  [[nodiscard]] Checked<Timeline> timeline(const std::string& task, std::uint32_t number) override;
  [[nodiscard]] Checked<Done> install_content_token(const std::string& location,
                                                    const std::string& content,
                                                    const std::string& name) override;
  [[nodiscard]] Checked<Done> take_over_content_token(const std::string& location) override;
  [[nodiscard]] Checked<std::vector<Location>> locations() override;
  [[nodiscard]] Checked<std::uint16_t> listen(const WebHandler& others) override;
  void unlisten() override;
  [[nodiscard]] Checked<Done> reload() override;
  [[nodiscard]] Checked<Metrics> metrics() override;
  void drain() override;
  [[nodiscard]] bool elsewhere() const override { return false; }
  [[nodiscard]] std::string reactor() const override;

 private:
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace muster
