#include <algorithm>
#include <utility>

#include "oklog/base/assert.h"
#include "oklog/segment/file_header.h"
#include "oklog/segment/names.h"
#include "oklog/segment/store_segment.h"
#include "segment/filter_frame.h"
#include "segment/footer.h"
#include "segment/footer_check.h"

namespace oklog {
namespace {

constexpr std::size_t write_bytes = 1024 * 1024;
// What waits in memory. Real lines need about a third of it a segment of 128 MiB; a block beyond it
// gets no filter.
constexpr std::uint64_t filter_bytes_max = 128 * 1024 * 1024;

}  // namespace

result<std::unique_ptr<store_segment_writer>> store_segment_writer::create(
    env::filesystem& fs, std::string dir, oklog::partition where,
    std::vector<std::string> write_set, const std::string& unique) {
  std::unique_ptr<store_segment_writer> w(new store_segment_writer);
  w->fs_ = &fs;
  w->dir_ = std::move(dir);
  w->temporary_ = format(store_name{where, unique, segment_state::active, 0});
  w->final_ = format(store_name{where, unique, segment_state::flushed, 0});
  w->footer_.partition = where;
  w->footer_.write_set = std::move(write_set);
  const std::string path = w->dir_ + "/" + w->temporary_;
  auto created = fs.create(path);
  if (!created) {
    w->published_ = true;  // not ours to remove
    return with_context(path, created.error());
  }
  w->file_ = std::move(*created);
  w->buffer_ = file_header(segment_kind::store);
  w->hash_.update(w->buffer_);
  w->size_ = w->buffer_.size();
  return w;
}

store_segment_writer::~store_segment_writer() {
  // A leftover is removed at the next start, too.
  if (!published_) (void)fs_->remove(dir_ + "/" + temporary_);
}

result<> store_segment_writer::append(encoded_block block, const std::string& topic,
                                      const set_digest& digest, block_filter filter) {
  const block_header& h = block.header;
  ASSERT(!published_, "a published segment is appended to");
  ASSERT(digest.count == h.records, "the digest is of the block's records");
  ASSERT(
      window_of(h.min) == footer_.partition.window && window_of(h.max) == footer_.partition.window,
      "ids inside the window");
  if (footer_.topics.empty() || footer_.topics.back() != topic) {
    ASSERT(footer_.topics.empty() || footer_.topics.back() < topic, "topics in order");
    footer_.topics.push_back(topic);
  }
  const auto index = static_cast<std::uint32_t>(footer_.topics.size() - 1);
  if (!footer_.blocks.empty()) {
    const store_block& before = footer_.blocks.back();
    ASSERT(in_order(before.topic, before.header.max, index, h.min), "blocks in order");
  }
  place_block(block.bytes, size_, 0);
  if (filter_bytes_ + filter.bytes() > filter_bytes_max) filter = {};
  filter_bytes_ += filter.bytes();
  footer_.blocks.push_back({size_, h, index, static_cast<std::uint8_t>(filter.log2_bits())});
  filters_.push_back(std::move(filter));
  footer_.digest.add(digest);
  footer_.raw_bytes += h.raw_bytes;
  footer_.min = std::min(footer_.min, h.min);
  footer_.max = std::max(footer_.max, h.max);
  return put(block.bytes);
}

result<> store_segment_writer::put(std::string_view bytes) {
  hash_.update(bytes);
  size_ += bytes.size();
  buffer_.append(bytes);
  if (buffer_.size() < write_bytes) return {};
  return write_out();
}

result<> store_segment_writer::write_filters() {
  if (filter_bytes_ == 0) return {};
  filter_frame frame(footer_, filters_);
  TRY(frame.write([this](std::string_view bytes) { return put(bytes); }));
  filters_.clear();
  filter_bytes_ = 0;
  return {};
}

result<> store_segment_writer::write_out() {
  if (failed_) return fail(errc::io, temporary_ + ": not written to after a failed write");
  auto written = file_->append(buffer_);
  buffer_.clear();
  if (written) return {};
  failed_ = true;
  return with_context(temporary_, written.error());
}

result<> store_segment_writer::complete() {
  ASSERT(!published_ && !empty(), "a segment with blocks is published once");
  TRY(write_filters());
  footer_.file_hash = hash_.digest();
  auto agrees = check_footer(footer_, size_);
  ASSERT(agrees.has_value(), agrees ? "" : agrees.error().what);
  const std::string frame = put_footer(footer_, size_);
  buffer_.append(frame);
  size_ += frame.size();
  return write_out();
}

result<store_segment_writer::published> store_segment_writer::stage() {
  TRY(complete());
  published_ = true;
  return published{temporary_, size_, std::move(footer_)};
}

result<store_segment_writer::published> store_segment_writer::publish() {
  TRY(complete());
  auto synced = file_->sync();
  if (!synced) return with_context(temporary_, synced.error());
  TRY(fs_->rename(dir_ + "/" + temporary_, dir_ + "/" + final_));
  auto durable = fs_->sync_dir(dir_);
  if (!durable) {
    // Its sources are still there; a second name for their records is not needed.
    temporary_ = final_;
    return with_context(final_, durable.error());
  }
  published_ = true;
  return published{final_, size_, std::move(footer_)};
}

}  // namespace oklog
