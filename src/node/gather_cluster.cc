// gatherer: answers of the whole cluster.
#include <algorithm>

#include "node/gather.h"

namespace oklog::node {

env::awaitable<result<>> gatherer::send_merged(cluster_answer& a, http::responder& out) {
  result<> sent;
  std::string piece;
  while (sent && !a.merge().done()) {
    co_await a.gather(piece.empty());
    if (out.cancelled()) co_return fail(errc::cancelled, "nobody wants the rest");
    const auto work = [&] { return a.merge().take_output(); };
    piece = co_await env::offload(env_.loop, work);
    a.settle();
    if (!piece.empty()) sent = co_await out.write(piece);
  }
  co_return sent;
}

env::awaitable<void> gatherer::answer_from_cluster(const query& q, query_gate::pass pass,
                                                   bool stats_only, http::responder& out) {
  const boot_time begun = env_.clock.boot();
  cluster_answer a(env_, members_, q, q.count_only, pass.bytes() / 2, *this);
  co_await a.ask();
  set_headers(out, q, a.stats(), a.covered(), env_.clock.boot() - begun);
  if (stats_only) {
    (void)co_await out.send(200, "");
    co_await a.finish();
    co_return;
  }
  out.set("Trailer", "X-Oklog-Coverage, X-Oklog-Summary");
  result<> sent = co_await out.begin(200);
  if (q.count_only) {
    const histogram_axis one;
    a.begin(one);
  } else {
    a.begin();
  }
  if (sent) {
    auto sending = q.context.wanted() && !q.count_only ? send_merged_with_context(a, q, out)
                                                       : send_merged(a, out);
    sent = co_await std::move(sending);
  }
  if (sent && q.count_only) {
    sent = co_await out.write(std::to_string(std::min(a.merge().records(), q.limit)) + "\n");
  }
  co_await a.finish();
  outcome all{a.covered(), a.stats()};
  if (sent) all.stats.records_matched = a.merge().records();
  co_await end_answer(q, std::move(all), std::move(sent), out);
}

env::awaitable<void> gatherer::count_in_cluster(const query& q, query_gate::pass pass,
                                                http::responder& out) {
  cluster_answer a(env_, members_, q, true, pass.bytes() / 2, *this);
  co_await a.ask();
  a.begin(histogram_axis::over(q.from, q.to, q.buckets));
  const auto counted = co_await send_merged(a, out);
  co_await a.finish();
  if (!counted) {
    out.abort();
    co_return;
  }
  outcome all{a.covered(), a.stats()};
  all.stats.records_matched = a.merge().records();
  co_await send_histogram(a.merge().counts(), std::move(all), out);
}

}  // namespace oklog::node
