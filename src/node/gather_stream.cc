// gatherer: what comes in from now on, after what is stored where the client asks for it.
#include <algorithm>

#include "node/gather.h"
#include "node/one_more.h"
#include "oklog/node/scan_driver.h"
#include "oklog/query/record_writer.h"

namespace oklog::node {
namespace {

// History is remembered from so long before the stream on: what is younger may be taken in while it
// is being followed, by clocks that differ by so much.
constexpr std::chrono::milliseconds clocks_apart = std::chrono::minutes(1);
constexpr std::size_t history_ids_max = 1'000'000;

// Runs until the stream ends; nothing is left of it then.
class following {
 public:
  following(env::scheduler& loop, live_followers& others, env::event& changed) : tasks_(loop) {
    tasks_.spawn(others.run(changed));
  }
  env::awaitable<void> end() {
    tasks_.stop();
    co_await tasks_.join();
  }

 private:
  env::task_group tasks_;
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
  scan_options options = options_of(memory);
  scan s(q, std::move(chosen.blocks), options);
  co_return co_await send_records(s, out);
}

env::awaitable<void> gatherer::answer_stream(query q, api::breadth b, http::responder& out) {
  std::optional<query_gate::pass> pass = q.from_given ? gate_.enter() : std::nullopt;
  if (client_streams_ >= streams_max || (q.from_given && !pass)) {
    refused_.add();
    (void)co_await out.send_error(429, "too many streams at once; try again");
    co_return;
  }
  q.to = ulid_max;
  q.limit = no_limit;
  q.order = output_order::ascending;
  q.count_only = false;
  q.context = {};
  const one_more streaming(client_streams_, streams_);
  if (b == api::breadth::cluster) {
    co_await stream_from_cluster(q, std::move(pass), out);
  } else {
    co_await stream_from_here(q, std::move(pass), out);
  }
}

env::awaitable<void> gatherer::stream_from_here(const query& q,
                                                std::optional<query_gate::pass> pass,
                                                http::responder& out) {
  live_watcher watcher(live_, env_.loop, stream_queue_max);
  pinned history;
  if (q.from_given) history = pin(q);
  std::vector<ulid> sent =
      q.from_given && in_ ? ids_of(in_->log().open_batch()) : std::vector<ulid>();
  watcher.on_overrun([&out] { out.abort(); });
  query_stats stats;
  stats.nodes_queried = 1;
  set_headers(out, q, stats, history.covered, duration::zero());
  result<> good = co_await out.begin(200);
  if (good && q.from_given) {
    good = co_await send_history(q, std::move(history), pass->bytes(), out);
  }
  pass.reset();
  if (good) (void)co_await send_live(q, watcher, std::move(sent), out);
  if (watcher.overrun()) slow_streams_.add();
  out.abort();
}

env::awaitable<result<>> gatherer::send_live(const query& q, live_watcher& watcher,
                                             std::vector<ulid> sent, http::responder& out) {
  result<> good;
  while (good) {
    const auto records = co_await watcher.next();
    if (!records) break;
    const auto match = [&] { return matching_lines(q, *records, sent); };
    const std::string lines = co_await env::offload(env_.loop, match);
    if (!lines.empty()) good = co_await out.write(lines);
  }
  co_return good;
}

// Every ingester is followed first; then, where it is asked for, comes the history of the cluster.
// What was taken in between the two is known by its ids.
env::awaitable<void> gatherer::stream_from_cluster(const query& q,
                                                   std::optional<query_gate::pass> pass,
                                                   http::responder& out) {
  live_watcher watcher(live_, env_.loop, stream_queue_max);
  watcher.on_overrun([&out] { out.abort(); });
  live_followers others(env_, members_, q, watcher);
  following tasks(env_.loop, others, members_.changed());
  co_await follow_and_send(q, std::move(pass), watcher, others, out);
  co_await tasks.end();
  if (watcher.overrun()) slow_streams_.add();
  out.abort();
}

env::awaitable<void> gatherer::follow_and_send(const query& q, std::optional<query_gate::pass> pass,
                                               live_watcher& watcher, live_followers& others,
                                               http::responder& out) {
  const cluster_answer known(env_, members_, q, false, 0, *this);
  query_stats stats;
  stats.nodes_queried = 1;
  set_headers(out, q, stats, known.covered(), duration::zero());
  result<> good = co_await out.begin(200);
  std::vector<ulid> sent;
  if (good && q.from_given) {
    co_await others.until_followed();
    good = co_await send_cluster_history(q, pass->bytes(), sent, out);
  }
  pass.reset();
  if (good) (void)co_await send_live(q, watcher, std::move(sent), out);
}

env::awaitable<result<>> gatherer::send_cluster_history(const query& q, std::size_t memory,
                                                        std::vector<ulid>& sent,
                                                        http::responder& out) {
  const std::int64_t young = unix_ms(env_.clock.now()) - clocks_apart.count();
  const ulid remember = ulid::lowest(static_cast<std::uint64_t>(std::max<std::int64_t>(young, 0)));
  cluster_answer a(env_, members_, q, false, memory / 2, *this);
  co_await a.ask();
  a.begin();
  record_writer writer(q);
  result<> good;
  std::string piece;
  while (good && !a.merge().done()) {
    co_await a.gather(piece.empty());
    piece.clear();
    const auto work = [&] {
      a.merge().take_records([&](const record_view& r) {
        writer.append(piece, r);
        if (remember <= r.id && sent.size() < history_ids_max) sent.push_back(r.id);
        return piece.size() < scan_output_bytes_target;
      });
    };
    co_await env::offload(env_.loop, work);
    a.settle();
    if (!piece.empty()) good = co_await out.write(piece);
    if (out.cancelled()) good = fail(errc::cancelled, "nobody wants the rest");
  }
  co_await a.finish();
  co_return good;
}

}  // namespace oklog::node
