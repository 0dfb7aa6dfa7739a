#include "node/part_source.h"

#include "oklog/api/part_frames.h"
#include "oklog/node/scan_driver.h"
#include "oklog/store/answer_merge.h"

namespace oklog::node {
namespace {

batch take_batch(scan& from, bool hashes) {
  batch records;
  from.take_records([&](const record_view& r) {
    const std::string hash = hashes ? hash_text(r.text) : std::string();
    records.add({r.id, r.topic, hashes ? std::string_view(hash) : r.text, r.continuation});
    return records.bytes() < api::part_block_bytes && records.records() < api::part_block_records;
  });
  return records;
}

}  // namespace

env::awaitable<result<>> give_batches(env::environment env, scan& from, bool hashes,
                                      batch_sink& to) {
  scan_driver driver(env.loop, from);
  result<> given;
  boot_time last = env.clock.boot();
  while (given && !from.done()) {
    co_await driver.advance();
    while (given && from.has_output()) {
      const auto take = [&] { return take_batch(from, hashes); };
      batch records = co_await env::offload(env.loop, take);
      if (!records.empty()) given = co_await to.put(std::move(records));
      last = env.clock.boot();
    }
    if (given && env.clock.boot() - last >= api::part_alive_every) {
      given = co_await to.still_there();
      last = env.clock.boot();
    }
    const bool stopped = co_await env::is_cancelled();
    if (given && stopped) given = fail(errc::cancelled, "nobody wants the rest");
  }
  if (!given) from.stop();
  co_await driver.finish();
  co_return given;
}

}  // namespace oklog::node
