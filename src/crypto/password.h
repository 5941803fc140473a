// Passwords of administrators as scrypt hashes (RFC 7914), and random tokens.
//
// A hash is stored as one text that says how it was made: "$scrypt$ln=16,r=8,p=2$<salt>$<hash>",
// salt and hash in base64url. So the cost can be raised later: old hashes are still understood, and
// worth_less_than() finds those to be made anew at the next login.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace muster::crypto {

// N = 2^16 and r = 8 need 64 MiB for as long as a check takes, which is what makes guessing on
// graphics cards dear; p = 2 doubles the time without more memory. That is one of the settings
// OWASP's password storage cheat sheet names as equal (N 2^17, p 1 · N 2^16, p 2 · …), taken for
// its smaller memory: several administrators may log in beside a million pushes.
struct PasswordCost {
  std::uint32_t log2_n = 16;
  std::uint32_t r = 8;
  std::uint32_t p = 2;
};

[[nodiscard]] std::string hash_password(std::string_view password, const PasswordCost& cost = {});
// In constant time. An empty `stored` stands for an account that is not there: false, after as much
// work as a hash of `cost` takes. False of a text that is no hash, or one beyond all measure
// (over 1 GiB).
[[nodiscard]] bool password_matches(std::string_view password, std::string_view stored,
                                    const PasswordCost& cost = {});
// Whether a hash should be made anew with `cost`.
[[nodiscard]] bool worth_less_than(std::string_view stored, const PasswordCost& cost);

// 32 random bytes in base64url: 43 characters that nobody guesses.
[[nodiscard]] std::string random_token();

}  // namespace muster::crypto
