// The commands, each in command_<name>.cc: what was asked, done with a dispatcher, said on the
// screen.
//
// Each returns the exit code (design §3). The words themselves are made in render.h, render_json.h
// and csv.h; a command only decides what to ask the library and what to say of its answer.
#pragma once

#include "cli/arguments.h"
#include "cli/screen.h"

namespace muster::cli {

[[nodiscard]] int command_import(const Arguments& arguments, Screen& screen);
[[nodiscard]] int command_preview(const Arguments& arguments, Screen& screen);
[[nodiscard]] int command_send(const Arguments& arguments, Screen& screen);
[[nodiscard]] int command_resume(const Arguments& arguments, Screen& screen);
[[nodiscard]] int command_retry(const Arguments& arguments, Screen& screen);
// pause and cancel.
[[nodiscard]] int command_change(const Arguments& arguments, Screen& screen);
[[nodiscard]] int command_tasks(const Arguments& arguments, Screen& screen);
// user, group and device.
[[nodiscard]] int command_roster(const Arguments& arguments, Screen& screen);
[[nodiscard]] int command_config(const Arguments& arguments, Screen& screen);
[[nodiscard]] int command_doctor(const Arguments& arguments, Screen& screen);
[[nodiscard]] int command_serve(const Arguments& arguments, Screen& screen);
// install and show.
[[nodiscard]] int command_token(const Arguments& arguments, Screen& screen);
[[nodiscard]] int command_admin(const Arguments& arguments, Screen& screen);

}  // namespace muster::cli
