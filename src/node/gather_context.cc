// gatherer: matches with the records around them.
#include <algorithm>

#include "node/gather.h"
#include "oklog/node/scan_driver.h"
#include "oklog/store/context.h"

namespace oklog::node {
namespace {

constexpr std::size_t round_records = 8192;  // asked for at once, of each source
constexpr std::string_view cut_short = "context: more than fits one answer";

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
      note_unread(sentence);
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
      co_await a.fetch_near(std::move(asks), near);
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

env::awaitable<api::near_answer> gatherer::find_near(const query& q, const pinned& p,
                                                     const std::vector<neighbour_ask>& asks) {
  api::near_answer got;
  std::vector<std::string> failures;
  const auto look = [&] {
    const auto [from, to] = context_range(q);
    std::vector<block_ref> blocks = p.stored.blocks(from, to);
    blocks.insert(blocks.end(), p.unconsumed.begin(), p.unconsumed.end());
    std::uint64_t reaches = 1;
    for (const neighbour_ask& a : asks) {
      reaches = std::max<std::uint64_t>({reaches, a.before, a.after});
    }
    const auto finder = find_in_blocks(q, std::move(blocks), reaches);
    const bool whole = give_neighbours(*finder, asks, api::near_bytes_max, got.records);
    failures = finder->take_failures();
    if (!whole) got.covered.add_missing(std::string(cut_short));
  };
  co_await env::offload(env_.loop, look);
  for (std::string& sentence : failures) {
    note_unread(sentence);
    got.covered.add_missing(std::move(sentence));
  }
  co_return std::move(got);
}

env::awaitable<void> gatherer::answer_near(api::part_ask what, api::half h,
                                           std::vector<neighbour_ask> asks, http::responder& out) {
  auto pass = part_gate_.enter();
  if (!pass) {
    co_await refuse(out, "too many queries at once; try again");
    co_return;
  }
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
  const api::near_answer got = co_await find_near(what.q, *p, asks);
  std::string frames;
  const auto render = [&] {
    api::append_frame(frames, api::part_kind::begun, to_json(p->covered, {}));
    for (const batch& b : got.records) frames += api::block_frame(b);
    api::append_frame(frames, api::part_kind::end, to_json(got.covered, {}));
  };
  co_await env::offload(env_.loop, render);
  out.set("Content-Type", "application/octet-stream");
  out.set("Cache-Control", "no-store");
  (void)co_await out.send(200, frames);
}

}  // namespace oklog::node
