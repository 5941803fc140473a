// Every capacity of Muster in one file, and how they relate.
//
// If everything has a limit, nothing can grow without bound: memory follows from this file, not
// from the size of a group. Bytes of files and bodies are in the unit their name says.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace muster::limits {

// ── pages ──
// Invitations a page: the unit that is leased, marked and settled.
inline constexpr std::uint32_t page_size = 4096;
// P: no job at or beyond the durable mark + P is written to a peer.
inline constexpr std::uint32_t ahead_of_mark_max = 1024;
// Pages of all tasks that are in hand at once. Together their windows may fill the slab.
inline constexpr std::uint32_t pages_in_hand_max = 64;
// Of these, one task may have so many: whoever begins late need not wait for the first page's end.
inline constexpr std::uint32_t pages_per_task_max = 48;
static_assert(pages_per_task_max < pages_in_hand_max);
// Pages of accounts that are in hand at once, beside those: nothing of them is on its way to any
// peer, and each waits for people.
inline constexpr std::uint32_t account_pages_in_hand_max = 4;
// What the ledger holds in memory.
inline constexpr std::uint32_t ledger_pages_max = pages_in_hand_max + account_pages_in_hand_max;
// A task that asks whether its users may be invited takes no further page while nothing of so many
// can go on: the users of the next page wait as well, as a rule, and other tasks want pages.
inline constexpr std::size_t waiting_pages_per_task_max = 4;
static_assert(waiting_pages_per_task_max < pages_per_task_max);

// ── slots ──
// Jobs on their way at once; their number is the back-pressure of the whole pipeline.
inline constexpr std::uint32_t slots_max = 65'536;
inline constexpr std::size_t job_bytes_max = 256;
static_assert(slots_max >= pages_in_hand_max * ahead_of_mark_max);
// Of one task, issued and not yet taken by any shard: enough for the shards until the expander has
// been woken, few enough to stay in the cache until they are sent.
inline constexpr std::uint64_t queued_per_task_max = 4096;
static_assert(queued_per_task_max < slots_max);

// ── commits ──
// So many, or the oldest waiting so long, are worth a commit. What a crash can repeat is bounded by
// ahead_of_mark_max, whatever these say.
inline constexpr std::size_t settlements_per_commit = 1024;
inline constexpr Duration commit_interval = std::chrono::milliseconds(5);
// A commit costs the same for few and for many: where more come faster than this, it takes more.
inline constexpr Duration commit_gap = std::chrono::milliseconds(5);
inline constexpr std::size_t settlements_per_commit_max = 8192;
static_assert(settlements_per_commit <= settlements_per_commit_max);
// A task with all the pages it may have still has jobs to send while a full commit is made.
static_assert(settlements_per_commit_max <= pages_per_task_max * ahead_of_mark_max / 2);
static_assert(settlements_per_commit_max <= slots_max);
static_assert(commit_gap <= commit_interval);
// News of commits that are kept to be filled again: one is filled while another is eaten.
inline constexpr std::size_t news_kept_max = 2;
// An answer that takes longer is moved to an exception row, so that no stream holds its page's
// mark.
inline constexpr Duration answer_slow_after = std::chrono::seconds(1);

// ── mail ──
// Mailboxes a page, and how many of them may be written ahead of the durable mark: a mail that is
// sent twice is read twice, so fewer of them are ever in doubt.
inline constexpr std::uint32_t mail_page_size = 256;
inline constexpr std::uint32_t mail_ahead_of_mark_max = 32;
static_assert(mail_ahead_of_mark_max <= mail_page_size && mail_page_size <= page_size);
// Of the pages in hand, mail's, where there is mail: few, since each is a window of letters in
// doubt after a crash, and enough for every connection.
inline constexpr std::uint32_t mail_pages_in_hand_max = 16;
static_assert(pages_per_task_max + mail_pages_in_hand_max <= pages_in_hand_max);
// Letters on their way at once: every page in hand may fill its window, and retries go along. Each
// has a slot of its own, and push's pages fill what is left of the slots at most.
inline constexpr std::uint32_t letters_max = 4096;
static_assert(letters_max >= 2 * mail_pages_in_hand_max * mail_ahead_of_mark_max);
static_assert(slots_max - letters_max >=
              (pages_in_hand_max - mail_pages_in_hand_max) * ahead_of_mark_max);
inline constexpr std::size_t letter_bytes_max = 256UL * 1024;  // of one message, head and body
inline constexpr std::size_t reply_bytes_max = 200;            // kept of a server's last reply
inline constexpr std::size_t reply_line_bytes_max = 4096;      // a server's line; RFC 5321 says 512
inline constexpr std::size_t reply_lines_max = 128;            // of one reply
inline constexpr std::size_t address_bytes_max = 254;    // RFC 5321 §4.5.3.1.3, without brackets
inline constexpr std::uint32_t mail_attempts_max = 15;   // fits the 4 bits of a packed outcome
inline constexpr std::size_t mail_domains_max = 65'536;  // whose mail hosts are remembered
inline constexpr std::uint32_t mail_templates_max = 64;
inline constexpr std::size_t template_bytes_max = 128UL * 1024;  // of a text_file or html_file
inline constexpr std::uint32_t dkim_keys_max = 4;                // each signs every letter
inline constexpr std::size_t password_bytes_max = 1024;

