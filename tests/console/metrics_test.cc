#include "console/metrics.h"

#include <gmock/gmock.h>

namespace muster::console {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(MetricsText, CountsWhatTookHowLongByChannelAndPeer) {
  Metrics metrics;
  Times times;
  times.counts[0] = 3;
  times.counts[2] = 1;
  times.counts[Times::bounds] = 1;
  times.seconds = 40.5;
  metrics.latencies = {{"push", "api.push.apple.com:443", times}, {"mail", "direct", {}}};
  const auto text = metrics_text(metrics, {});
  EXPECT_THAT(text, HasSubstr("# TYPE muster_latency_seconds histogram\n"));
  const std::string of = R"({channel="push",peer="api.push.apple.com:443")";
  EXPECT_THAT(text, HasSubstr("muster_latency_seconds_count" + of + "} 5\n"));
  EXPECT_THAT(text, HasSubstr("muster_latency_seconds_sum" + of + "} 40.5\n"));
  EXPECT_THAT(text, HasSubstr("muster_latency_seconds_bucket" + of + R"(,le="0.00025"} 3)"));
  EXPECT_THAT(text, HasSubstr("muster_latency_seconds_bucket" + of + R"(,le="0.001"} 4)"));
  EXPECT_THAT(text, HasSubstr("muster_latency_seconds_bucket" + of + R"(,le="32.768"} 4)"));
  EXPECT_THAT(text, HasSubstr("muster_latency_seconds_bucket" + of + R"(,le="+Inf"} 5)"));
  EXPECT_THAT(text, HasSubstr(R"(muster_latency_seconds_count{channel="mail",peer="direct"} 0)"));
}

TEST(MetricsText, SaysWhatConnectionsSlotsAndCommitsDo) {
  Metrics metrics;
  metrics.connections = 5;
  metrics.mail_connections = 2;
  metrics.in_flight = 9;
  metrics.mail_in_flight = 2;
  metrics.streams = 3000;
  metrics.window_bytes = 65'535;
  metrics.goaways = 4;
  metrics.slots_used = 100;
  metrics.slots = 61'440;
  metrics.mail_slots_used = 7;
  metrics.mail_slots = 4096;
  metrics.commits.counts[1] = 2;
  const auto text = metrics_text(metrics, {});
  for (const auto* line :
       {R"(muster_connections{channel="push"} 3)", R"(muster_connections{channel="mail"} 2)",
        "muster_streams 3000", "muster_streams_used 7", "muster_window_bytes 65535",
        "muster_goaways_total 4", R"(muster_slots_used{channel="push"} 100)",
        R"(muster_slots_used{channel="mail"} 7)", R"(muster_slots{channel="push"} 61440)",
        R"(muster_slots{channel="mail"} 4096)", "muster_commit_seconds_count 2"}) {
    EXPECT_THAT(text, HasSubstr(std::string("\n") + line + "\n"));
  }
  EXPECT_THAT(text, Not(HasSubstr("nan")));
}

}  // namespace
}  // namespace muster::console
