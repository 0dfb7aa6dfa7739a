#include "oklog/base/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace oklog {

struct metrics_registry::impl {
  prometheus::Registry registry{prometheus::Registry::InsertBehavior::Merge};
  std::map<std::string, std::string> old_names;  // by the name in use
};

metrics_registry::metrics_registry() : impl_(std::make_unique<impl>()) {}
metrics_registry::~metrics_registry() = default;

void counter::add(double n) {
  if (c_) c_->Increment(n);
}
double counter::value() const {
  return c_ ? c_->Value() : 0;
}
void gauge::set(double v) {
  if (g_) g_->Set(v);
}
void gauge::add(double n) {
  if (g_) g_->Increment(n);
}
double gauge::value() const {
  return g_ ? g_->Value() : 0;
}
void histogram::observe(double v) {
  if (h_) h_->Observe(v);
}

counter metrics_registry::make_counter(const std::string& name, const std::string& help,
                                       const metric_labels& labels) {
  auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(impl_->registry);
  return counter(&family.Add(labels));
}

gauge metrics_registry::make_gauge(const std::string& name, const std::string& help,
                                   const metric_labels& labels) {
  auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(impl_->registry);
  return gauge(&family.Add(labels));
}

histogram metrics_registry::make_histogram(const std::string& name, const std::string& help,
                                           const std::vector<double>& buckets,
                                           const metric_labels& labels) {
  auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(impl_->registry);
  return histogram(&family.Add(labels, buckets));
}

void metrics_registry::alias_untyped(const std::string& name, const std::string& old_name) {
  impl_->old_names[name] = old_name;
}

std::string metrics_registry::text() const {
  std::vector<prometheus::MetricFamily> families = impl_->registry.Collect();
  std::vector<prometheus::MetricFamily> old;
  for (const auto& family : families) {
    const auto found = impl_->old_names.find(family.name);
    if (found == impl_->old_names.end()) continue;
    prometheus::MetricFamily copy = family;
    copy.name = found->second;
    copy.help = family.help + " (the name that Go's OK Log used)";
    copy.type = prometheus::MetricType::Untyped;
    for (auto& metric : copy.metric) metric.untyped.value = metric.counter.value;
    old.push_back(std::move(copy));
  }
  families.insert(families.end(), old.begin(), old.end());
  return prometheus::TextSerializer().Serialize(families);
}

const std::vector<double>& default_buckets() {
  static const std::vector<double> buckets{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};
  return buckets;
}

}  // namespace oklog
