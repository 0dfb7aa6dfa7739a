#include "oklog/store/consume.h"

#include <algorithm>
#include <deque>
#include <optional>

#include "oklog/base/assert.h"
#include "oklog/record/merge.h"
#include "store/piece_writer.h"
#include "store/view_filesystem.h"

namespace oklog {

namespace {

// What is in memory at once: text, what a merge needs a record (its reference and half as much
// again to sort it) and a run, and blocks to be copied. What is beyond goes to pieces of its own.
constexpr std::uint64_t decoded_bytes_max = claim_raw_bytes_max + claim_raw_bytes_max / 4;
constexpr std::uint64_t bytes_a_record = 48;
constexpr std::uint64_t bytes_a_topic = 128;  // a block's own name for it, and its way to it
// A block of at least this much text is worth taking over as it is.
constexpr std::size_t copied_block_bytes_min = block_bytes_target * 3 / 4;

std::uint64_t decoded_bytes(const batch& b) {
  return b.text().capacity() + b.records() * bytes_a_record + b.runs().size() * sizeof(id_run) +
         b.topics().size() * bytes_a_topic;
}

// One topic, ids strictly ascending, one window: as a store segment wants its blocks.
bool is_in_store_order(const batch& b) {
  if (b.topics().size() != 1 || window_of(b.min()) != window_of(b.max())) return false;
  std::optional<ulid> last;
  for (const id_run& run : b.runs()) {
    const ulid first = ulid::make(run.ms, run.stream, run.seq);
    if (last && first <= *last) return false;
    last = ulid::make(run.ms, run.stream, run.seq + run.count - 1);
  }
  return true;
}

// Neighbours in the merge lie anywhere in the decoded texts, and a record is short: its text is on
// its way from memory to the cache while those before it are written.
constexpr std::size_t fetched_ahead = 12;
constexpr std::size_t fetched_bytes_max = 256;  // the processor sees by itself where that leads

void fetch_text(const merge_ref& r, const std::vector<const batch*>& batches) {
  const char* const text = batches[r.batch]->text().data() + r.offset;
  const std::size_t size = std::min<std::size_t>(r.size(), fetched_bytes_max);
  for (std::size_t at = 0; at <= size; at += 64) __builtin_prefetch(text + at);
}

// A block of an input, and whether no other block of any input meets its range.
struct source_block {
  block_ref ref;
  std::size_t input = 0;
  bool alone = false;
};

// A block that goes into the store as it came.
struct copied_block {
  encoded_block block;
  std::string topic;
  set_digest digest;
  block_filter filter;

  bool before(const ulid& id, std::string_view its_topic) const {
    const auto mine = window_of(block.header.min);
    const auto theirs = window_of(id);
    if (mine != theirs) return mine < theirs;
    if (topic != its_topic) return topic < its_topic;
    return block.header.min < id;
  }
};

// One run of the job. Blocks that lie alone in their range, as those of one busy connection do, are
// checked and taken over as they are; the others are decoded, merged and encoded once.
class consume_run {
 public:
  consume_run(env::filesystem& fs, const std::string& dir, piece_placement placement, ulid unique)
      : ids_(unique), writer_(fs, dir, ids_, ~std::uint64_t{0}, std::move(placement)) {}

  // `input` is borrowed until finish(), which frees its bytes as soon as it can.
  result<> take(consume_input& input);
  result<> finish();
  piece_writer& writer() { return writer_; }
  consumed& done() { return done_; }

 private:
  void find_lonely_blocks();
  result<> load(const source_block& from);
  result<> flush();
  result<> write(const merged& m, const std::vector<const batch*>& batches);
  result<> write_copied(std::size_t& next, const ulid& id, std::string_view topic);

