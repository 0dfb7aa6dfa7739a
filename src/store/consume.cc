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

// What is decoded at once: text, and what a merge needs a record (its reference and half as much
// again to sort it) and a run. Lines of 100 bytes reach claim_raw_bytes_max before it.
constexpr std::uint64_t decoded_bytes_max = claim_raw_bytes_max + claim_raw_bytes_max * 5 / 8;
constexpr std::uint64_t bytes_a_record = 48;

std::uint64_t decoded_bytes(const batch& b) {
  return b.bytes() + b.records() * bytes_a_record + b.runs().size() * sizeof(id_run);
}

// One run of the job: decodes inputs into memory, and writes what is there when it is full.
class consume_run {
 public:
  consume_run(env::filesystem& fs, const std::string& dir, const std::string& store_id, ulid unique)
      : ids_(unique), writer_(fs, dir, ids_, ~std::uint64_t{0}, {store_id}) {}

  result<> take(consume_input& input);
  result<> flush();
  result<> finish();
  piece_writer& writer() { return writer_; }
  consumed& done() { return done_; }

 private:
  result<> write(const merged& m, const std::vector<const batch*>& batches);

  id_source ids_;
  piece_writer writer_;
  consumed done_;
  std::deque<batch> decoded_;
  std::uint64_t decoded_bytes_ = 0;
  std::optional<std::uint32_t> shard_;
};

// Decodes one input and frees its bytes.
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
    for (const block_ref& ref : scanned->blocks) {
      auto loaded = load_block(ref);
      if (!loaded) {
        if (loaded.error().code != errc::corruption) return std::move(loaded).error();
        ++segment.damaged_blocks;
        continue;
      }
      segment.records += loaded->records();
      done_.records_in += loaded->records();
      decoded_bytes_ += decoded_bytes(*loaded);
      decoded_.push_back(std::move(*loaded));
      if (decoded_bytes_ >= decoded_bytes_max) {
        TRY(flush());
      }
    }
  } else if (scanned.error().code == errc::corruption) {
    segment.damaged_blocks = 1;
  } else {
    return std::move(scanned).error();  // of a newer version: not ours to throw away
  }
  done_.segments.push_back(std::move(segment));
  input.bytes = std::string();
  return {};
}

// Merges and writes what is decoded, and frees it.
result<> consume_run::flush() {
  if (decoded_.empty()) return {};
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
  TRY(write(m, batches));
  TRY(writer_.finish());
  decoded_.clear();
  decoded_bytes_ = 0;
  return {};
}

result<> consume_run::write(const merged& m, const std::vector<const batch*>& batches) {
  const std::uint32_t shard = shard_.value_or(0);
  for (const merge_ref& ref : m.refs) {
    TRY(writer_.add(view(m, ref, batches), partition{window_of(ref.id), shard}));
  }
  return {};
}

result<> consume_run::finish() {
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
                         std::vector<consume_input> inputs)
    : fs_(&fs),
      dir_(std::move(dir)),
      store_id_(std::move(store_id)),
      unique_(unique),
      inputs_(std::move(inputs)) {}

void consume_job::run() {
  consume_run run(*fs_, dir_, store_id_, unique_);
  const auto all = [&]() -> result<> {
    for (consume_input& input : inputs_) {
      TRY(run.take(input));
    }
    TRY(run.finish());
    TRY_LET(opened_, open_published(*fs_, dir_, run.writer().published()));
    return {};
  };
  const result<> ended = all();
  if (ended) {
    done_ = std::move(run.done());
    return;
  }
  run.writer().abandon();
  opened_.clear();
  done_ = with_context("consume", ended.error());
}

}  // namespace oklog
