#include "oklog/ingest/jobs.h"

#include <algorithm>
#include <utility>

#include "ingest/queue_entry.h"

namespace oklog::ingest {
namespace {

constexpr std::size_t hash_step_bytes = 1024 * 1024;

}  // namespace

void write_job::run() {
  again_count = again.size();
  blocks = std::move(again);
  again.clear();
  for (const sealed_batch& b : batches) {
    blocks.push_back({b.serial, b.durable, encode_block(*b.records, block_compression_level)});
  }
  if (!writer) {
    auto made = ingest_segment_writer::create(*fs, dir, active_name(id), preallocate_bytes);
    if (!made) {
      outcome = std::move(made).error();
      return;
    }
    writer = std::move(*made);
  }
  if (!blocks.empty()) {
    std::vector<encoded_block*> all;  // they stay with us until a sync (rule C6)
    all.reserve(blocks.size());
    for (kept_block& b : blocks) all.push_back(&b.block);
    auto placed = writer->append(all);
    if (!placed) {
      outcome = std::move(placed).error();
      return;
    }
    refs = std::move(*placed);
    appended = true;
  }
  if (!sync) return;
  outcome = writer->sync();
  synced = outcome.has_value();
}

void flush_job::run() {
  const std::string from = dir + "/" + active_name(id);
  if (discard) {
    outcome = fs->remove(from);
    return;
  }
  if (writer) {
    outcome = writer->finish(shard);
    if (!outcome) return;
  }
  finished = true;
  outcome = fs->rename(from, dir + "/" + flushed_name(id));
  if (!outcome) return;
  renamed = true;
  outcome = fs->sync_dir(dir);
}

void move_job::run() {
  for (step& s : steps) {
    switch (s.what) {
      case action::rename:
        if (s.from != s.to) s.outcome = fs->rename(dir->file(s.from), dir->file(s.to));
        break;
      case action::remove:
        s.outcome = fs->remove(dir->file(s.from));
        break;
      case action::quarantine:
        s.outcome = dir->quarantine(s.from);
        break;
    }
  }
}

result<> read_content(const segment_content& content, std::uint64_t offset, std::size_t size,
                      std::string& out) {
  out.clear();
  if (offset >= content.bytes) return {};
  const std::uint64_t left = content.bytes - offset;
  out.resize(static_cast<std::size_t>(std::min<std::uint64_t>(size, left)));
  TRY_LET(const std::size_t got, content.file->file->read_at(offset, out.data(), out.size()));
  if (got == out.size()) return {};
  return fail(errc::corruption, "segment " + content.id + " is shorter than it was");
}

void read_job::run() {
  if (content.hash) return;
  hash128_stream hash;
  std::string piece;
  for (std::uint64_t at = 0; at < content.bytes; at += piece.size()) {
    outcome = read_content(content, at, hash_step_bytes, piece);
    if (!outcome) return;
    hash.update(piece);
  }
  content.hash = hash.digest();
}

}  // namespace oklog::ingest
