// gatherer: one half of this node's answer to a query that another node was asked.
#include "node/gather.h"

namespace oklog::node {
namespace {

constexpr std::string_view frames_type = "application/octet-stream";

class wire_sink final : public batch_sink {
 public:
  wire_sink(env::environment env, http::responder& out) : env_(env), out_(out) {}
  env::awaitable<result<>> put(batch records) override {
    const auto pack = [&] { return api::block_frame(records); };
    const std::string frame = co_await env::offload(env_.loop, pack);
    co_return co_await out_.write(frame);
  }
  env::awaitable<result<>> still_there() override {
    std::string frame;
    api::append_frame(frame, api::part_kind::alive, "");
    co_return co_await out_.write(frame);
  }

 private:
  env::environment env_;
  http::responder& out_;
};

// One more while it lives.
struct counted {
  explicit counted(std::size_t& n) : n_(n) { ++n_; }
  ~counted() { --n_; }
  counted(const counted&) = delete;
  std::size_t& n_;
};

batch matching(const query& q, const batch& records) {
  std::vector<text_hit> hits;
  q.match->find(records, hits);
  batch found;
  auto next = hits.begin();
  std::uint32_t n = 0;
  records.for_each([&](const record_view& r) {
    if (next == hits.end() || next->record != n++) return;
    ++next;
    if (q.wants_topic(r.topic)) found.add(r);
  });
  return found;
}

std::string summary_frame(api::part_kind kind, const coverage& c, const query_stats& s) {
  std::string frame;
  api::append_frame(frame, kind, to_json(c, s));
  return frame;
}

}  // namespace

env::awaitable<void> gatherer::answer_part(query q, api::half h, bool hashes,
                                           http::responder& out) {
  auto pass = part_gate_.enter();
  if (!pass) {
    co_await refuse(out, "too many queries at once; try again");
    co_return;
  }
  q.context = {};
  q.count_only = false;
  pinned p;
  if (h == api::half::ingest) {
    pin_ingester(q, p);
  } else {
    pin_store(q, p);
  }
  out.set("Content-Type", frames_type);
  out.set("Cache-Control", "no-store");
  const query_stats first = in_question(q, p.unconsumed, p.stored.segments);
  result<> sent = co_await out.begin(200);
  const std::string begun = summary_frame(api::part_kind::begun, p.covered, first);
  if (sent) sent = co_await out.write(begun);
  if (!sent) co_return;
  selection chosen = co_await select(q, p);
  scan_options options;
  options.pending_bytes_max = pass->bytes();
  options.clock = &env_.clock;
  options.as_records = true;
  scan s(q, std::move(chosen.blocks), options);
  wire_sink to(env_, out);
  sent = co_await give_batches(env_, s, hashes, to);
  if (!sent) {
    out.abort();
    co_return;
  }
  p.covered.add(s.covered());
  query_stats stats = s.stats();
  stats.add(chosen.stats);
  const std::string last = summary_frame(api::part_kind::end, p.covered, stats);
  sent = co_await out.write(last);
  if (sent) (void)co_await out.end();
}

// The watcher listens from the turn of the loop on in which the history is pinned. The batch that
// is open then comes once more, when it is sealed; who asks knows it by its ids.
env::awaitable<void> gatherer::answer_live(query q, http::responder& out) {
  if (part_streams_ >= stream_parts_max) {
    co_await refuse(out, "too many streams at once; try again");
    co_return;
  }
  q.context = {};
  q.count_only = false;
  q.to = ulid_max;
  q.order = output_order::ascending;
  q.limit = no_limit;
  const counted streaming(part_streams_);
  live_watcher watcher(live_, env_.loop, stream_queue_max);
  watcher.on_overrun([&out] { out.abort(); });
  pinned p;
  if (q.from_given) pin_ingester(q, p);
  out.set("Content-Type", frames_type);
  out.set("Cache-Control", "no-store");
  result<> sent = co_await out.begin(200);
  const std::string begun = summary_frame(api::part_kind::begun, p.covered, {});
  if (sent) sent = co_await out.write(begun);
  wire_sink to(env_, out);
  if (sent && q.from_given) sent = co_await give_pinned(q, p, to);
  while (sent) {
    const auto records = co_await watcher.next_within(api::part_alive_every);
    const bool stopped = co_await env::is_cancelled();
    if (stopped || watcher.overrun()) break;
    batch found;
    if (records) {
      const auto match = [&] { found = matching(q, *records); };
      co_await env::offload(env_.loop, match);
    }
    if (!found.empty()) {
      sent = co_await to.put(std::move(found));
    } else if (!records) {
      sent = co_await to.still_there();
    }
  }
  out.abort();
}

env::awaitable<result<>> gatherer::give_pinned(const query& q, pinned& p, batch_sink& to) {
  selection chosen = co_await select(q, p);
  scan_options options;
  options.as_records = true;
  scan s(q, std::move(chosen.blocks), options);
  co_return co_await give_batches(env_, s, false, to);
}

}  // namespace oklog::node
