// What another node sends for a query of the cluster: frames, summaries, the asks of a context,
// pins and lists of partitions. The input is a body, cut at every place that its own bytes choose;
// each frame is then read as what it says it is. No input may crash or allocate beyond its limits,
// and what is understood says the same again when it is written.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "oklog/api/part_api.h"
#include "oklog/api/pin_api.h"
#include "oklog/segment/block.h"
#include "oklog/store/answer_merge.h"

namespace {

using namespace oklog;

void must(bool holds) {
  if (!holds) std::abort();
}

void read_summary(std::string_view bytes) {
  const auto read = parse_summary(bytes);
  if (!read) return;
  const auto again = parse_summary(to_json(read->covered, read->stats));
  must(again && again->covered.state == read->covered.state);
  must(again->stats.records_matched == read->stats.records_matched);
  must(again->stats.plan_time == read->stats.plan_time);
}

void read_near(std::string_view bytes) {
  const auto read = api::parse_near(bytes);
  if (!read) return;
  const auto again = api::parse_near(api::format_near(*read));
  must(again && again->of == read->of && again->id == read->id);
  must(again->before == read->before && again->after == read->after);
}

void read_partitions(std::string_view bytes) {
  const auto read = api::parse_partitions(bytes);
  if (!read) return;
  const auto again = api::parse_partitions(api::format_partitions(*read));
  must(again && *again == *read);
}

void read_unread(std::string_view bytes) {
  const auto read = api::parse_unread(bytes);
  if (read) must(api::pack_unread(*read) == bytes);
}

void read_pin(std::string_view bytes) {
  const auto read = api::parse_pin(bytes);
  if (!read) return;
  const auto again = api::parse_pin(api::to_text(*read));
  must(again && again->token == read->token);
  must(again->held.partitions.size() == read->held.partitions.size());
}

// Two sources give these blocks: what comes out is in order and once.
void merge(const std::vector<std::string>& blocks) {
  query q;
  answer_merge m(q, 2);
  for (std::size_t i = 0; i < blocks.size(); ++i) m.add(i % 2, blocks[i]);
  m.end(0);
  m.end(1);
  ulid last;
  while (!m.done()) {
    m.take_records([&](const record_view& r) {
      must(last <= r.id);
      last = r.id;
      return true;
    });
  }
}

void read_body(std::string_view body) {
  api::part_reader reader;
  std::vector<std::string> blocks;
  std::size_t frames = 0;
  while (!body.empty()) {
    const std::size_t step = 1 + static_cast<unsigned char>(body.front()) % 64;
    reader.feed(body.substr(0, step));
    body.remove_prefix(std::min(step, body.size()));
    for (;;) {
      const auto frame = reader.next();
      if (!frame || !*frame) break;
      must((frames++ == 0) == ((*frame)->kind == api::part_kind::begun));
      read_summary((*frame)->bytes);
      read_unread((*frame)->bytes);
      if ((*frame)->kind == api::part_kind::block) blocks.push_back((*frame)->bytes);
    }
  }
  merge(blocks);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  read_body(bytes);
  read_summary(bytes);
  read_near(bytes);
  read_partitions(bytes);
  read_pin(bytes);
  return 0;
}
