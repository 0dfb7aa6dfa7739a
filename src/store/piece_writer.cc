#include "store/piece_writer.h"

#include <algorithm>

#include "oklog/base/assert.h"

namespace oklog {

piece_writer::piece_writer(env::filesystem& fs, std::string dir, id_source& ids,
                           std::uint64_t file_bytes_max, piece_placement placement)
    : fs_(&fs),
      dir_(std::move(dir)),
      ids_(&ids),
      file_bytes_max_(file_bytes_max),
      placement_(std::move(placement)) {}

result<> piece_writer::add(const record_view& r, const partition& where) {
  if (!pending_.empty()) {
    // Records of one ULID stay in one block, so that the ranges of neighbours never touch, unless
    // a reader would refuse so large a block.
    const std::size_t size = pending_.bytes() + r.text.size() + 1;
    const bool full = size > block_bytes_target && r.id != last_;
    if (full || size > block_bytes_max || r.topic != topic_ || where != where_) {
      TRY(flush_block());
    }
  }
  if (!writer_ || where != where_) {
    TRY(open(where));
  }
  if (pending_.empty()) topic_.assign(r.topic);
  pending_.add(r);
  digest_.add(r);
  last_ = r.id;
  return {};
}

result<> piece_writer::add_block(encoded_block block, const std::string& topic,
                                 const set_digest& digest, block_filter filter,
                                 const partition& where) {
  TRY(flush_block());
  if (!writer_ || where != where_) {
    TRY(open(where));
  }
  last_ = block.header.max;
  return append(std::move(block), topic, digest, std::move(filter));
}

result<> piece_writer::flush_block() {
  if (pending_.empty()) return {};
  encoded_block block = encode_block(pending_, block_compression_level);
  ++encoded_blocks_;
  block_filter filter = build_filter(pending_.text(), block.bytes.size());
  pending_.clear();
  const set_digest digest = digest_;
  digest_ = {};
  return append(std::move(block), topic_, digest, std::move(filter));
}

// A file is closed before the block that would make it too large.
result<> piece_writer::append(encoded_block block, const std::string& topic,
                              const set_digest& digest, block_filter filter) {
  const std::size_t size = block.bytes.size() + filter.bytes();
  if (!writer_->empty() && writer_->file_bytes() + size > file_bytes_max_) {
    TRY(open(where_));
  }
  return writer_->append(std::move(block), topic, digest, std::move(filter));
}

result<> piece_writer::open(const partition& where) {
  TRY(publish());
  where_ = where;
  std::vector<std::string> holders = placement_.write_set(where);
  ASSERT(!holders.empty(), "a piece is written for somebody");
  const std::string& self = placement_.self;
  staged_ = !self.empty() && std::find(holders.begin(), holders.end(), self) == holders.end();
  TRY_LET(writer_,
          store_segment_writer::create(*fs_, dir_, where, std::move(holders), ids_->next()));
  return {};
}

result<> piece_writer::publish() {
  if (!writer_) return {};
  std::unique_ptr<store_segment_writer> writer = std::move(writer_);
  if (writer->empty()) return {};
  TRY_LET(auto published, staged_ ? writer->stage() : writer->publish());
  written_bytes_ += published.file_bytes;
  published_.push_back(std::move(published));
  return {};
}

result<> piece_writer::finish() {
  TRY(flush_block());
  return publish();
}

void piece_writer::abandon() {
  writer_.reset();
  for (const auto& p : published_) {
    // What cannot be removed holds only records that are elsewhere too: queries drop them.
    const auto removed = fs_->remove(dir_ + "/" + p.name);
    static_cast<void>(removed);
  }
  published_.clear();
}

result<std::vector<segment_ptr>> open_published(
    env::filesystem& fs, const std::string& dir,
    const std::vector<store_segment_writer::published>& published) {
  std::vector<segment_ptr> opened;
  for (const auto& p : published) {
    TRY_LET(store_segment segment, open_store_segment(fs, dir, p.name));
    opened.push_back(std::make_shared<const store_segment>(std::move(segment)));
  }
  return opened;
}

}  // namespace oklog
