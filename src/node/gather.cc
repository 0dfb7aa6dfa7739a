#include "node/gather.h"

#include <algorithm>
#include <set>

#include "oklog/node/scan_driver.h"
#include "oklog/store/context.h"

namespace oklog::node {
namespace {

constexpr std::string_view json_type = "application/x-ndjson; charset=utf-8";
constexpr unsigned unread_lines_max = 10;  // a second, in the log

}  // namespace

query_stats in_question(const query& q, const std::vector<block_ref>& unconsumed,
                        const std::vector<segment_ptr>& segments) {
  query_stats stats;
  std::set<const data_file*> files;
  for (const block_ref& ref : unconsumed) {
    if (ref.max < q.from || q.to < ref.min) continue;
    if (!ref.topic.empty() && !q.wants_topic(ref.topic)) continue;
    stats.max_data_set_bytes += ref.raw_bytes;
    if (ref.file) files.insert(ref.file.get());
  }
  stats.segments_queried = files.size();
  for (const segment_ptr& segment : segments) {
    const std::uint64_t bytes = bytes_in_question(q, segment->footer);
    stats.max_data_set_bytes += bytes;
    if (bytes > 0) ++stats.segments_queried;
  }
  return stats;
}

gatherer::gatherer(env::environment env, ingester* in, storer* st, live_feed& live,
                   membership& members, metrics_registry& registry)
    : env_(env),
      in_(in),
      st_(st),
      live_(live),
      members_(members),
      gate_(queries_max),
      part_gate_(query_parts_max),
      pins_(env.random, registry),
      refused_(registry.make_counter("oklog_store_queries_refused_total",
                                     "Queries and streams that were told 429.")),
      slow_streams_(registry.make_counter("oklog_store_slow_streams_total",
                                          "Streams cut off because their client did not read.")),
      damaged_filters_(registry.make_counter(
          "oklog_store_damaged_filters_total",
          "Times that a segment's filters could not be read; its blocks were searched.")),
      unread_blocks_(registry.make_counter("oklog_unread_blocks_total",
                                           "Times that a query could not read a block here.")),
      streams_(registry.make_gauge("oklog_store_streams", "Streams under way.")) {}

void gatherer::set_headers(http::responder& out, const query& q, const query_stats& stats,
                           const coverage& covered, duration elapsed) const {
  for (const auto& [name, value] : response_headers(q, stats, covered, elapsed))
    out.set(name, value);
  out.set("Content-Type", q.format == output_format::json ? json_type : http::plain_text);
  out.set("Cache-Control", "no-store");
}

const cluster::roster& gatherer::roster() const {
  static const cluster::roster none;
  return st_ ? st_->roster().roster() : none;
}

bool gatherer::alone() const {
  const auto& all = members_.all();
  return !roster().others_matter(members_.self().id) &&
         std::all_of(all.begin(), all.end(), [&](const cluster::member& m) {
           return &m == &all.front() || !(in_service(m) || took_records(m));
         });
}

void gatherer::add_doubt(coverage& covered) const {
  if (!members_.doubt().empty()) covered.add_missing(members_.doubt());
}

void gatherer::pin_ingester(ulid from, ulid to, pinned& p) const {
  if (in_) p.unconsumed = in_->log().snapshot(from, to);
}

void gatherer::pin_store(ulid from, ulid to, pinned& p) const {
  if (!st_) return;
  p.stored = st_->log().snapshot(from, to);
  if (p.stored.quarantined > 0) {
    p.covered.add_missing(std::to_string(p.stored.quarantined) +
                          " damaged files lie in the store's quarantine");
  }
  const std::string doubt = st_->roster().doubt();
  if (!doubt.empty()) p.covered.add_missing(doubt);
  const std::uint64_t floor_ms = st_->log().floor() * window_ms;
  if (from.ms() < floor_ms) p.covered.since = wall_time(std::chrono::milliseconds(floor_ms));
}

gatherer::pinned gatherer::pin(const query& q) const {
  pinned p;
  const auto [from, to] = context_range(q);
  pin_ingester(from, to, p);
  pin_store(from, to, p);
  return p;
}

env::awaitable<void> gatherer::refuse(http::responder& out, std::string_view why) {
  refused_.add();
  (void)co_await out.send_error(429, why);
}

scan_options gatherer::options_of(std::size_t memory) {
  scan_options options;
  options.pending_bytes_max = memory;
  options.clock = &env_.clock;
  options.on_unread = [this](const std::string& why) { note_unread(why); };
  return options;
}

// A rotten disk must not fill the log.
void gatherer::note_unread(const std::string& why) {
  unread_blocks_.add();
  if (env_.clock.boot() - unread_since_ >= std::chrono::seconds(1)) {
    unread_since_ = env_.clock.boot();
    unread_lines_ = 0;
  }
  if (++unread_lines_ > unread_lines_max) return;
  env_.log.error("a query could not read a block", {{"err", why}});
}

env::awaitable<selection> gatherer::select(const query& q, const pinned& p) {
  const auto choose = [&] {
    const boot_time begun = env_.clock.boot();
    selection s = select_blocks(q, needed::of(*q.match), p.stored.segments);
    s.blocks.insert(s.blocks.end(), p.unconsumed.begin(), p.unconsumed.end());
    s.stats.plan_time = env_.clock.boot() - begun;
    return s;
  };
  selection chosen = co_await env::offload(env_.loop, choose);
  for (const error& e : chosen.damaged_filters) {
    damaged_filters_.add();
    env_.log.error("filters not readable: their blocks are searched", {{"err", e.what}});
  }
  co_return chosen;
}

env::awaitable<result<>> gatherer::send_records(scan& s, http::responder& out) {
  scan_driver driver(env_.loop, s);
  result<> sent;
  while (sent && !s.done()) {
    co_await driver.advance();
    while (sent && s.has_output()) {
      const auto take = [&] { return s.take_output(); };
      const std::string piece = co_await env::offload(env_.loop, take);
      sent = co_await out.write(piece);
    }
    if (out.cancelled()) sent = fail(errc::cancelled, "nobody wants the rest");
  }
  if (!sent) s.stop();
  co_await driver.finish();
  co_return sent;
}

env::awaitable<void> gatherer::answer_query(query q, api::breadth b, bool stats_only,
                                            http::responder& out) {
  auto pass = gate_.enter();
  if (!pass) {
    co_await refuse(out, too_many_queries);
  } else if (b == api::breadth::cluster && !alone()) {
    co_await answer_from_cluster(q, std::move(*pass), stats_only, out);
  } else {
    pinned p = pin(q);
    if (b == api::breadth::cluster) add_doubt(p.covered);
    co_await answer_records(q, std::move(p), std::move(*pass), stats_only, out);
  }
}

env::awaitable<void> gatherer::answer_records(const query& q, pinned p, query_gate::pass pass,
                                              bool stats_only, http::responder& out) {
  const boot_time begun = env_.clock.boot();
  query_stats first = in_question(q, p.unconsumed, p.stored.segments);
  first.nodes_queried = 1;
  set_headers(out, q, first, p.covered, env_.clock.boot() - begun);
  if (stats_only) {
    (void)co_await out.send(200, "");
    co_return;
  }
  out.set("Trailer", "X-Oklog-Coverage, X-Oklog-Summary");
  result<> sent = co_await out.begin(200);
  if (!sent) co_return;
  selection chosen = co_await select(q, p);
  scan_options options = options_of(pass.bytes());
  options.as_records = q.context.wanted();
  scan s(q, std::move(chosen.blocks), options);
  if (!out.cancelled()) {
    auto sending = q.context.wanted() && !q.count_only ? send_with_context(s, q, p, out)
                                                       : send_records(s, out);
    sent = co_await std::move(sending);
  }
  outcome o{std::move(p.covered), s.stats()};
  o.covered.add(s.covered());
  o.stats.add(chosen.stats);
  o.stats.nodes_queried = 1;
  co_await end_answer(q, std::move(o), std::move(sent), out);
}

env::awaitable<void> gatherer::end_answer(const query& q, outcome o, result<> sent,
                                          http::responder& out) {
  const std::string summary = to_json(o.covered, o.stats);
  // A browser does not show trailers.
  if (sent && q.summary_line) sent = co_await out.write(summary + "\n");
  if (!sent) {
    out.abort();
    co_return;
  }
  http::header_list trailers;
  trailers.push_back({"X-Oklog-Coverage", std::string(name(o.covered.state))});
  trailers.push_back({"X-Oklog-Summary", summary});
  (void)co_await out.end(std::move(trailers));
}

env::awaitable<void> gatherer::answer_histogram(query q, http::responder& out) {
  q.count_only = false;
  q.context = {};
  auto pass = gate_.enter();
  if (!pass) {
    co_await refuse(out, too_many_queries);
    co_return;
  }
  if (!alone()) {
    co_await count_in_cluster(q, std::move(*pass), out);
    co_return;
  }
  pinned p = pin(q);
  add_doubt(p.covered);
  selection chosen = co_await select(q, p);
  scan_options options = options_of(pass->bytes());
  scan s(q, std::move(chosen.blocks), histogram_axis::over(q.from, q.to, q.buckets), options);
  co_await run_to_end(env_.loop, s);
  outcome o{std::move(p.covered), s.stats()};
  o.covered.add(s.covered());
  o.stats.add(chosen.stats);
  o.stats.nodes_queried = 1;
  co_await send_histogram(s.counts(), std::move(o), out);
}

env::awaitable<void> gatherer::send_histogram(const time_histogram& counts, outcome o,
                                              http::responder& out) {
  if (out.cancelled()) {
    out.abort();
    co_return;
  }
  out.set("Content-Type", "application/json");
  out.set("Cache-Control", "no-store");
  out.set("X-Oklog-Coverage", name(o.covered.state));
  const std::string body = to_json(counts, o.covered, o.stats) + "\n";
  (void)co_await out.send(200, body);
}

}  // namespace oklog::node
