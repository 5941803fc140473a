// The command line of muster-loadgen: one function a subcommand, wishes in, exit code out.
//
// 0: done (verify: the verdict is good); 1: verify's verdict is bad; 2: usage; 3: trouble, told in
// one line on stderr. Answers go to stdout, everything else to stderr.
#pragma once

namespace muster::loadgen {

[[nodiscard]] int run_program(int count, char** arguments);

}  // namespace muster::loadgen
