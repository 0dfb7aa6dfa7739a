#include "oklog/sim/network.h"

#include "sim/net_state.h"

namespace oklog::sim {

name_table& network::names() {
  return state_->names;
}

void network::set_latency(duration lowest, duration highest) {
  state_->latency_min = lowest;
  state_->latency_max = std::max(lowest, highest);
}

void network::set_latency(const std::string& from, const std::string& to, duration lowest,
                          duration highest) {
  auto& link = state_->link(state_->index_of(from), state_->index_of(to));
  link.latency = std::pair(lowest, std::max(lowest, highest));
}

void network::set_window(std::size_t bytes) {
  state_->window = bytes;
}
void network::set_segment_max(std::size_t bytes) {
  state_->segment_max = bytes;
}

void network::set_loss(std::uint64_t num, std::uint64_t den) {
  state_->datagrams.loss = {num, den};
}

void network::set_loss(const std::string& from, const std::string& to, std::uint64_t num,
                       std::uint64_t den) {
  state_->link(state_->index_of(from), state_->index_of(to)).loss = odds{num, den};
}

void network::set_duplication(std::uint64_t num, std::uint64_t den) {
  state_->datagrams.duplication = {num, den};
}

void network::set_duplication(const std::string& from, const std::string& to, std::uint64_t num,
                              std::uint64_t den) {
  state_->link(state_->index_of(from), state_->index_of(to)).duplication = odds{num, den};
}

void network::set_reordering(std::uint64_t num, std::uint64_t den, duration longest) {
  state_->datagrams.reordering = {num, den};
  state_->datagrams.held_back_max = longest;
}

void network::set_datagram_max(std::size_t bytes) {
  state_->datagrams.bytes_max = bytes;
}

void network::fill_send_buffer(const std::string& host, bool on) {
  state_->hosts[state_->index_of(host)].sends_full = on;
}

std::uint64_t network::dropped_datagrams(const std::string& host) const {
  return state_->hosts[state_->index_of(host)].dropped;
}

void network::block(const std::string& from, const std::string& to) {
  state_->block(state_->index_of(from), state_->index_of(to));
}

void network::unblock(const std::string& from, const std::string& to) {
  state_->unblock(state_->index_of(from), state_->index_of(to));
}

void network::clog(const std::string& from, const std::string& to, duration d) {
  block(from, to);
  const std::size_t a = state_->index_of(from);
  const std::size_t b = state_->index_of(to);
  state_->time.after(d, [state = state_.get(), a, b] { state->unblock(a, b); });
}

void network::partition(const std::set<std::string>& inside) {
  for (std::size_t a = 0; a < state_->hosts.size(); ++a) {
    for (std::size_t b = 0; b < state_->hosts.size(); ++b) {
      const bool a_inside = inside.contains(state_->hosts[a].name);
      if (a_inside != inside.contains(state_->hosts[b].name)) state_->block(a, b);
    }
  }
}

void network::heal() {
  for (const auto& [pair, link] : state_->links) {
    if (link.blocked) state_->unblock(pair.first, pair.second);
  }
}

void network::reset(const std::string& a, const std::string& b) {
  const std::size_t one = state_->index_of(a);
  const std::size_t two = state_->index_of(b);
  for (const auto& c : state_->live()) {
    if (!c->is_between(one, two)) continue;
    for (const unsigned i : {0u, 1u}) {
      c->fail_end(i, fail(errc::closed, "connection reset by peer"));
    }
  }
}

void network::cut_after(const std::string& from, const std::string& to, std::uint64_t bytes,
                        bool cleanly) {
  auto& link = state_->link(state_->index_of(from), state_->index_of(to));
  link.cut_after = bytes;
  link.cut_cleanly = cleanly;
}

void network::refuse(const std::string& host, bool on) {
  state_->hosts[state_->index_of(host)].refusing = on;
}

std::size_t network::connections(const std::string& host) const {
  const std::size_t h = state_->index_of(host);
  std::size_t n = 0;
  for (const auto& c : state_->live()) {
    for (const auto& end : c->ends) n += end.host == h && !end.closed ? 1 : 0;
  }
  return n;
}

}  // namespace oklog::sim
