#include <utility>

#include "oklog/base/assert.h"
#include "oklog/segment/file_header.h"
#include "oklog/segment/ingest_segment.h"
#include "segment/trailer.h"

namespace oklog {
namespace {

block_ref ref_of(const block_header& h, std::uint64_t offset,
                 const std::shared_ptr<data_file>& file) {
  block_ref r;
  r.min = h.min;
  r.max = h.max;
  r.records = h.records;
  r.raw_bytes = h.raw_bytes;
  r.file = file;
  r.offset = offset;
  r.header_frame_bytes = h.header_frame_bytes;
  r.text_frame_bytes = h.text_frame_bytes;
  return r;
}

}  // namespace

result<std::unique_ptr<ingest_segment_writer>> ingest_segment_writer::create(
    env::filesystem& fs, std::string dir, std::string name, std::uint64_t preallocate_bytes) {
  const std::string path = dir + "/" + name;
  std::unique_ptr<ingest_segment_writer> w(new ingest_segment_writer);
  w->fs_ = &fs;
  w->dir_ = std::move(dir);
  w->file_ = std::make_shared<data_file>();
  w->file_->path = path;
  auto created = fs.create(path);
  if (!created) return with_context(path, created.error());
  w->file_->file = std::move(*created);
  auto ready = w->file_->file->preallocate(preallocate_bytes);
  if (ready) ready = w->append_bytes(file_header(segment_kind::ingest));
  if (!ready) {
    // A file without records: nothing is lost with it, and a failure to remove it is recovery's.
    (void)fs.remove(path);
    return with_context(path, ready.error());
  }
  return w;
}

result<> ingest_segment_writer::append_bytes(std::string_view bytes) {
  auto appended = file_->file->append(bytes);
  if (!appended) return take_back(appended.error());
  size_ += bytes.size();
  return {};
}

// What was half written would lie between good blocks.
error ingest_segment_writer::take_back(const error& why) {
  auto cut = file_->file->truncate(size_);
  if (!cut) poisoned_ = true;
  return with_context(file_->path, why);
}

result<std::vector<block_ref>> ingest_segment_writer::append(
    const std::vector<encoded_block*>& blocks) {
  ASSERT(!finished_, "a finished segment is appended to");
  if (poisoned_) return fail(errc::io, file_->path + ": not written to after a failed sync");
  std::vector<block_ref> refs;
  refs.reserve(blocks.size());
  flush_trailer sum = totals_;
  std::uint64_t offset = size_;
  for (encoded_block* b : blocks) {
    place_block(b->bytes, offset, synced_);
    auto appended = file_->file->append(b->bytes);
    if (!appended) return take_back(appended.error());
    refs.push_back(ref_of(b->header, offset, file_));
    offset += b->bytes.size();
    ++sum.blocks;
    sum.records += b->header.records;
    sum.raw_bytes += b->header.raw_bytes;
  }
  size_ = offset;
  totals_ = sum;
  return refs;
}

result<std::vector<block_ref>> ingest_segment_writer::append(std::vector<encoded_block> blocks) {
  std::vector<encoded_block*> all;
  for (encoded_block& b : blocks) all.push_back(&b);
  return append(all);
}

result<> ingest_segment_writer::sync() {
  if (poisoned_) return fail(errc::io, file_->path + ": not synced again after a failed sync");
  if (synced_ == size_ && dir_synced_) return {};
  const std::uint64_t size = size_;
  auto done = file_->file->sync();
  if (done && !dir_synced_) done = fs_->sync_dir(dir_);
  if (!done) {
    poisoned_ = true;
    return with_context(file_->path, done.error());
  }
  dir_synced_ = true;
  synced_ = size;
  return {};
}

result<> ingest_segment_writer::finish(std::uint32_t shard) {
  ASSERT(!finished_, "a segment is finished twice");
  TRY(sync());
  totals_.shard = shard;
  TRY(append_bytes(put_trailer(totals_, size_)));
  // Gives back what was preallocated and not used: a segment may wait for long, beside many.
  auto trimmed = file_->file->truncate(size_);
  if (!trimmed) return with_context(file_->path, trimmed.error());
  finished_ = true;
  return sync();
}

}  // namespace oklog
