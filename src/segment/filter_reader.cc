#include "oklog/segment/filter_reader.h"

#include <algorithm>

#include "oklog/base/assert.h"
#include "oklog/base/bytes.h"
#include "segment/filter_layout.h"
#include "segment/gram_hash.h"

namespace oklog {
namespace {

// Of one reader: 2 MiB. What is beyond is read again.
constexpr std::size_t cached_pages_max = 4096;
// Of a piece: what a longer one's further grams would add is nothing, and they cost a read each.
constexpr std::size_t grams_max = 128;

// The grams' hashes, those that overlap least first, so that a set becomes empty soon.
std::vector<std::uint64_t> hashes_of(std::string_view piece) {
  std::vector<std::uint64_t> hashes;
  if (piece.size() < gram_bytes || piece.find('\n') != std::string_view::npos) return hashes;
  const std::size_t grams = piece.size() - gram_bytes + 1;
  const std::size_t apart = (grams + grams_max - 1) / grams_max;
  const std::size_t stride = std::max(gram_bytes, apart);
  std::string padded(piece);
  padded.append(sizeof(std::uint64_t) - gram_bytes, '\0');
  for (std::size_t first = 0; first < stride; first += apart) {
    for (std::size_t i = first; i < grams; i += stride) {
      hashes.push_back(gram_hash(padded.data() + i));
    }
  }
  return hashes;
}

}  // namespace

filter_reader::filter_reader(const store_segment& segment)
    : segment_(&segment), layout_(std::make_unique<filter_layout>(segment.footer)) {}

filter_reader::~filter_reader() = default;

bool filter_reader::has_filters() const {
  return !layout_->groups().empty();
}

result<> filter_reader::keep_blocks_that_may_hold(std::string_view piece, block_set& candidates) {
  ASSERT(candidates.blocks() == segment_->footer.blocks.size(), "a set of this segment's blocks");
  const std::vector<std::uint64_t> hashes = hashes_of(piece);
  if (hashes.empty()) return {};
  for (const filter_group& group : layout_->groups()) {
    auto narrowed = narrow(group, hashes, candidates);
    if (!narrowed) return with_context(segment_->file->path, narrowed.error());
  }
  return {};
}

// Of the group's blocks those stay that have every hash's bit.
result<> filter_reader::narrow(const filter_group& group, const std::vector<std::uint64_t>& hashes,
                               block_set& candidates) {
  block_set live(group.blocks.size());
  const bool all = group.blocks.size() == candidates.blocks();  // nearly always
  if (all) live = candidates;
  for (std::size_t i = 0; !all && i < group.blocks.size(); ++i) {
    if (candidates.has(group.blocks[i])) live.add(i);
  }
  block_set row(group.blocks.size());
  const std::uint64_t mask = (std::uint64_t{1} << group.log2_bits) - 1;
  for (const std::uint64_t hash : hashes) {
    if (live.empty()) break;
    TRY(read_row(group, hash & mask, row));
    live &= row;
  }
  if (all) candidates = std::move(live);
  for (std::size_t i = 0; !all && i < group.blocks.size(); ++i) {
    if (!live.has(i)) candidates.remove(group.blocks[i]);
  }
  return {};
}

result<> filter_reader::read_row(const filter_group& group, std::uint64_t row, block_set& out) {
  const std::uint64_t bit = group.first_bit + row * group.blocks.size();
  const std::uint64_t first = bit / 64;
  const std::uint64_t end = (bit + group.blocks.size() + 63) / 64;
  TRY(load_pages(first / page_words, (end - 1) / page_words));
  row_.clear();
  for (std::uint64_t word = first; word < end; ++word) {
    row_.push_back(pages_.at(word / page_words)[word % page_words]);
  }
  row_.push_back(0);
  const unsigned shift = bit % 64;
  for (std::size_t i = 0; i < out.words().size(); ++i) {
    const std::uint64_t next = shift == 0 ? 0 : row_[i + 1] << (64 - shift);
    out.words()[i] = row_[i] >> shift | next;
  }
  return {};
}

// Pages `first` to `last` are in pages_ then.
result<> filter_reader::load_pages(std::uint64_t first, std::uint64_t last) {
  if (pages_.size() + (last - first + 1) > cached_pages_max) pages_.clear();
  while (first <= last && pages_.count(first) != 0) ++first;
  if (first > last) return {};
  const std::uint64_t offset = layout_->page_offset(first);
  const std::uint64_t end = layout_->page_offset(last) + (layout_->words_of_page(last) + 1) * 8;
  buffer_.resize(end - offset);
  TRY_LET(const std::size_t got,
          segment_->file->file->read_at(offset, buffer_.data(), buffer_.size()));
  ++reads_;
  bytes_read_ += got;
  if (got != buffer_.size()) return fail(errc::corruption, "filters: cut short");
  std::string_view rest = buffer_;
  for (std::uint64_t number = first; number <= last; ++number) {
    const std::string_view bytes = rest.substr(0, page_bytes);
    TRY(layout_->check_page(number, bytes));
    page& words = pages_[number];
    for (std::size_t i = 0; i + 1 < bytes.size() / 8; ++i) {
      words[i] = get_int<std::uint64_t>(bytes.data() + i * 8);
    }
    rest.remove_prefix(bytes.size());
  }
  return {};
}

}  // namespace oklog
