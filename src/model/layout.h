// How the invitations of one task are numbered and cut into pages.
//
//   invitations   0 … D−1   the task's devices, in the order of their numbers   (push)
//                 D … D+M−1 its mailboxes, by user number                       (mail)
//                 … + F     its fallbacks, by user number: mailboxes of users with a device among
//                           D, each asleep until that user's last device invitation has failed
//                 … + A     its accounts, by user number: users who need no invitation because
//                           their Managed Apple Account is associated with them directly
//   pages         4,096 devices a page, then 256 mailboxes a page, then 256 fallbacks a page, then
//                 4,096 accounts a page; a part begins with a page of its own
//
// All four sets are frozen with the task, so a number never moves. A sleeping fallback is no
// invitation: nobody counts or shows it. For an account nothing is written to any peer.
#pragma once

#include <cstddef>
#include <cstdint>

#include "model/id.h"
#include "model/limits.h"

namespace muster {

enum class Part : std::uint8_t { push, mail, fallback, account };
inline constexpr std::size_t parts_count = 4;

struct Layout {
  std::uint32_t devices = 0;
  std::uint32_t mailboxes = 0;
  std::uint32_t fallbacks = 0;
  std::uint32_t accounts = 0;

  [[nodiscard]] static constexpr bool by_mail(Part part) {
    return part == Part::mail || part == Part::fallback;
  }
  [[nodiscard]] static constexpr std::uint32_t page_size(Part part) {
    return by_mail(part) ? limits::mail_page_size : limits::page_size;
  }
  // P of the design: no job at or beyond the durable mark + this is written to a peer. What is
  // written to none is not bounded.
  [[nodiscard]] static constexpr std::uint32_t ahead_of_mark(Part part) {
    return part == Part::push      ? limits::ahead_of_mark_max
           : part == Part::account ? page_size(part)
                                   : limits::mail_ahead_of_mark_max;
  }
  [[nodiscard]] constexpr std::uint32_t count(Part part) const {
    return part == Part::push       ? devices
           : part == Part::mail     ? mailboxes
           : part == Part::fallback ? fallbacks
                                    : accounts;
  }
  // The first invitation of a part, and its first page.
  [[nodiscard]] constexpr InvitationNumber first(Part part) const {
    return part == Part::push       ? 0
           : part == Part::mail     ? devices
           : part == Part::fallback ? devices + mailboxes
                                    : devices + mailboxes + fallbacks;
  }
  [[nodiscard]] constexpr std::uint32_t pages(Part part) const {
    const auto size = page_size(part);
    return static_cast<std::uint32_t>((std::uint64_t{count(part)} + size - 1) / size);
  }
  [[nodiscard]] constexpr std::uint32_t first_page(Part part) const {
    return part == Part::push       ? 0
           : part == Part::mail     ? pages(Part::push)
           : part == Part::fallback ? pages(Part::push) + pages(Part::mail)
                                    : first_page(Part::fallback) + pages(Part::fallback);
  }
  [[nodiscard]] constexpr std::uint32_t pages() const {
    return first_page(Part::account) + pages(Part::account);
  }
  // Rows there are, sleeping fallbacks included.
  [[nodiscard]] constexpr std::uint64_t rows() const {
    return std::uint64_t{devices} + mailboxes + fallbacks + accounts;
  }
  [[nodiscard]] constexpr Part part_of(InvitationNumber invitation) const {
    return invitation < first(Part::mail)       ? Part::push
           : invitation < first(Part::fallback) ? Part::mail
           : invitation < first(Part::account)  ? Part::fallback
                                                : Part::account;
  }
  [[nodiscard]] constexpr Part part_of_page(std::uint32_t page) const {
    return page < first_page(Part::mail)       ? Part::push
           : page < first_page(Part::fallback) ? Part::mail
           : page < first_page(Part::account)  ? Part::fallback
                                               : Part::account;
  }
  [[nodiscard]] constexpr std::uint32_t page_of(InvitationNumber invitation) const {
    const auto part = part_of(invitation);
    return first_page(part) + (invitation - first(part)) / page_size(part);
  }
  [[nodiscard]] constexpr InvitationNumber first_of(std::uint32_t page) const {
    const auto part = part_of_page(page);
    return first(part) + (page - first_page(part)) * page_size(part);
  }
  [[nodiscard]] constexpr std::uint32_t size_of(std::uint32_t page) const {
    const auto part = part_of_page(page);
    const auto left = first(part) + count(part) - first_of(page);
    return left < page_size(part) ? left : page_size(part);
  }
  // Its place among its part's numbers: select() on the part's set gives the device or the user.
  [[nodiscard]] constexpr std::uint32_t rank_of(InvitationNumber invitation) const {
    return invitation - first(part_of(invitation));
  }
  friend bool operator==(const Layout&, const Layout&) = default;
};

[[nodiscard]] constexpr Channel channel_of(Part part) {
  return part == Part::push      ? Channel::push
         : part == Part::account ? Channel::account
                                 : Channel::mail;
}

}  // namespace muster
