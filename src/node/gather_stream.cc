// gatherer: what comes in from now on, after what is stored where the client asks for it.
#include <algorithm>

#include "node/gather.h"
#include "oklog/node/scan_driver.h"
#include "oklog/query/record_writer.h"

namespace oklog::node {
namespace {

// One more in a gauge while it lives.
struct shown {
  explicit shown(gauge& g) : g_(g) { g_.add(1); }
  ~shown() { g_.add(-1); }
  shown(const shown&) = delete;
  gauge& g_;
};

// Sorted.
std::vector<ulid> ids_of(const ingest::batch_ptr& records) {
  std::vector<ulid> ids;
  if (!records) return ids;
  records->for_each([&](const record_view& r) { ids.push_back(r.id); });
  std::sort(ids.begin(), ids.end());
  return ids;
}

// The matching records of one batch, as the wire has them; without those already sent.
std::string matching_lines(const query& q, const batch& records, const std::vector<ulid>& sent) {
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
    const bool again = std::binary_search(sent.begin(), sent.end(), r.id);
    if (q.wants_topic(r.topic) && !again) writer.append(lines, r);
  });
  return lines;
}

}  // namespace

// Nothing is missed or sent twice: the watcher began to listen in the turn of the loop in which the
// history was pinned. Only the batch that was open then comes once more, when it is sealed, and is
// known by its ids.
env::awaitable<result<>> gatherer::send_history(const query& q, pinned p, std::size_t memory,
                                                http::responder& out) {
  selection chosen = co_await select(q, p);
  scan_options options;
  options.pending_bytes_max = memory;
  options.clock = &env_.clock;
  scan s(q, std::move(chosen.blocks), options);
  co_return co_await send_records(s, out);
}

env::awaitable<void> gatherer::answer_stream(query q, api::breadth, http::responder& out) {
  std::optional<query_gate::pass> pass = q.from_given ? gate_.enter() : std::nullopt;
  if (live_.watchers() >= streams_max || (q.from_given && !pass)) {
    refused_.add();
    (void)co_await out.send_error(429, "too many streams at once; try again");
    co_return;
  }
  q.to = ulid_max;
  q.limit = no_limit;
  q.order = output_order::ascending;
  q.count_only = false;
  live_watcher watcher(live_, env_.loop, stream_queue_max);
  pinned history;
  if (q.from_given) history = pin(q);
  const std::vector<ulid> sent =
      q.from_given && in_ ? ids_of(in_->log().open_batch()) : std::vector<ulid>();
  const shown streaming(streams_);
  watcher.on_overrun([&out] { out.abort(); });
  set_headers(out, q, query_stats{}, history.covered, duration::zero());
  result<> good = co_await out.begin(200);
  if (good && q.from_given) {
    good = co_await send_history(q, std::move(history), pass->bytes(), out);
  }
  pass.reset();
  while (good) {
    const auto records = co_await watcher.next();
    if (!records) break;
    const auto match = [&] { return matching_lines(q, *records, sent); };
    const std::string lines = co_await env::offload(env_.loop, match);
    if (!lines.empty()) good = co_await out.write(lines);
  }
  if (watcher.overrun()) slow_streams_.add();
  out.abort();
}

}  // namespace oklog::node
