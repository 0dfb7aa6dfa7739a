#include "node/fill_forecast.h"

namespace oklog::node {

void fill_forecast::note(boot_time now, std::uint64_t free_bytes) {
  last_free_ = free_bytes;
  if (!samples_.empty() && now - samples_.back().when < forecast_sample_every) return;
  samples_.push_back({now, free_bytes});
  while (now - samples_.front().when > forecast_span) samples_.pop_front();
}

std::optional<double> fill_forecast::rate() const {
  if (samples_.empty()) return std::nullopt;
  const boot_time begin = samples_.front().when;
  if (samples_.back().when - begin < forecast_span_min) return std::nullopt;
  const auto n = static_cast<double>(samples_.size());
  // Differences to the first: the numbers stay small.
  const auto first = static_cast<double>(samples_.front().free_bytes);
  double mean_t = 0;
  double mean_f = 0;
  for (const sample& s : samples_) {
    mean_t += in_seconds(s.when - begin) / n;
    mean_f += (static_cast<double>(s.free_bytes) - first) / n;
  }
  double over = 0;
  double under = 0;
  for (const sample& s : samples_) {
    const double t = in_seconds(s.when - begin) - mean_t;
    over += t * (static_cast<double>(s.free_bytes) - first - mean_f);
    under += t * t;
  }
  return under > 0 ? -over / under : 0;
}

std::optional<duration> fill_forecast::full_in(std::uint64_t reserve) const {
  if (!samples_.empty() && last_free_ <= reserve) return duration::zero();
  const auto shrinks = rate();
  if (!shrinks || *shrinks <= 0) return std::nullopt;
  const double left = static_cast<double>(last_free_ - reserve) / *shrinks;
  if (left > in_seconds(forecast_max)) return std::nullopt;
  return std::chrono::duration_cast<duration>(std::chrono::duration<double>(left));
}

}  // namespace oklog::node
