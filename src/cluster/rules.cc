#include "oklog/cluster/rules.h"

#include <algorithm>
#include <cmath>

namespace oklog::cluster {
namespace {

duration times(double factor, duration d) {
  return std::chrono::duration_cast<duration>(factor * std::chrono::duration<double, std::nano>(d));
}

}  // namespace

duration suspicion_min(const rules& r, std::size_t n) {
  const double scale = std::max(1.0, std::log10(std::max<double>(1.0, static_cast<double>(n))));
  return times(r.suspicion_mult * scale, r.probe_interval);
}

duration suspicion_timeout(duration lowest, duration highest, unsigned confirmed, unsigned wanted) {
  if (wanted == 0) return lowest;
  const double share = std::log(confirmed + 1.0) / std::log(wanted + 1.0);
  const duration shortened = highest - times(share, highest - lowest);
  return std::max<duration>(lowest, std::chrono::floor<std::chrono::milliseconds>(shortened));
}

unsigned confirmations_wanted(const rules& r, std::size_t n) {
  return n < r.confirmations + 2 ? 0 : r.confirmations;
}

unsigned retransmit_limit(const rules& r, std::size_t n) {
  const double digits = std::ceil(std::log10(static_cast<double>(n) + 1.0));
  return std::max(r.retransmit_min, r.retransmit_mult * static_cast<unsigned>(digits));
}

duration sync_interval(const rules& r, std::size_t n) {
  if (n <= 32) return r.sync_interval;
  const double doublings = std::ceil(std::log2(static_cast<double>(n)) - 5.0);
  return r.sync_interval * (static_cast<unsigned>(doublings) + 1);
}

}  // namespace oklog::cluster
