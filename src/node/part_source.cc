#include "node/part_source.h"

#include <algorithm>
#include <map>

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

// Which partitions were said to be unread, and from where on: the rest of one is in question as a
// whole, so only what lies before is said again.
class unread_parts {
 public:
  unread_parts(const store_snapshot& stored, output_order order) : stored_(stored), order_(order) {}

  // Nothing where it was said.
  std::optional<api::unread_part> part_of(unread_block block) {
    const auto owner = std::find_if(stored_.segments.begin(), stored_.segments.end(),
                                    [&](const segment_ptr& s) { return s->file == block.file; });
    if (owner == stored_.segments.end()) return std::nullopt;
    const bool down = order_ == output_order::descending;
    const ulid from = down ? block.max : block.min;
    const partition where = (*owner)->footer.partition;
    const auto [at, fresh] = said_.try_emplace(where, from);
    if (!fresh && (down ? from <= at->second : at->second <= from)) return std::nullopt;
    at->second = from;
    return api::unread_part{where, from, std::move(block.why)};
  }

 private:
  const store_snapshot& stored_;
  output_order order_;
  std::map<partition, ulid> said_;
};

env::awaitable<result<>> give_unread(scan& from, unread_parts& parts, batch_sink& to) {
  for (unread_block& block : from.take_unread()) {
    auto part = parts.part_of(std::move(block));
    if (!part) continue;
    CO_TRY(co_await to.unread(std::move(*part)));
  }
  co_return result<>{};
}

}  // namespace

env::awaitable<result<>> give_batches(env::environment env, scan& from,
                                      const store_snapshot* stored, bool hashes, batch_sink& to) {
  scan_driver driver(env.loop, from);
  std::optional<unread_parts> parts;
  if (stored) parts.emplace(*stored, from.order());
  result<> given;
  while (given && !from.done()) {
    co_await driver.advance();
    to.note_progress();
    if (parts) given = co_await give_unread(from, *parts, to);
    while (given && from.has_output()) {
      const auto take = [&] { return take_batch(from, hashes); };
      batch records = co_await env::offload(env.loop, take);
      if (!records.empty()) given = co_await to.put(std::move(records));
    }
    const bool stopped = co_await env::is_cancelled();
    if (given && stopped) given = fail(errc::cancelled, "nobody wants the rest");
  }
  if (!given) from.stop();
  co_await driver.finish();
  co_return given;
}

}  // namespace oklog::node
