#include "console/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <limits>
#include <utility>
#include <vector>

namespace muster::console {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

class Families {
 public:
  MetricFamily& family(const std::string& name, const std::string& help, MetricType type) {
    MetricFamily made;
    made.name = "muster_" + name;
    made.help = help;
    made.type = type;
    families_.push_back(std::move(made));
    return families_.back();
  }
  void gauge(const std::string& name, const std::string& help, double value) {
    add(family(name, help, MetricType::Gauge), value);
  }
  static void add(MetricFamily& family, double value,
                  std::vector<std::pair<std::string, std::string>> labels = {}) {
    ClientMetric metric;
    for (auto& [name, text] : labels) {
      metric.label.push_back({std::move(name), std::move(text)});
    }
    (family.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    family.metric.push_back(std::move(metric));
  }
  static void add(MetricFamily& family, const Times& times,
                  std::vector<std::pair<std::string, std::string>> labels = {}) {
    add(family, 0, std::move(labels));
    auto& histogram = family.metric.back().histogram;
    for (std::size_t i = 0; i < times.counts.size(); ++i) {
      histogram.sample_count += times.counts[i];
      histogram.bucket.push_back(
          {histogram.sample_count,
           i < Times::bounds ? Times::bound(i) : std::numeric_limits<double>::infinity()});
    }
    histogram.sample_sum = times.seconds;
  }
  [[nodiscard]] std::string text() const {
    return prometheus::TextSerializer().Serialize(families_);
  }

 private:
  std::vector<MetricFamily> families_;
};

double number(std::uint64_t count) {
  return static_cast<double>(count);
}

// Of one channel it has as many as may be on their way at once.
void add_slots(Families& families, const Metrics& metrics) {
  auto& used = families.family("slots_used", "Slots with a job on its way through the pipeline.",
                               MetricType::Gauge);
  Families::add(used, number(metrics.slots_used), {{"channel", "push"}});
  Families::add(used, number(metrics.mail_slots_used), {{"channel", "mail"}});
  auto& all = families.family("slots", "Slots that there are.", MetricType::Gauge);
  Families::add(all, number(metrics.slots), {{"channel", "push"}});
  Families::add(all, number(metrics.mail_slots), {{"channel", "mail"}});
}

}  // namespace

std::string metrics_text(const Metrics& metrics, const ConsoleCounts& counts) {
  Families families;
  auto& invitations = families.family(
      "invitations", "Invitations of all tasks by state and reason.", MetricType::Gauge);
  for (const auto& each : metrics.invitations) {
    Families::add(invitations, number(each.count),
                  {{"state", each.state}, {"reason", each.reason}});
  }
  Families::add(families.family("repeated_total",
                                "Invitations sent again because the first attempt's fate was "
                                "unknown.",
                                MetricType::Counter),
                number(metrics.repeated));
  auto& tasks =
      families.family("tasks", "Tasks that are active, and that have ended.", MetricType::Gauge);
  Families::add(tasks, number(metrics.tasks_active), {{"state", "active"}});
  Families::add(tasks, number(metrics.tasks_ended), {{"state", "ended"}});
  families.gauge("rate", "Invitations brought to rest a second.", metrics.rate);
  families.gauge("in_flight", "Written to a peer and not answered.", number(metrics.in_flight));
  families.gauge("unsettled", "Answered and not durable.", number(metrics.unsettled));
  auto& connections = families.family("connections", "Connections to peers.", MetricType::Gauge);
  Families::add(connections, number(metrics.connections - metrics.mail_connections),
                {{"channel", "push"}});
  Families::add(connections, number(metrics.mail_connections), {{"channel", "mail"}});
  families.gauge("streams", "Streams that the push servers allow.", number(metrics.streams));
  families.gauge("streams_used", "Streams on which a push waits for its answer.",
                 number(metrics.in_flight - metrics.mail_in_flight));
  families.gauge("window_bytes", "Left in the flow-control windows of the push connections.",
                 static_cast<double>(metrics.window_bytes));
  Families::add(families.family("goaways_total", "Push connections that a peer ended by GOAWAY.",
                                MetricType::Counter),
                number(metrics.goaways));
  add_slots(families, metrics);
  auto& latency = families.family(
      "latency_seconds", "From giving an invitation to a connection until its peer has answered.",
      MetricType::Histogram);
  for (const auto& each : metrics.latencies) {
    Families::add(latency, each.times, {{"channel", each.channel}, {"peer", each.peer}});
  }
  Families::add(families.family("commit_seconds", "Commits of the ledger.", MetricType::Histogram),
                metrics.commits);
  auto& answers = families.family("http_answers_total", "Answers of the console by status.",
                                  MetricType::Counter);
  for (std::size_t i = 2; i < counts.answers.size(); ++i) {
    Families::add(answers, number(counts.answers[i]), {{"status", std::to_string(i) + "xx"}});
  }
  families.gauge("http_listeners", "Pages that listen to events.", number(counts.listeners));
  families.gauge("http_exports", "Exports under way.", number(counts.exports));
  return families.text();
}

}  // namespace muster::console
