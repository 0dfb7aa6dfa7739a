#include "oklog/record/splitter.h"

#include <cstring>

#include "oklog/base/assert.h"

namespace oklog {

bool line_splitter::next(std::string_view& bytes, line_piece& out) {
  forget_given();
  if (bytes.empty()) return false;
  if (continuing_ || !held_.empty()) return next_of_held_line(bytes, out);

  // One byte more than a line may have, so that a line of exactly the limit is seen to end.
  const std::string_view look = bytes.substr(0, max_ + 1);
  if (const void* last = memrchr(look.data(), '\n', look.size())) {
    const auto size = static_cast<std::size_t>(static_cast<const char*>(last) - look.data()) + 1;
    out = {line_piece::kind::lines, look.substr(0, size)};
    bytes.remove_prefix(size);
    return true;
  }
  return next_of_held_line(bytes, out);
}

// A line of which something was kept or given out before, or one that does not end within its
// limit.
bool line_splitter::next_of_held_line(std::string_view& bytes, line_piece& out) {
  const std::size_t room = max_ - held_.size();
  const std::string_view look = bytes.substr(0, room + 1);
  const void* end = std::memchr(look.data(), '\n', look.size());
  if (end != nullptr) {
    const auto size = static_cast<std::size_t>(static_cast<const char*>(end) - look.data());
    give(out, look.substr(0, size));
    continuing_ = false;
    bytes.remove_prefix(size + 1);
    return true;
  }
  if (look.size() == room + 1) {
    give(out, look.substr(0, room));
    continuing_ = true;
    bytes.remove_prefix(room);
    return true;
  }
  held_.append(look);
  bytes.remove_prefix(look.size());
  ASSERT(held_.size() <= max_, "a held line is never over the limit");
  return false;
}

bool line_splitter::finish(line_piece& out) {
  forget_given();
  if (held_.empty()) return false;
  give(out, {});
  continuing_ = false;
  return true;
}

void line_splitter::give(line_piece& out, std::string_view text) {
  out.kind = continuing_ ? line_piece::kind::continuation : line_piece::kind::record;
  if (held_.empty()) {
    out.text = text;
    return;
  }
  held_.append(text);
  out.text = held_;
  given_ = true;
}

// Frees the memory too: ten thousand idle connections must be cheap.
void line_splitter::forget_given() {
  if (!given_) return;
  given_ = false;
  std::string().swap(held_);
}

}  // namespace oklog
