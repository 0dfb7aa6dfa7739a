// gatherer: matches with the records around them.
#include "node/gather.h"
#include "oklog/node/scan_driver.h"
#include "oklog/store/context.h"

namespace oklog::node {

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

}  // namespace oklog::node
