// The whole pipeline on a simulated network. MUSTER_SIM_SEEDS says how many seeds (60),
// MUSTER_SIM_FIRST_SEED where they begin (1): so a failing seed can be run alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>

#include "tests/sim/world.h"

namespace muster::sim {
namespace {

// As many programs as ctest may run side by side.
constexpr std::uint64_t parts = 4;

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

class Simulation : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(Simulation, LosesNothingAndRepeatsOnlyWhatWasInDoubt) {
  const auto first = number_from("MUSTER_SIM_FIRST_SEED", 1);
  const auto count = number_from("MUSTER_SIM_SEEDS", 60);
  for (auto seed = first + GetParam(); seed < first + count; seed += parts) {
    const auto options = Options::draw(seed);
    SCOPED_TRACE(options.text());
    World world(options);
    world.run();
    EXPECT_THAT(world.complaints(), ::testing::IsEmpty());
    if (HasFailure()) {
      std::cout << "MUSTER_SIM_SEEDS=1 MUSTER_SIM_FIRST_SEED=" << seed << std::endl;
      return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Simulation, ::testing::Range(std::uint64_t{0}, parts));

}  // namespace
}  // namespace muster::sim
