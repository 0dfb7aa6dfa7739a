// Metrics: one registry a node object, cheap handles everywhere else.
//
// A module declares a struct of handles (`struct ingest_metrics { counter bytes; ... }`) with a
// constructor that takes the registry; classes take a reference to their own struct. Handles are
// values that point into the registry, which must outlive them; a default-constructed handle counts
// nowhere, so tests need no registry. All are thread-safe (prometheus-cpp).
#pragma once

#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace oklog {

using metric_labels = std::map<std::string, std::string>;

class counter {
 public:
  counter() = default;
  explicit counter(prometheus::Counter* c) : c_(c) {}
  void add(double n = 1);
  double value() const;

 private:
  prometheus::Counter* c_ = nullptr;
};

class gauge {
 public:
  gauge() = default;
  explicit gauge(prometheus::Gauge* g) : g_(g) {}
  void set(double v);
  void add(double n);
  double value() const;

 private:
  prometheus::Gauge* g_ = nullptr;
};

class histogram {
 public:
  histogram() = default;
  explicit histogram(prometheus::Histogram* h) : h_(h) {}
  void observe(double v);

 private:
  prometheus::Histogram* h_ = nullptr;
};

class metrics_registry {
 public:
  metrics_registry();
  ~metrics_registry();

  // The same name and labels give the same metric again. `name` of a counter ends in _total.
  counter make_counter(const std::string& name, const std::string& help, const metric_labels& = {});
  gauge make_gauge(const std::string& name, const std::string& help, const metric_labels& = {});
  histogram make_histogram(const std::string& name, const std::string& help,
                           const std::vector<double>& buckets, const metric_labels& = {});
  // Serves the counter `name` once more, untyped, under the name that Go's OK Log used for it.
  void alias_untyped(const std::string& name, const std::string& old_name);

  // Prometheus' text format 0.0.4.
  std::string text() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

// Go's prometheus.DefBuckets: 5 ms to 10 s.
const std::vector<double>& default_buckets();

}  // namespace oklog
