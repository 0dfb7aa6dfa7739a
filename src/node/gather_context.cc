// gatherer: matches with the records around them.
#include <algorithm>

#include "node/gather.h"
#include "oklog/node/scan_driver.h"
#include "oklog/store/context.h"

namespace oklog::node {
namespace {

constexpr std::size_t round_records = 8192;  // asked for at once, of each source
constexpr std::string_view cut_short = "context: more than fits one answer";

bool find_near(const query& q, const store_snapshot& stored,
               const std::vector<block_ref>& unconsumed, const std::vector<neighbour_ask>& asks,
               std::vector<batch>& out, std::vector<std::string>& failures) {
  const auto [from, to] = context_range(q);
  std::vector<block_ref> blocks = stored.blocks(from, to);
  blocks.insert(blocks.end(), unconsumed.begin(), unconsumed.end());
  std::uint64_t reaches = 1;
  for (const neighbour_ask& a : asks) {
    reaches = std::max<std::uint64_t>({reaches, a.before, a.after});
  }
  const auto finder = find_in_blocks(q, std::move(blocks), reaches);
  const bool whole = give_neighbours(*finder, asks, api::near_bytes_max, out);
  failures = finder->take_failures();
  return whole;
}

}  // namespace

env::awaitable<result<>> gatherer::send_with_context(scan& s, const query& q, pinned& p,
                                                     http::responder& out) {
  std::optional<context_writer> context;
  const auto prepare = [&] {
    const auto [from, to] = context_range(q);
    std::vector<block_ref> blocks = p.stored.blocks(from, to);
    blocks.insert(blocks.end(), p.unconsumed.begin(), p.unconsumed.end());
    context.emplace(q, std::move(blocks));
  };
  co_await env::offload(env_.loop, prepare);
  scan_driver driver(env_.loop, s);
  result<> sent;
  bool more = true;
  while (sent && (more || !s.done())) {
    if (!more) co_await driver.advance();
    std::string piece;
    const auto work = [&] { more = context->take_from(s, piece); };
    co_await env::offload(env_.loop, work);
    for (std::string& sentence : context->take_failures()) {
      p.covered.add_missing(std::move(sentence));
    }
    if (!piece.empty()) sent = co_await out.write(piece);
    if (out.cancelled()) sent = fail(errc::cancelled, "nobody wants the rest");
  }
  if (!sent) s.stop();
  co_await driver.finish();
  co_return sent;
}

// The matches of all first, then, for some of them at once, their neighbours from all (rule K21).
env::awaitable<result<>> gatherer::send_merged_with_context(cluster_answer& a, const query& q,
                                                            http::responder& out) {
  fetched_neighbours near;
  context_writer context(q, near);
  const std::size_t lines = q.context.before * 2 + q.context.after + 1;
  const std::size_t at_once = std::clamp<std::size_t>(round_records / lines, 1, 200);
  result<> sent;
  bool more = false;
  bool idle = false;
  while (sent && (more || context.waits() || !a.merge().done())) {
    if (context.waits()) {
      auto asks = context.asks(at_once);
      co_await fetch_near(a, q, std::move(asks), near);
    } else if (!more) {
      co_await a.gather(idle);
    }
    std::string piece;
    const auto work = [&] { more = context.take_from(a.merge(), piece); };
    co_await env::offload(env_.loop, work);
    a.settle();
    idle = piece.empty() && !more && !context.waits();
    if (!piece.empty()) sent = co_await out.write(piece);
    if (out.cancelled()) sent = fail(errc::cancelled, "nobody wants the rest");
  }
  co_return sent;
}

// Ingesters before stores, as ever (rule K17): what is consumed between two rounds is in the next.
env::awaitable<void> gatherer::fetch_near(cluster_answer& a, const query& q,
                                          std::vector<neighbour_ask> asks,
                                          fetched_neighbours& near) {
  near.begin_round(asks);
  pinned p;
  pin_ingester(q, p);
  co_await a.ask_near(api::half::ingest, asks, near);
  pin_store(q, p);
  co_await a.ask_near(api::half::store, asks, near);
  std::vector<batch> own;
  std::vector<std::string> failures;
  bool whole = true;
  const auto look = [&] { whole = find_near(q, p.stored, p.unconsumed, asks, own, failures); };
  co_await env::offload(env_.loop, look);
  if (!whole) failures.emplace_back(cut_short);
  for (std::string& sentence : failures) a.note_missing(std::move(sentence));
  const auto learn = [&] { near.learn(own); };
  co_await env::offload(env_.loop, learn);
}

env::awaitable<void> gatherer::answer_near(query q, api::half h, std::vector<neighbour_ask> asks,
                                           http::responder& out) {
  auto pass = part_gate_.enter();
  if (!pass) {
    co_await refuse(out, "too many queries at once; try again");
    co_return;
  }
  pinned p;
  if (h == api::half::ingest) {
    pin_ingester(q, p);
  } else {
    pin_store(q, p);
  }
  std::string frames;
  const auto look = [&] {
    std::vector<batch> found;
    std::vector<std::string> failures;
    api::append_frame(frames, api::part_kind::begun, to_json(p.covered, {}));
    if (!find_near(q, p.stored, p.unconsumed, asks, found, failures)) {
      failures.emplace_back(cut_short);
    }
    for (const batch& b : found) frames += api::block_frame(b);
    for (std::string& sentence : failures) p.covered.add_missing(std::move(sentence));
    api::append_frame(frames, api::part_kind::end, to_json(p.covered, {}));
  };
  co_await env::offload(env_.loop, look);
  out.set("Content-Type", "application/octet-stream");
  out.set("Cache-Control", "no-store");
  (void)co_await out.send(200, frames);
}

}  // namespace oklog::node
