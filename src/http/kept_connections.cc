#include "http/kept_connections.h"

#include <algorithm>

namespace oklog::http {

void kept_connections::drop_old() {
  const boot_time now = clock_.boot();
  while (!all_.empty() && now - all_.front().since > kept_idle_max) all_.pop_front();
}

std::unique_ptr<env::stream> kept_connections::take(const std::string& authority) {
  drop_old();
  const auto at = std::find_if(all_.begin(), all_.end(),
                               [&](const kept& k) { return k.authority == authority; });
  if (at == all_.end()) return nullptr;
  auto stream = std::move(at->stream);
  all_.erase(at);
  // Closed meanwhile, or more was said than was asked for.
  char extra = 0;
  const auto pending = stream->read_now(&extra, 1);
  if (pending || pending.error().code != errc::busy) return nullptr;
  return stream;
}

void kept_connections::keep(std::string authority, std::unique_ptr<env::stream> stream) {
  drop_old();
  std::erase_if(all_, [&](const kept& k) { return k.authority == authority; });
  if (all_.size() == kept_connections_max) all_.pop_front();
  all_.push_back({std::move(authority), std::move(stream), clock_.boot()});
}

}  // namespace oklog::http