  id_source ids_;
  piece_writer writer_;
  consumed done_;
  std::vector<source_block> sources_;
  struct borrowed_input {
    consume_input* input;
    std::size_t blocks_left = 0;
  };
  std::vector<borrowed_input> inputs_;
  std::deque<batch> decoded_;
  std::vector<copied_block> copied_;
  std::uint64_t decoded_bytes_ = 0;
  std::string buffer_;
  std::string spare_text_;  // memory for the next block's
  std::optional<std::uint32_t> shard_;
};

result<> consume_run::take(consume_input& input) {
  consumed_segment segment;
  segment.what = input.what;
  segment.hash = xxh3_128(input.bytes);
  segment.file_bytes = input.bytes.size();
  view_filesystem view(input.bytes);
  auto scanned = scan_ingest_segment(view, input.what.id, false);
  if (scanned) {
    segment.damaged_blocks = scanned->damaged_blocks + (scanned->tail_bytes > 0 ? 1 : 0);
    const std::uint32_t shard = scanned->trailer ? scanned->trailer->shard : 0;
    if (shard_.value_or(shard) != shard) return fail(errc::invalid, "inputs of several shards");
    shard_ = shard;
    for (block_ref& ref : scanned->blocks) {
      sources_.push_back({std::move(ref), done_.segments.size(), false});
    }
  } else if (scanned.error().code == errc::corruption) {
    segment.damaged_blocks = 1;
  } else {
    return std::move(scanned).error();  // of a newer version: not ours to throw away
  }
  done_.segments.push_back(std::move(segment));
  inputs_.push_back({&input, scanned ? scanned->blocks.size() : 0});
  return {};
}

void consume_run::find_lonely_blocks() {
  std::stable_sort(
      sources_.begin(), sources_.end(),
      [](const source_block& a, const source_block& b) { return a.ref.min < b.ref.min; });
  std::optional<ulid> reached;
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    const block_ref& ref = sources_[i].ref;
    const bool after = !reached || *reached < ref.min;
    const bool last = i + 1 == sources_.size();
    sources_[i].alone = after && (last || ref.max < sources_[i + 1].ref.min);
    reached = std::max(reached.value_or(ulid_min), ref.max);
  }
}

// Decodes one block: to be copied, or to be merged.
result<> consume_run::load(const source_block& from) {
  consumed_segment& segment = done_.segments[from.input];
  std::string_view bytes;
  const auto decoded = [&]() -> result<batch> {
    TRY_LET(bytes, read_block(from.ref, buffer_));
    return decode_block(bytes, text_check::whole, std::move(spare_text_));
  };
  auto records = decoded();
  if (!records && records.error().code != errc::corruption) return std::move(records).error();
  if (!records) {
    ++segment.damaged_blocks;
    return {};
  }
  segment.records += records->records();
  done_.records_in += records->records();
  const bool full = records->bytes() >= copied_block_bytes_min;
  if (from.alone && full && is_in_store_order(*records)) {
    copied_block copy;
    TRY_LET(copy.block.header,
            read_block_header(bytes.substr(0, from.ref.header_frame_bytes), from.ref.offset));
    buffer_.resize(bytes.size());  // it may have served a larger block
    copy.block.bytes = std::move(buffer_);
    copy.topic = records->topics().front();
    records->for_each([&copy](const record_view& r) { copy.digest.add(r); });
    copy.filter = build_filter(records->text(), copy.block.bytes.size());
    spare_text_ = std::move(*records).take_text();
    decoded_bytes_ += copy.block.bytes.size() + copy.filter.bytes();
    copied_.push_back(std::move(copy));
  } else {
    decoded_bytes_ += decoded_bytes(*records);
    decoded_.push_back(std::move(*records));
  }
  if (decoded_bytes_ < decoded_bytes_max) return {};
  return flush();
}

// Merges and writes what is decoded, between what is copied, and frees both.
result<> consume_run::flush() {
  std::vector<const batch*> batches;
  batches.reserve(decoded_.size());
  for (const batch& b : decoded_) batches.push_back(&b);
  merged m = merge(batches);
  done_.records_out += m.refs.size();
  done_.dropped += m.equal_dropped;
  done_.conflicts += m.conflicts;
  const auto earlier_window = [](const merge_ref& a, const merge_ref& b) {
    return window_of(a.id) < window_of(b.id);
  };
  // Nearly always one window; the order within each is kept.
  if (!std::is_sorted(m.refs.begin(), m.refs.end(), earlier_window)) {
    std::stable_sort(m.refs.begin(), m.refs.end(), earlier_window);
  }
  std::sort(copied_.begin(), copied_.end(), [](const copied_block& a, const copied_block& b) {
    return a.before(b.block.header.min, b.topic);
  });
  TRY(write(m, batches));
  TRY(writer_.finish());
  decoded_.clear();
  copied_.clear();
  decoded_bytes_ = 0;
  return {};
}

// Writes the copies from `next` on that come before a record of `id` and `topic`.
result<> consume_run::write_copied(std::size_t& next, const ulid& id, std::string_view topic) {
  while (next < copied_.size() && copied_[next].before(id, topic)) {
    copied_block& c = copied_[next++];
    const partition where{window_of(c.block.header.min), shard_.value_or(0)};
    done_.records_out += c.digest.count;
    TRY(writer_.add_block(std::move(c.block), c.topic, c.digest, std::move(c.filter), where));
  }
  return {};
}

result<> consume_run::write(const merged& m, const std::vector<const batch*>& batches) {
  const std::uint32_t shard = shard_.value_or(0);
  std::size_t next = 0;
  for (std::size_t i = 0; i < m.refs.size(); ++i) {
    const merge_ref& ref = m.refs[i];
    if (i + fetched_ahead < m.refs.size()) fetch_text(m.refs[i + fetched_ahead], batches);
    TRY(write_copied(next, ref.id, m.topics[ref.topic]));
    TRY(writer_.add(view(m, ref, batches), partition{window_of(ref.id), shard}));
  }
  while (next < copied_.size()) {
    TRY(write_copied(next, ulid_max, "\x7f"));
  }
  return {};
}

result<> consume_run::finish() {
  find_lonely_blocks();
  for (const source_block& s : sources_) {
    TRY(load(s));
    borrowed_input& from = inputs_[s.input];
    if (--from.blocks_left == 0) from.input->bytes = std::string();
  }
  TRY(flush());
  std::uint64_t published = 0;
  for (const auto& p : writer_.published()) {
    published += p.footer.digest.count;
    done_.pieces.push_back({p.name, p.footer.partition, p.footer.file_hash, p.footer.write_set});
  }
  done_.written_bytes = writer_.written_bytes();
  // K8: nothing may have gone missing between what was read and what is on disk.
  if (published != done_.records_out || done_.records_in != done_.records_out + done_.dropped) {
    return fail(errc::corruption, "consume: records in differ from records out and dropped");
  }
  return {};
}

}  // namespace

