// gatherer: matches with the records around them.
#include "node/gather.h"
#include "node/scan_driver.h"
#include "oklog/store/context.h"

namespace oklog::node {

env::awaitable<result<>> gatherer::send_with_context(scan& s, const query& q, pinned& p,
                                                     http::responder& out) {
  std::vector<block_ref> blocks = p.unconsumed;
  for (const segment_ptr& segment : p.segments) {
    std::vector<block_ref> some = segment->blocks(ulid_min, ulid_max);
    blocks.insert(blocks.end(), std::make_move_iterator(some.begin()),
                  std::make_move_iterator(some.end()));
  }
  context_writer context(q, std::move(blocks));
  scan_driver driver(env_.loop, s);
  result<> sent;
  bool more = true;
  while (sent && (more || !s.done())) {
    if (!more) co_await driver.advance();
    std::string piece;
    const auto work = [&] {
      s.take_records([&](const record_view& r) {
        context.add(r);
        return context.waiting_bytes() < scan_output_bytes_target;
      });
      more = context.advance(piece);
    };
    co_await env::offload(env_.loop, work);
    for (std::string& sentence : context.take_failures()) {
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
