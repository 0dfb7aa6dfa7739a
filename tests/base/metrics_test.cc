#include "oklog/base/metrics.h"

#include <catch2/catch.hpp>

using namespace oklog;

TEST_CASE("metrics: a counter is served once more under Go's name, untyped", "[base]") {
  metrics_registry registry;
  counter c = registry.make_counter("oklog_x_total", "X.");
  registry.alias_untyped("oklog_x_total", "oklog_x");
  c.add(3);
  const std::string text = registry.text();
  CHECK(text.find("# TYPE oklog_x_total counter\noklog_x_total 3\n") != std::string::npos);
  CHECK(text.find("# TYPE oklog_x untyped\noklog_x 3\n") != std::string::npos);
}

TEST_CASE("metrics: a handle without a registry counts nowhere", "[base]") {
  counter c;
  c.add();
  CHECK(c.value() == 0);
}
