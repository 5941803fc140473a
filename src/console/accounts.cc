// Administrators and their passwords.
#include "console/accounts.h"

#include <utility>

#include "console/account_rules.h"
#include "console/accounts_implementation.h"
#include "console/audit_rows.h"
#include "json/writer.h"

namespace muster::console {
namespace {

Administrator shown(const store::AdministratorRow& row) {
  return {row.number, row.name, scope_of_number(row.role), row.created_at, row.disabled};
}

std::string role_detail(Scope role) {
  return json::Writer().begin_object().key("role").text(name_of(role)).end().result();
}

}  // namespace

Accounts::Accounts(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
Accounts::~Accounts() = default;

Result<std::unique_ptr<Accounts>, Complaint> Accounts::open(const std::string& dir,
                                                            const Clock& clock,
                                                            const crypto::PasswordCost& cost) {
  auto records = Records::open(dir);
  if (!records) {
    return tl::unexpected(records.error());
  }
  return std::unique_ptr<Accounts>(
      new Accounts(std::make_unique<Implementation>(std::move(*records), clock, cost)));
}

Result<Administrator, Refusal> Accounts::create_administrator(const std::string& name,
                                                              const std::string& password,
                                                              Scope role, const Actor& actor) {
  store::AdministratorRow row;
  row.name = kept_name(name);
  if (const auto wrong = name_trouble(row.name)) {
    return refuse(400, *wrong);
  }
  if (const auto wrong = password_trouble(password, row.name)) {
    return refuse(400, *wrong);
  }
  row.password = implementation_->hash(password);
  row.role = static_cast<std::uint8_t>(role);
  row.created_at = implementation_->clock.wall();
  return implementation_->records->change(
      [&](store::AccountStore& store) -> Result<Administrator, Refusal> {
        const auto all = store.administrators();
        if (!all) {
          return refuse_for_trouble(all.error());
        }
        if (all->size() >= limits::administrators_max) {
          return refuse(409, "there are as many administrators as can be kept");
        }
        for (const auto& each : *all) {
          if (each.name == row.name) {
            return refuse(409, "there is an administrator '" + row.name +
                                   "' already; choose another name, or set a new password");
          }
        }
        if (const auto done = store.put_administrator(row); !done) {
          return refuse_for_trouble(done.error());
        }
        const auto done = put_down(store, implementation_->clock, actor,
                                   {"administrator.create", row.name, role_detail(role)});
        return done ? Result<Administrator, Refusal>(shown(row)) : tl::unexpected(done.error());
      });
}

Result<std::vector<Administrator>, Refusal> Accounts::administrators() {
  const auto rows = implementation_->records->read(
      [](store::AccountStore& store) { return store.administrators(); });
  if (!rows) {
    return refuse_for_trouble(rows.error());
  }
  std::vector<Administrator> all;
  all.reserve(rows->size());
  for (const auto& row : *rows) {
    all.push_back(shown(row));
  }
  return all;
}

Result<void, Refusal> Accounts::set_disabled(const std::string& name, bool disabled,
                                             const Actor& actor) {
  return implementation_->records->change([&](store::AccountStore& store) -> Result<void, Refusal> {
    auto row = administrator_named(store, kept_name(name));
    if (!row) {
      return tl::unexpected(row.error());
    }
    row->disabled = disabled;
    auto done = store.put_administrator(*row);
    if (done && disabled) {
      done = store.remove_sessions_of(row->number);
    }
    if (!done) {
      return refuse_for_trouble(done.error());
    }
    const std::string action = disabled ? "administrator.disable" : "administrator.enable";
    return put_down(store, implementation_->clock, actor, {action, row->name, {}});
  });
}

Result<void, Refusal> Accounts::set_password(const std::string& name, const std::string& password,
                                             const Actor& actor) {
  const auto row = implementation_->look_up(kept_name(name));
  if (!row) {
    return tl::unexpected(row.error());
  }
  const auto& found = *row;
  if (!found) {
    return no_such_administrator(kept_name(name));
  }
  return implementation_->replace_password(*found, password, actor);
}

Result<void, Refusal> Accounts::change_password(const Login& login,
                                                const std::string& new_password) {
  // Before the old one is tried: a new one that will not do is no failure.
  if (const auto wrong = password_trouble(new_password, kept_name(login.name))) {
    return refuse(400, *wrong);
  }
  const auto row = implementation_->recognise(login, 403, "administrator.password_refuse");
  if (!row) {
    return tl::unexpected(row.error());
  }
  return implementation_->replace_password(*row, new_password, {row->name, login.address});
}

std::string Accounts::Implementation::hash(const std::string& password) {
  const Gate::Pass pass(passwords);
  return crypto::hash_password(password, cost);
}

bool Accounts::Implementation::matches(const std::string& password, const std::string& stored) {
  const Gate::Pass pass(passwords);
  const bool too_long = password.size() > limits::account_password_bytes_max;
  return crypto::password_matches(too_long ? std::string() : password,
                                  too_long ? std::string() : stored, cost);
}

Result<std::optional<store::AdministratorRow>, Refusal> Accounts::Implementation::look_up(
    const std::string& name) {
  auto row = records->read([&](store::AccountStore& store) { return store.administrator(name); });
  if (!row) {
    return refuse_for_trouble(row.error());
  }
  return std::move(*row);
}

Result<store::AdministratorRow, Refusal> Accounts::Implementation::recognise(
    const Login& login, std::uint16_t wrong_status, const std::string& action) {
  const std::string name = kept_name(login.name);
  // What is no name is nobody's; all such names are counted as one.
  const std::string counted = name_trouble(name) ? std::string() : name;
  const Duration wait = throttle.admit(counted, login.address, clock.now());
  if (wait > Duration::zero()) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
    return refuse(429, "too many failed logins; wait and try again",
                  static_cast<std::uint32_t>(seconds));
  }
  auto found = look_up(counted);
  if (!found) {
    return tl::unexpected(found.error());
  }
  auto& row = *found;
  const bool right = matches(login.password, row ? row->password : std::string());
  if (!row || !right || row->disabled) {
    put_down_failure(login, action, row.has_value());
    return refuse(wrong_status, "the name or the password is wrong; try again");
  }
  throttle.succeeded(counted, login.address);
  return std::move(*row);
}

void Accounts::Implementation::put_down_failure(const Login& login, const std::string& action,
                                                bool known) {
  // Not what was typed where nobody has that name: it may be a password in the wrong field.
  const std::string name = known ? kept_name(login.name) : "(unknown)";
  // Trouble has been logged; the answer stays the same.
  [[maybe_unused]] const auto logged = records->change([&](store::AccountStore& store) {
    return put_down(store, clock, {name, login.address}, {action, name, {}});
  });
}

Result<void, Refusal> Accounts::Implementation::replace_password(
    const store::AdministratorRow& before, const std::string& password, const Actor& actor) {
  if (const auto wrong = password_trouble(password, before.name)) {
    return refuse(400, *wrong);
  }
  const std::string made = hash(password);
  return records->change([&](store::AccountStore& store) -> Result<void, Refusal> {
    auto row = administrator_named(store, before.name);
    if (!row) {
      return tl::unexpected(row.error());
    }
    row->password = made;
    auto done = store.put_administrator(*row);
    if (done) {
      done = store.remove_sessions_of(row->number);
    }
    if (!done) {
      return refuse_for_trouble(done.error());
    }
    return put_down(store, clock, actor, {"administrator.password", row->name, {}});
  });
}

Result<void, Refusal> put_down(store::AccountStore& store, const Clock& clock, const Actor& actor,
                               const Deed& deed) {
  if (const auto done = append_row(store, clock.wall(), actor, deed); !done) {
    return refuse_for_trouble(done.error());
  }
  return {};
}

Result<store::AdministratorRow, Refusal> administrator_named(store::AccountStore& store,
                                                             const std::string& name) {
  auto found = store.administrator(name);
  if (!found) {
    return refuse_for_trouble(found.error());
  }
  auto& row = *found;
  if (!row) {
    return no_such_administrator(name);
  }
  return std::move(*row);
}

}  // namespace muster::console
