#include "oklog/http/metrics.h"

namespace oklog::http {

server_metrics::server_metrics(metrics_registry& registry)
    : connections(registry.make_gauge("oklog_api_connections", "Open connections to the API.")),
      refused(registry.make_counter("oklog_api_connections_refused_total",
                                    "Connections turned away because too many were open.")),
      accept_failures(registry.make_counter("oklog_api_accept_failures_total",
                                            "Connections that could not be accepted.")),
      clients_gone(registry.make_counter("oklog_api_clients_gone_total",
                                         "Clients that left before they had their answer.")),
      registry_(&registry) {}

void server_metrics::observe(std::string_view method, const std::string& path, unsigned status,
                             duration took) {
  if (!registry_) return;
  const auto key = std::make_tuple(std::string(method), path, status);
  auto found = durations_.find(key);
  if (found == durations_.end()) {
    const metric_labels labels{
        {"method", std::string(method)}, {"path", path}, {"status_code", std::to_string(status)}};
    const histogram made = registry_->make_histogram("oklog_api_request_duration_seconds",
                                                     "How long requests took, by route and status.",
                                                     default_buckets(), labels);
    found = durations_.emplace(key, made).first;
  }
  found->second.observe(std::chrono::duration<double>(took).count());
}

}  // namespace oklog::http