// ── tasks ──
inline constexpr std::uint32_t tasks_open_max = 64;
inline constexpr std::uint32_t credentials_max = 64;
inline constexpr std::uint32_t languages_max = 64;
inline constexpr std::uint32_t attempts_max = 6;  // fits the 4 bits of a packed outcome
static_assert(attempts_max < 16);

// ── waking again ──
// Batches of nudges that are on their way at once, each with a place behind those of the tasks.
inline constexpr std::uint32_t nudge_batches_max = 4;
inline constexpr std::size_t nudges_per_batch_max = page_size;
inline constexpr std::uint32_t task_places = tasks_open_max + nudge_batches_max;
// Slots that nudges have at most.
inline constexpr std::uint64_t nudges_out_max = 1024;
static_assert(nudges_out_max < slots_max / 16);
// Nobody is woken again more often than this for one invitation, whatever the settings say.
inline constexpr std::uint32_t wakes_again_max = 64;
// A device that said NotNow so often is woken like one that is silent.
inline constexpr std::uint32_t not_now_soon_max = 16;

// ── what a push carries ──
inline constexpr std::size_t push_token_bytes_max = 64;  // Apple: make no assumption; 32 today
inline constexpr std::size_t push_token_bytes_min = 16;
inline constexpr std::size_t push_magic_bytes_max = 64;  // a UUID in practice
inline constexpr std::size_t payload_bytes_max = 4096;   // Apple's limit for mdm and alert
inline constexpr std::size_t answer_body_bytes_max = 4096;

// ── shards and connections ──
inline constexpr std::uint32_t shards_max = 64;
inline constexpr std::uint32_t connections_per_pool_max = 64;
inline constexpr std::uint32_t streams_per_connection_max = 4096;  // whatever the server offers
inline constexpr std::uint32_t stream_id_last = 1U << 30;          // a connection is retired there

// ── Apps and Books, MDM ──
inline constexpr std::size_t content_token_bytes_max = 64UL * 1024;  // the file
inline constexpr std::uint32_t locations_max = 1024;
inline constexpr std::size_t plist_bytes_max = 64UL * 1024;  // of a device's request
inline constexpr std::size_t invitation_url_bytes_max = 2048;
// Apple allows five list requests at once; we ask nothing else more densely.
inline constexpr std::uint32_t books_parallel_max = 5;
// Of users/create, asked for and not settled: what a crash leaves to be read back.
inline constexpr std::uint32_t books_batches_open_max = 10;
inline constexpr std::uint32_t books_batch_users_max = 1000;  // whatever Apple allows
// Users looked up one by one; more of them are found by a walk over all.
inline constexpr std::uint32_t books_lookups_max = 1000;
inline constexpr std::uint32_t books_pages_max = 1'000'000;  // of one walk
inline constexpr std::size_t books_answer_bytes_max = 8UL * 1024 * 1024;
// Beyond them notifications are left out, and a walk makes up for what they said.
inline constexpr std::size_t notifications_waiting_max = 1024;
inline constexpr std::size_t notification_bytes_max = 1024UL * 1024;

// ── accounts ──
inline constexpr std::size_t account_name_bytes_max = 64;  // of an administrator or an API token
inline constexpr std::size_t account_password_bytes_max = 512;  // 128 characters of any script
inline constexpr std::uint32_t administrators_max = 1024;
inline constexpr std::uint32_t sessions_per_account_max = 16;  // one more ends the oldest
inline constexpr std::uint32_t api_tokens_max = 1024;          // that live
inline constexpr std::uint32_t api_tokens_revoked_max = 1024;  // that are still shown
inline constexpr std::uint32_t api_token_days_max = 3650;
// Each needs 64 MiB for as long as it takes.
inline constexpr std::uint32_t passwords_at_once_max = 2;
// Of accounts, and of addresses, whose failed logins are remembered.
inline constexpr std::size_t login_trials_max = 4096;
inline constexpr std::uint64_t audit_rows_max = 1'000'000;
inline constexpr std::uint32_t audit_page_max = 1000;
inline constexpr std::size_t audit_field_bytes_max = 1024;
inline constexpr std::size_t audit_detail_bytes_max = 4096;

// ── roster ──
inline constexpr std::uint32_t block_size = 4096;  // device numbers a packed block
inline constexpr std::size_t field_bytes_max = 64UL * 1024;
inline constexpr std::size_t line_bytes_max = 1024UL * 1024;
inline constexpr std::size_t columns_max = 256;
inline constexpr std::size_t name_bytes_max = 1024;
inline constexpr std::size_t json_depth_max = 64;

}  // namespace muster::limits
