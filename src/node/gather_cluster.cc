// gatherer: answers of the whole cluster.
#include <algorithm>

#include "node/gather.h"

namespace oklog::node {

// First every ingester, this node's own included, and only then the stores (rule K17): a record
// that is consumed meanwhile is seen in one place at least.
env::awaitable<void> gatherer::ask_cluster(cluster_answer& a, const query& q, pinned& p) {
  pin_ingester(q, p);
  co_await a.ask(api::half::ingest);
  pin_store(q, p);
  co_await a.ask(api::half::store);
}

env::awaitable<void> gatherer::give_local(cluster_answer& a, query q, bool hashes, pinned& p,
                                          std::size_t memory, outcome& o) {
  q.count_only = false;
  if (hashes) {
    q.order = output_order::ascending;
    q.limit = no_limit;
  }
  selection chosen = co_await select(q, p);
  scan_options options;
  options.pending_bytes_max = memory;
  options.clock = &env_.clock;
  options.as_records = true;
  scan s(q, std::move(chosen.blocks), options);
  (void)co_await give_batches(env_, s, hashes, a.local());
  o.covered.add(s.covered());
  o.stats = s.stats();
  o.stats.add(chosen.stats);
  a.end_local();
}

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
  pinned p;
  outcome own;
  cluster_answer a(env_, members_, q, q.count_only, pass.bytes() / 2);
  co_await ask_cluster(a, q, p);
  own.covered = p.covered;
  coverage known = own.covered;
  known.add(a.covered());
  query_stats first = in_question(q, p.unconsumed, p.stored.segments);
  first.add(a.stats());
  ++first.nodes_queried;
  set_headers(out, q, first, known, env_.clock.boot() - begun);
  if (!stats_only) out.set("Trailer", "X-Oklog-Coverage, X-Oklog-Summary");
  result<> sent;
  if (stats_only) {
    sent = co_await out.send(200, "");
  } else {
    sent = co_await out.begin(200);
  }
  if (sent && !stats_only) {
    if (q.count_only) {
      const histogram_axis one;
      a.begin(one);
    } else {
      a.begin();
    }
    a.tasks().spawn(give_local(a, q, q.count_only, p, pass.bytes() / 2, own));
    auto sending = q.context.wanted() && !q.count_only ? send_merged_with_context(a, q, out)
                                                       : send_merged(a, out);
    sent = co_await std::move(sending);
    if (sent && q.count_only) {
      sent = co_await out.write(std::to_string(std::min(a.merge().records(), q.limit)) + "\n");
    }
  }
  co_await a.finish();
  if (stats_only) co_return;
  own.covered.add(a.covered());
  own.stats.add(a.stats());
  ++own.stats.nodes_queried;
  if (sent) own.stats.records_matched = a.merge().records();
  co_await end_answer(q, std::move(own), std::move(sent), out);
}

env::awaitable<void> gatherer::count_in_cluster(const query& q, query_gate::pass pass,
                                                http::responder& out) {
  pinned p;
  outcome own;
  cluster_answer a(env_, members_, q, true, pass.bytes() / 2);
  co_await ask_cluster(a, q, p);
  own.covered = p.covered;
  a.begin(histogram_axis::over(q.from, q.to, q.buckets));
  a.tasks().spawn(give_local(a, q, true, p, pass.bytes() / 2, own));
  const auto counted = co_await send_merged(a, out);
  co_await a.finish();
  if (!counted) {
    out.abort();
    co_return;
  }
  own.covered.add(a.covered());
  own.stats.add(a.stats());
  own.stats.records_matched = a.merge().records();
  ++own.stats.nodes_queried;
  co_await send_histogram(a.merge().counts(), std::move(own), out);
}

}  // namespace oklog::node
