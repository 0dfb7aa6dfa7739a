// gatherer: one half of this node's answer to a query of the cluster, which another node was asked,
// or this one.
#include "node/gather.h"
#include "node/one_more.h"
#include "node/part_writer.h"
#include "oklog/store/context.h"

namespace oklog::node {
namespace {

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

}  // namespace

class gatherer::own_half final : public own_part {
 public:
  own_half(gatherer& of, api::half h, pinned p, store_catalogue held, std::size_t memory)
      : of_(of), half_(h), p_(std::move(p)), held_(std::move(held)), memory_(memory) {}

  const coverage& covered() const override { return p_.covered; }
  const store_catalogue& held() const override { return held_; }
  query_stats in_question(const api::part_ask& what) const override {
    const pinned some = p_.only(what.partitions);
    return node::in_question(what.q, some.unconsumed, some.stored.segments);
  }
  env::awaitable<result<answer_summary>> give(api::part_ask what, batch_sink& to) override {
    const pinned some = p_.only(what.partitions);
    co_return co_await of_.give_part(what, half_, some, memory_, to);
  }
  env::awaitable<api::near_answer> give_near(api::part_ask what,
                                             std::vector<neighbour_ask> asks) override {
    const pinned some = p_.only(what.partitions);
    co_return co_await of_.find_near(what.q, some, asks);
  }

 private:
  gatherer& of_;
  api::half half_;
  pinned p_;
  store_catalogue held_;
  std::size_t memory_;
};

gatherer::pinned gatherer::pinned::only(const std::vector<partition>& which) const {
  pinned some;
  some.unconsumed = unconsumed;
  some.stored = which.empty() ? stored : stored.only(which);
  return some;
}

std::shared_ptr<own_part> gatherer::pin(api::half h, ulid from, ulid to, std::size_t memory) {
  if (h == api::half::ingest ? in_ == nullptr : st_ == nullptr) return nullptr;
  pinned p;
  store_catalogue held;
  if (h == api::half::ingest) {
    pin_ingester(from, to, p);
  } else {
    pin_store(from, to, p);
    held = st_->log().catalogue(window_of(from), window_of(to));
  }
  return std::make_shared<own_half>(*this, h, std::move(p), std::move(held), memory);
}

// What an ask of another node is about; nothing where its pin is not known.
std::optional<gatherer::pinned> gatherer::pinned_for(const api::part_ask& what, api::half h,
                                                     pins::snapshot& hold) const {
  pinned p;
  if (h == api::half::ingest) {
    const auto [from, to] = context_range(what.q);
    pin_ingester(from, to, p);
    return p;
  }
  hold = pins_.find(what.pin);
  if (!hold) return std::nullopt;
  p.stored = *hold;
  return p.only(what.partitions);
}

env::awaitable<result<answer_summary>> gatherer::give_part(const api::part_ask& what, api::half h,
                                                           const pinned& p, std::size_t memory,
                                                           batch_sink& to) {
  query q = what.q;
  q.context = {};
  q.count_only = false;
  selection chosen = co_await select(q, p);
  const bool stored = h == api::half::store;
  scan_options options = options_of(memory);
  options.as_records = true;
  options.unread_apart = stored;
  scan s(q, std::move(chosen.blocks), options);
  CO_TRY(co_await give_batches(env_, s, stored ? &p.stored : nullptr, what.hashes, to));
  answer_summary all{s.covered(), s.stats()};
  all.stats.add(chosen.stats);
  co_return std::move(all);
}

// One that has lost its disk is another node at the same address, and knows nothing of what the one
// before it took (rule K19).
bool gatherer::for_this_node(const api::part_ask& what) const {
  return what.node.empty() || what.node == format(members_.self().id);
}

env::awaitable<void> gatherer::answer_part(api::part_ask what, api::half h, http::responder& out) {
  auto pass = part_gate_.enter();
  if (!pass) {
    co_await refuse(out, too_many_queries);
    co_return;
  }
  what.q.context = {};
  if (!for_this_node(what)) {
    (void)co_await out.send_error(409, "this is another node");
    co_return;
  }
  pins::snapshot hold;
  const auto p = pinned_for(what, h, hold);
  if (!p) {
    (void)co_await out.send_error(410, "no such pin");
    co_return;
  }
  part_writer to(env_, out, api::part_alive_every);
  const answer_summary first{p->covered, in_question(what.q, p->unconsumed, p->stored.segments)};
  const auto begun = co_await to.begin(first);
  auto all = result<answer_summary>(first);
  if (begun) all = co_await give_part(what, h, *p, pass->bytes(), to);
  if (!begun || !all) {
    co_await to.give_up();
    co_return;
  }
  co_await to.end(*all);
}

// The connection is the pin's lease: it ends with the one who asked, or unused.
env::awaitable<void> gatherer::answer_pin(ulid from, ulid to, http::responder& out) {
  api::store_pin said;
  {
    pinned p;
    pin_store(from, to, p);
    said.held = st_->log().catalogue(window_of(from), window_of(to));
    said.said.covered = p.covered;
    said.roster = st_->roster().roster();
    said.token = pins_.add(std::move(p.stored));
  }
  if (said.token.empty()) {
    co_await refuse(out, too_many_queries);
    co_return;
  }
  const auto render = [&said] { return api::to_text(said); };
  const std::string text = co_await env::offload(env_.loop, render);
  out.set("Content-Type", "application/x-ndjson");
  out.set("Cache-Control", "no-store");
  result<> sent = co_await out.begin(200);
  if (sent) sent = co_await out.write(text);
  boot_time used = env_.clock.boot();
  while (sent) {
    co_await env_.loop.sleep(api::pin_alive_every);
    const bool stopped = co_await env::is_cancelled();
    if (stopped) break;
    const boot_time now = env_.clock.boot();
    if (pins_.in_use(said.token)) used = now;
    if (now - used >= api::pin_unused_max) break;
    sent = co_await out.write("\n");
  }
  pins_.drop(said.token);
  out.abort();
}

// The watcher listens from the turn of the loop on in which the history is pinned. The batch that
// is open then comes once more, when it is sealed; who asks knows it by its ids.
env::awaitable<void> gatherer::answer_live(query q, http::responder& out) {
  if (part_streams_ >= stream_parts_max) {
    co_await refuse(out, "too many streams at once; try again");
    co_return;
  }
  api::part_ask what;
  what.q = q;
  what.q.context = {};
  what.q.to = ulid_max;
  what.q.order = output_order::ascending;
  what.q.limit = no_limit;
  const one_more streaming(part_streams_);
  live_watcher watcher(live_, env_.loop, stream_queue_max);
  watcher.on_overrun([&out] { out.abort(); });
  pinned p;
  if (q.from_given) pin_ingester(q.from, ulid_max, p);
  part_writer to(env_, out, api::stream_alive_every);
  answer_summary first;
  first.covered = p.covered;
  result<> sent = co_await to.begin(first);
  if (sent && q.from_given) {
    const auto history = co_await give_part(what, api::half::ingest, p, scan_pending_bytes_max, to);
    if (!history) sent = history.error();
  }
  p = {};
  while (sent) {
    to.note_progress();
    const auto records = co_await watcher.next_within(api::stream_alive_every);
    const bool stopped = co_await env::is_cancelled();
    if (stopped || watcher.overrun()) break;
    batch found;
    if (records) {
      const auto match = [&] { found = matching(what.q, *records); };
      co_await env::offload(env_.loop, match);
    }
    if (!found.empty()) sent = co_await to.put(std::move(found));
    if (out.cancelled()) break;
  }
  co_await to.give_up();
}

}  // namespace oklog::node
