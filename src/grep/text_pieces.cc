#include "oklog/grep/text_pieces.h"

#include <algorithm>
#include <cstring>

namespace oklog::grep {
namespace {

constexpr std::size_t unpacked_bytes_read = 256 * 1024;  // at once
constexpr std::size_t line_end_read = 4 * 1024;  // and 16 times as much if that is too little

}  // namespace

result<std::string_view> text_piece::load(std::string& buffer) const {
  if (file == nullptr) {
    if (text.ends_with('\n')) return std::string_view(text);
    buffer.assign(text) += '\n';
    return std::string_view(buffer);
  }
  // Never smaller, because growing it again would fill it with zeros.
  if (buffer.size() < size + 1) buffer.resize(size + 1);
  TRY_LET(const std::size_t n, file->read_at(offset, buffer.data(), size));
  if (n < size) return fail(errc::corruption, "became shorter while it was read");
  if (buffer[n - 1] == '\n') return std::string_view(buffer).substr(0, n);
  buffer[n] = '\n';
  return std::string_view(buffer).substr(0, n + 1);
}

result<text_pieces> text_pieces::open(std::unique_ptr<env::file> file) {
  std::shared_ptr<env::file> shared = std::move(file);
  std::string first(packing_bytes, '\0');
  TRY_LET(const std::size_t n, shared->read_at(0, first.data(), first.size()));
  first.resize(n);
  if (packing_of(first) != packing::plain) return open(make_file_input(std::move(shared)));
  text_pieces p;
  TRY_LET(p.size_, shared->size());
  p.plain_ = std::move(shared);
  return p;
}

result<text_pieces> text_pieces::open(std::unique_ptr<byte_input> input) {
  text_pieces p;
  TRY_LET(p.packed_, unpack(std::move(input)));
  return p;
}

result<std::optional<text_piece>> text_pieces::next() {
  return plain_ ? next_place() : next_unpacked();
}

result<std::optional<text_piece>> text_pieces::next_place() {
  if (offset_ >= size_) return std::optional<text_piece>();
  std::uint64_t end = size_;
  if (size_ - offset_ > piece_bytes) {
    TRY_LET(end, line_end_behind(offset_ + piece_bytes - 1));
  }
  text_piece p;
  p.file = plain_;
  p.offset = offset_;
  p.size = static_cast<std::size_t>(end - offset_);
  offset_ = end;
  return std::optional<text_piece>(std::move(p));
}

// The first byte behind the line that the byte at `offset` is in.
result<std::uint64_t> text_pieces::line_end_behind(std::uint64_t offset) {
  const std::uint64_t limit = offset + line_rest_max;
  std::string part(line_end_read, '\0');
  while (offset < limit) {
    TRY_LET(const std::size_t n, plain_->read_at(offset, part.data(), part.size()));
    if (n == 0) return fail(errc::corruption, "became shorter while it was read");
    const void* feed = std::memchr(part.data(), '\n', n);
    if (feed != nullptr) {
      return offset + static_cast<std::size_t>(static_cast<const char*>(feed) - part.data()) + 1;
    }
    offset += n;
    if (offset >= size_) return size_;
    if (part.size() == line_end_read) part.resize(16 * line_end_read);
  }
  ++lines_cut_;
  return offset;
}

result<std::optional<text_piece>> text_pieces::next_unpacked() {
  std::string text = std::move(rest_);
  rest_.clear();
  std::size_t searched = 0;  // no line feed before, once it is a piece's size
  while (!ended_) {
    if (text.size() >= piece_bytes) {
      const std::size_t feed = text.rfind('\n');
      if (feed != text.npos && feed >= searched) {
        rest_.assign(text, feed + 1);
        text.resize(feed + 1);
        break;
      }
      searched = text.size();
      if (text.size() >= piece_bytes + line_rest_max) {
        ++lines_cut_;
        break;
      }
    }
    const std::size_t size = text.size();
    text.resize(size + unpacked_bytes_read);
    const auto n = packed_->read(text.data() + size, unpacked_bytes_read);
    text.resize(size + (n ? *n : 0));
    if (!n) failed_ = n.error();
    ended_ = !n || *n == 0;
  }
  if (text.empty()) {
    if (!failed_) return std::optional<text_piece>();
    error why = std::move(*failed_);
    failed_.reset();
    return why;
  }
  text_piece p;
  p.text = std::move(text);
  return std::optional<text_piece>(std::move(p));
}

}  // namespace oklog::grep
