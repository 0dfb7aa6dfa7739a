#include "sim/net_state.h"

#include <algorithm>

#include "oklog/base/assert.h"

namespace oklog::sim {

// So long a connection bears silence (keepalive: a minute, then six probes, ten
// seconds apart).
constexpr duration silence_max = std::chrono::minutes(2);
// What was lost on the way is sent again up to so much later.
constexpr duration retransmit_max = std::chrono::milliseconds(200);

std::size_t net_state::index_of(const std::string& name) const {
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    if (hosts[i].name == name) return i;
  }
  assert_failed(__FILE__, __LINE__, "the host is known", name);
}

bool net_state::reaches(std::size_t from, std::size_t to) {
  return hosts[from].power && hosts[to].power && !link(from, to).blocked;
}

duration net_state::draw_latency(std::size_t from, std::size_t to) {
  if (from == to) return std::chrono::microseconds(20);
  const auto own = link(from, to).latency;
  const auto [low, high] = own.value_or(std::pair(latency_min, latency_max));
  const auto spread = static_cast<std::uint64_t>((high - low).count());
  return low + duration(random.below(spread + 1));
}

std::optional<std::size_t> net_state::host_of(const std::string& ip, std::size_t from) const {
  if (ip.starts_with("127.") || ip == "::1") return from;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    if (std::ranges::find(hosts[i].ips, ip) != hosts[i].ips.end()) return i;
  }
  return std::nullopt;
}

std::shared_ptr<listening> net_state::listener_at(std::size_t host, const env::endpoint& e) const {
  const auto& all = hosts[host].listeners;
  const std::string any = e.ip.find(':') == std::string::npos ? "0.0.0.0" : "::";
  env::endpoint wildcard{any, e.port};
  for (const auto& where : {e, wildcard}) {
    if (const auto it = all.find(where); it != all.end()) return it->second;
  }
  return nullptr;
}

std::uint16_t net_state::free_port(std::size_t host) {
  net_host& h = hosts[host];
  if (h.next_port == 65535) h.next_port = 40000;
  return h.next_port++;
}

std::vector<std::shared_ptr<connection>> net_state::live() const {
  std::vector<std::shared_ptr<connection>> out;
  for (const auto& [id, c] : connections) {
    if (auto held = c->weak_from_this().lock()) out.push_back(std::move(held));
  }
  return out;
}

void net_state::block(std::size_t from, std::size_t to) {
  auto& l = link(from, to);
  if (l.blocked) return;
  l.blocked = true;
  const std::uint64_t number = ++l.block_number;
  time.after(silence_max, [this, from, to, number] {
    const auto& now = link(from, to);
    if (!now.blocked || now.block_number != number) return;
    for (const auto& c : live()) {
      if (!c->is_between(from, to)) continue;
      for (const unsigned i : {0u, 1u}) c->fail_end(i, fail(errc::timeout, "connection timed out"));
    }
  });
}

void net_state::unblock(std::size_t from, std::size_t to) {
  auto& l = link(from, to);
  if (!l.blocked) return;
  l.blocked = false;
  for (const auto& c : live()) {
    if (!c->is_between(from, to)) continue;
    const duration wait(random.below(static_cast<std::uint64_t>(retransmit_max.count())));
    time.after(wait, [weak = std::weak_ptr(c)] {
      const auto held = weak.lock();
      if (!held) return;
      held->pump(0);
      held->pump(1);
    });
  }
}

void net_state::end_process(std::size_t host) {
  for (const auto& [where, l] : hosts[host].listeners) {
    l->closed = true;
    l->changed.cancel();
  }
  hosts[host].listeners.clear();
  for (const auto& [where, p] : hosts[host].ports) {
    p->closed = true;
    p->changed.cancel();
  }
  hosts[host].ports.clear();
  for (const auto& c : live()) {
    for (const unsigned i : {0u, 1u}) {
      if (c->ends[i].host == host) c->close(i, c->ends[i].resets);
    }
  }
}

void net_state::power_off(std::size_t host) {
  hosts[host].power = false;
  for (const auto& c : live()) {
    for (const unsigned i : {0u, 1u}) {
      if (c->ends[i].host != host) continue;
      c->vanish(i);
      time.after(silence_max, [weak = std::weak_ptr(c), i] {
        if (const auto held = weak.lock()) {
          held->fail_end(1 - i, fail(errc::timeout, "connection timed out"));
        }
      });
    }
  }
  end_process(host);
}

void net_state::power_on(std::size_t host) {
  hosts[host].power = true;
  for (const auto& c : live()) {
    for (const unsigned i : {0u, 1u}) {
      if (c->ends[i].host == host && c->ends[i].vanished) c->send_reset(i);
    }
  }
}

}  // namespace oklog::sim
