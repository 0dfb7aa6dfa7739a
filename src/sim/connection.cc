#include <algorithm>

#include "oklog/base/hash.h"
#include "sim/net_state.h"

namespace oklog::sim {

connection::connection(net_state& net, connection_end client, connection_end server)
    : id(++net.last_connection),
      ends{std::move(client), std::move(server)},
      net_(net),
      window_(net.window) {
  net_.connections[id] = this;
}

connection::~connection() {
  net_.connections.erase(id);
}

bool connection::is_between(std::size_t a, std::size_t b) const {
  return (ends[0].host == a && ends[1].host == b) || (ends[0].host == b && ends[1].host == a);
}

result<std::size_t> connection::read_now(unsigned i, char* out, std::size_t size) {
  auto& end = ends[i];
  flow& in = flows_[1 - i];
  if (end.closed) return fail(errc::closed, "read: the stream is closed");
  if (in.ready.empty()) {
    if (in.fin_arrived) return std::size_t{0};
    if (end.broken) return *end.broken;
    return fail(errc::busy, "read: nothing is there");
  }
  if (size == 0) return std::size_t{0};
  const std::size_t n = in.ready.copy(out, size);
  in.ready.erase(0, n);
  if (net_.reaches(end.host, ends[1 - i].host)) {
    in.used -= n;
    ends[1 - i].changed.cancel();
  } else {
    in.owed += n;
  }
  return n;
}

result<std::size_t> connection::write_now(unsigned i, std::string_view bytes) {
  const auto& end = ends[i];
  flow& out = flows_[i];
  if (end.closed) return fail(errc::closed, "write: the stream is closed");
  if (end.broken) return *end.broken;
  if (out.fin_sent) return fail(errc::closed, "write: after the end");
  const std::size_t room = window_ - std::min(window_, out.used);
  std::size_t n = std::min({room, bytes.size(), net_.segment_max});
  if (n == 0) return n;
  if (net_.random.chance(1, 8)) n = 1 + net_.random.below(n);
  out.used += n;
  segment s;
  s.bytes = bytes.substr(0, n);
  send(i, std::move(s));
  return n;
}

void connection::send(unsigned i, segment s) {
  flow& out = flows_[i];
  s.due = net_.time.now() + net_.draw_latency(ends[i].host, ends[1 - i].host);
  if (!out.flight.empty()) s.due = std::max(s.due, out.flight.back().due);
  const duration due = s.due;
  out.flight.push_back(std::move(s));
  net_.time.at(due, [weak = weak_from_this(), i] {
    if (const auto c = weak.lock()) c->pump(i);
  });
}

result<> connection::shutdown_send(unsigned i) {
  if (ends[i].closed) return fail(errc::closed, "shut down: the stream is closed");
  if (ends[i].broken) return *ends[i].broken;
  if (flows_[i].fin_sent) return {};
  flows_[i].fin_sent = true;
  segment s;
  s.fin = true;
  send(i, std::move(s));
  return {};
}

void connection::send_reset(unsigned i) {
  flows_[i].flight.clear();
  segment s;
  s.reset = true;
  send(i, std::move(s));
}

void connection::close(unsigned i, bool abort) {
  auto& end = ends[i];
  if (end.closed) return;
  end.closed = true;
  end.changed.cancel();
  if (end.vanished || end.broken) return;
  if (abort || !flows_[1 - i].ready.empty()) {
    send_reset(i);
  } else if (!flows_[i].fin_sent) {
    flows_[i].fin_sent = true;
    segment s;
    s.fin = true;
    send(i, std::move(s));
  }
}

void connection::vanish(unsigned i) {
  ends[i].vanished = true;
  flows_[i].flight.clear();
  fail_end(i, fail(errc::closed, "the machine is gone"));
}

void connection::fail_end(unsigned i, error why) {
  if (!ends[i].broken) ends[i].broken = std::move(why);
  flows_[i].flight.clear();
  ends[i].changed.cancel();
}

void connection::pump(unsigned i) {
  const std::size_t from = ends[i].host;
  const std::size_t to = ends[1 - i].host;
  auto& out = flows_[i];
  while (!out.flight.empty() && out.flight.front().due <= net_.time.now()) {
    if (!net_.reaches(from, to)) return;
    segment s = std::move(out.flight.front());
    out.flight.pop_front();
    deliver(i, std::move(s));
  }
  if (out.owed != 0 && net_.reaches(to, from)) {
    out.used -= out.owed;
    out.owed = 0;
    ends[i].changed.cancel();
  }
}

// True if the link is to be cut after (a part of) this segment.
bool connection::cut(unsigned i, segment& s) {
  auto& link = net_.link(ends[i].host, ends[1 - i].host);
  if (!link.cut_after || s.bytes.empty()) return false;
  if (s.bytes.size() < *link.cut_after) {
    *link.cut_after -= s.bytes.size();
    return false;
  }
  s.bytes.resize(static_cast<std::size_t>(*link.cut_after));
  link.cut_after.reset();
  return true;
}

void connection::deliver(unsigned i, segment s) {
  auto& to = ends[1 - i];
  const bool cut_here = cut(i, s);
  net_.time.trace(s.bytes, id * 4 + i * 2 + (s.fin || s.reset ? 1 : 0));
  if (to.closed || to.vanished) {
    if (!s.bytes.empty() && !to.vanished && !ends[i].broken) send_reset(1 - i);
    return;
  }
  flows_[i].ready += s.bytes;
  if (s.fin) flows_[i].fin_arrived = true;
  if (s.reset) fail_end(1 - i, fail(errc::closed, "connection reset by peer"));
  if (cut_here) {
    const bool cleanly = net_.link(ends[i].host, to.host).cut_cleanly;
    if (cleanly) flows_[i].fin_arrived = true;
    fail_end(0, fail(errc::closed, "connection reset by peer"));
    fail_end(1, fail(errc::closed, "connection reset by peer"));
  }
  to.changed.cancel();
}

}  // namespace oklog::sim