result<ingest_summary> summarize_ingest_segment(std::string_view bytes) {
  view_filesystem view(bytes);
  TRY_LET(const ingest_segment_contents contents, scan_ingest_segment(view, "fetched", false));
  ingest_summary summary;
  summary.shard = contents.trailer ? contents.trailer->shard : 0;
  summary.raw_bytes = contents.raw_bytes;
  summary.records = contents.records;
  return summary;
}

consume_job::consume_job(env::filesystem& fs, std::string dir, std::string store_id, ulid unique,
                         store_placement placement, std::vector<consume_input> inputs)
    : fs_(&fs),
      dir_(std::move(dir)),
      store_id_(std::move(store_id)),
      placement_(std::move(placement)),
      unique_(unique),
      inputs_(std::move(inputs)) {}

void consume_job::run() {
  const auto holders = [this](const partition& where) {
    return write_set(where, placement_.accepting, placement_.factor);
  };
  consume_run run(*fs_, dir_, {holders, store_id_}, unique_);
  const auto all = [&]() -> result<> {
    for (consume_input& input : inputs_) {
      TRY(run.take(input));
    }
    TRY(run.finish());
    TRY_LET(opened_, open_published(*fs_, dir_, run.writer().published()));
    return {};
  };
  const result<> ended = all();
  inputs_.clear();
  if (ended) {
    done_ = std::move(run.done());
    return;
  }
  run.writer().abandon();
  opened_.clear();
  done_ = with_context("consume", ended.error());
}

}  // namespace oklog
