// gossip_world: datagrams, and connections as TCP would carry them.
#include <algorithm>

#include "oklog/base/hash.h"
#include "oklog/sim/gossip_world.h"

namespace oklog::sim {
namespace {

using failure = cluster::swim::failure;

constexpr std::size_t packets_waiting_max = 256;  // what a socket's buffer holds of small packets
constexpr duration reorder_max = std::chrono::milliseconds(20);
constexpr duration connect_retry = std::chrono::seconds(1);  // doubled each time, as Linux does
constexpr duration data_retry = std::chrono::milliseconds(200);
constexpr unsigned tries_max = 8;

}  // namespace

// 10.moves.high.low: a node's number and how often it has moved.
std::optional<std::size_t> gossip_world::at_address(const cluster::address& a) const {
  if (a.ip[12] != 10) return std::nullopt;
  const std::size_t i = std::size_t{a.ip[14]} << 8 | a.ip[15];
  if (i >= nodes_.size() || nodes_[i].birth.data.gossip != a) return std::nullopt;
  return i;
}

bool gossip_world::happens(unsigned millionths) {
  return millionths > 0 && random_.chance(millionths, 1'000'000);
}

// Whether one packet comes through.
bool gossip_world::passes(std::size_t from, std::size_t to) {
  const inhabitant& target = nodes_[to];
  if ((blocked_[nodes_[from].group] >> target.group & 1) != 0) return false;
  return target.present && !target.deaf && !happens(options_.link.loss);
}

duration gossip_world::way() {
  const gossip_link& l = options_.link;
  const auto width = static_cast<std::uint64_t>(2 * l.jitter.count() + 1);
  return l.delay - l.jitter + duration(random_.below(width));
}

void gossip_world::send(std::size_t from, cluster::datagram d) {
  ++figures_.datagrams;
  figures_.bytes += d.bytes.size();
  figures_.largest = std::max<std::uint64_t>(figures_.largest, d.bytes.size());
  trace(static_cast<std::uint64_t>(now_.count()) + from, xxh3_64(d.bytes));
  const auto to = at_address(d.to);
  if (!to || !passes(from, *to) || nodes_[*to].machine == nullptr) return;
  const int copies = happens(options_.link.duplicate) ? 2 : 1;
  for (int c = 0; c < copies; ++c) {
    if (free_packets_.empty()) {
      free_packets_.push_back(packets_.size());
      packets_.emplace_back();
    }
    const std::uint64_t slot = free_packets_.back();
    free_packets_.pop_back();
    packets_[slot] = {nodes_[from].birth.data.gossip, d.bytes};
    duration late{};
    if (happens(options_.link.reorder)) {
      late = duration(random_.below(static_cast<std::uint64_t>(reorder_max.count())));
    }
    plan(now_ + way() + late, kind::arrive, *to, slot);
  }
}

void gossip_world::arrive(std::size_t i, std::uint64_t slot) {
  packet p = std::move(packets_[slot]);
  free_packets_.push_back(slot);
  inhabitant& n = nodes_[i];
  if (n.machine == nullptr || n.deaf) return;
  if (stalled(n)) {
    if (n.packets_waiting >= packets_waiting_max) return;
    ++n.packets_waiting;
    n.waiting.emplace_back(std::move(p));
    return;
  }
  call(i, [&p](gossip_machine& m, boot_time at) { m.receive(at, p.from, p.bytes); });
}

void gossip_world::open(std::size_t client, cluster::exchange x) {
  ++figures_.exchanges;
  figures_.exchange_bytes += x.bytes.size();
  stream s;
  s.client = client;
  s.client_life = nodes_[client].life;
  s.to = x.to;
  s.exchange = x.id;
  s.bytes = std::move(x.bytes);
  const std::uint64_t id = ++last_stream_;
  streams_.emplace(id, std::move(s));
  plan(now_ + x.limit, kind::expire, client, id);
  plan(now_, kind::attempt, client, id);
}

// One transmission of what the stage needs; again later where it is lost.
void gossip_world::attempt(std::uint64_t id) {
  const auto at = streams_.find(id);
  if (at == streams_.end()) return;
  stream& s = at->second;
  if (++s.tries > tries_max) return;
  if (s.stage == stage::connect) return attempt_connect(id, s);
  const bool there = s.stage == stage::request;
  if (passes(there ? s.client : s.server, there ? s.server : s.client)) {
    plan(now_ + way(), kind::reach, s.client, id);
  } else {
    plan(now_ + data_retry * (1U << (s.tries - 1)), kind::attempt, s.client, id);
  }
}

void gossip_world::attempt_connect(std::uint64_t id, stream& s) {
  const auto server = at_address(s.to);
  if (!server || !passes(s.client, *server) || !passes(*server, s.client)) {
    plan(now_ + connect_retry * (1U << (s.tries - 1)), kind::attempt, s.client, id);
    return;
  }
  s.server = *server;
  const duration round_trip = way() + way();
  if (nodes_[s.server].machine == nullptr) {
    plan(now_ + round_trip, kind::refuse, s.client, id);
    return;
  }
  // The kernel accepts, whether the process runs or not.
  s.stage = stage::request;
  s.tries = 0;
  plan(now_ + round_trip, kind::attempt, s.client, id);
}

void gossip_world::reach(std::uint64_t id) {
  const auto at = streams_.find(id);
  if (at == streams_.end()) return;
  stream& s = at->second;
  if (s.stage == stage::reply) return finish(id, failure::none);
  inhabitant& server = nodes_[s.server];
  if (server.machine == nullptr || server.birth.data.gossip != s.to) {
    return server.present ? finish(id, failure::refused) : void();
  }
  if (stalled(server)) {
    server.waiting.emplace_back(stream_end{id, true, {}});
  } else {
    serve(s.server, id);
  }
}

void gossip_world::serve(std::size_t i, std::uint64_t id) {
  const auto at = streams_.find(id);
  if (at == streams_.end()) return;  // the client has given up
  std::string reply;
  const std::string request = std::move(at->second.bytes);
  call(i, [&](gossip_machine& m, boot_time when) { reply = m.answer(when, request); });
  figures_.exchange_bytes += reply.size();
  stream& s = streams_.at(id);
  s.bytes = std::move(reply);
  s.stage = stage::reply;
  s.tries = 0;
  attempt(id);
}

void gossip_world::finish(std::uint64_t id, failure how) {
  const auto at = streams_.find(id);
  if (at == streams_.end()) return;
  inhabitant& client = nodes_[at->second.client];
  const stream_end e{id, false, how};
  if (client.machine == nullptr || client.life != at->second.client_life) {
    streams_.erase(at);
  } else if (stalled(client)) {
    client.waiting.emplace_back(e);
  } else {
    end_stream(at->second.client, e);
  }
}

void gossip_world::end_stream(std::size_t i, const stream_end& e) {
  const auto at = streams_.find(e.stream);
  if (at == streams_.end()) return;
  const stream s = std::move(at->second);
  streams_.erase(at);
  trace(s.exchange, static_cast<std::uint64_t>(e.how) + s.bytes.size());
  const std::string_view answer = e.how == failure::none ? std::string_view(s.bytes) : "";
  call(i, [&](gossip_machine& m, boot_time now) { m.exchanged(now, s.exchange, e.how, answer); });
}

}  // namespace oklog::sim
