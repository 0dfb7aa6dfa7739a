// What the server counts. Labels are bounded: paths are those of routes, never a client's.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tuple>

#include "oklog/base/metrics.h"
#include "oklog/base/time.h"

namespace oklog::http {

class server_metrics {
 public:
  server_metrics() = default;  // counts nowhere
  explicit server_metrics(metrics_registry& registry);

  // oklog_api_request_duration_seconds: until the last byte was sent, also for streams.
  void observe(std::string_view method, const std::string& path, unsigned status, duration took);

  gauge connections;        // open now
  counter refused;          // turned away: too many connections
  counter accept_failures;  // accept failed, mostly for want of descriptors
  counter clients_gone;     // left before they had their answer

 private:
  metrics_registry* registry_ = nullptr;
  std::map<std::tuple<std::string, std::string, unsigned>, histogram> durations_;
};

}  // namespace oklog::http
