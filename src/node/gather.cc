#include "node/gather.h"

#include "oklog/query/record_writer.h"

namespace oklog::node {
namespace {

constexpr std::string_view text_type = "text/plain; charset=utf-8";
constexpr std::string_view json_type = "application/x-ndjson; charset=utf-8";

void set_headers(http::responder& out, const query& q, const query_stats& stats,
                 const coverage& covered, duration elapsed) {
  for (const auto& [name, value] : response_headers(q, stats, covered, elapsed))
    out.set(name, value);
  out.set("Content-Type", q.format == output_format::json ? json_type : text_type);
  out.set("Cache-Control", "no-store");
}

env::awaitable<void> run_on_pool(env::scheduler& loop, scan_work& work) {
  co_await env::offload(loop, [&work] { work.run(); });
}

// One query or stream less when it ends, however it ends.
struct counted {
  explicit counted(std::size_t& n) : n_(n) { ++n_; }
  ~counted() { --n_; }
  counted(const counted&) = delete;
  std::size_t& n_;
};

// One more in a gauge while it lives.
struct shown {
  explicit shown(gauge& g) : g_(g) { g_.add(1); }
  ~shown() { g_.add(-1); }
  shown(const shown&) = delete;
  gauge& g_;
};

// The matching records of one batch, as the wire has them.
std::string matching_lines(const query& q, const batch& records) {
  std::vector<text_hit> found;
  q.match->find(records, found);
  std::string lines;
  if (found.empty()) return lines;
  record_writer writer(q);
  auto next = found.begin();
  std::uint32_t n = 0;
  records.for_each([&](const record_view& r) {
    if (next == found.end() || next->record != n++) return;
    ++next;
    if (q.wants_topic(r.topic)) writer.append(lines, r);
  });
  return lines;
}

}  // namespace

gatherer::gatherer(env::environment env, ingester* in, storer* st, live_feed& live,
                   metrics_registry& registry)
    : env_(env),
      in_(in),
      st_(st),
      live_(live),
      refused_(registry.make_counter("oklog_store_queries_refused_total",
                                     "Queries and streams that were told 429.")),
      slow_streams_(registry.make_counter("oklog_store_slow_streams_total",
                                          "Streams cut off because their client did not read.")),
      streams_(registry.make_gauge("oklog_store_streams", "Streams under way.")) {}

gatherer::pinned gatherer::pin(const query& q) const {
  pinned p;
  if (in_) p.blocks = in_->log().snapshot(q.from, q.to);
  if (!st_) return p;
  store_snapshot stored = st_->log().snapshot(q.from, q.to);
  p.blocks.insert(p.blocks.end(), std::make_move_iterator(stored.blocks.begin()),
                  std::make_move_iterator(stored.blocks.end()));
  if (stored.quarantined > 0) {
    p.covered.add_missing(std::to_string(stored.quarantined) +
                          " damaged files lie in the store's quarantine");
  }
  return p;
}

env::awaitable<result<>> gatherer::send_records(scan& s, http::responder& out) {
  const unsigned threads = std::max(1U, env_.loop.pool_threads() - 1);
  while (!s.done()) {
    std::vector<scan_work> work = s.next_work(threads);
    std::vector<env::awaitable<void>> running;
    running.reserve(work.size() + 1);
    for (scan_work& w : work) running.push_back(run_on_pool(env_.loop, w));
    co_await env::all(env_.loop, std::move(running));
    s.absorb(std::move(work));
    for (std::string piece = s.take_output(); !piece.empty(); piece = s.take_output()) {
      CO_TRY(co_await out.write(piece));
    }
    if (out.cancelled()) co_return fail(errc::cancelled, "nobody wants the rest");
  }
  co_return result<>{};
}

env::awaitable<void> gatherer::answer_query(query q, api::breadth, bool stats_only,
                                            http::responder& out) {
  if (queries_ >= queries_max) {
    refused_.add();
    (void)co_await out.send_error(429, "too many queries at once; try again");
    co_return;
  }
  const counted running(queries_);
  const boot_time begun = env_.clock.boot();
  pinned p = pin(q);
  scan s(q, std::move(p.blocks));
  query_stats stats = s.stats();
  stats.nodes_queried = 1;
  set_headers(out, q, stats, p.covered, env_.clock.boot() - begun);
  if (stats_only) {
    (void)co_await out.send(200, "");
    co_return;
  }
  out.set("Trailer", "X-Oklog-Coverage, X-Oklog-Summary");
  const auto done = co_await out.begin(200);
  if (!done) co_return;
  const auto sent = co_await send_records(s, out);
  if (!sent) {
    out.abort();
    co_return;
  }
  p.covered.add(s.covered());
  stats = s.stats();
  stats.nodes_queried = 1;
  const std::string summary = to_json(p.covered, stats);
  if (q.summary_line) {
    const auto last = co_await out.write(summary + "\n");  // a browser does not show trailers
    if (!last) {
      out.abort();
      co_return;
    }
  }
  http::header_list trailers;
  trailers.push_back({"X-Oklog-Coverage", std::string(name(p.covered.state))});
  trailers.push_back({"X-Oklog-Summary", summary});
  (void)co_await out.end(std::move(trailers));
}

env::awaitable<void> gatherer::answer_stream(query q, api::breadth, http::responder& out) {
  if (live_.watchers() >= streams_max) {
    refused_.add();
    (void)co_await out.send_error(429, "too many streams at once; try again");
    co_return;
  }
  live_watcher watcher(live_, env_.loop, stream_queue_max);
  const shown streaming(streams_);
  watcher.on_overrun([&out] { out.abort(); });
  query_stats stats;
  stats.nodes_queried = 1;
  set_headers(out, q, stats, coverage{}, duration::zero());
  const auto done2 = co_await out.begin(200);
  if (!done2) co_return;
  while (true) {
    const auto batch = co_await watcher.next();
    if (!batch) break;
    const std::string lines =
        co_await env::offload(env_.loop, [&] { return matching_lines(q, *batch); });
    if (lines.empty()) continue;
    const auto written = co_await out.write(lines);
    if (!written) break;
  }
  if (watcher.overrun()) slow_streams_.add();
  out.abort();
}

}  // namespace oklog::node
