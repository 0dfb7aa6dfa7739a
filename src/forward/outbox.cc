#include "oklog/forward/outbox.h"

#include <algorithm>
#include <cstring>

#include "oklog/base/assert.h"

namespace oklog {

outbox::outbox(std::string prefix) : prefix_(std::move(prefix)) {}

void outbox::add(std::string_view bytes) {
  ASSERT(!finished_, "bytes after the end of the input");
  if (bytes.empty()) return;
  if (prefix_.empty()) {
    const std::size_t last = bytes.rfind('\n');
    if (last != std::string_view::npos) whole_ = buffer_.size() + last + 1;
    buffer_.append(bytes);
    at_line_start_ = bytes.back() == '\n';
    return;
  }
  while (!bytes.empty()) {
    if (at_line_start_) buffer_.append(prefix_);
    const std::size_t lf = bytes.find('\n');
    at_line_start_ = lf != std::string_view::npos;
    const std::size_t n = at_line_start_ ? lf + 1 : bytes.size();
    buffer_.append(bytes.substr(0, n));
    if (at_line_start_) whole_ = buffer_.size();
    bytes.remove_prefix(n);
  }
}

void outbox::finish() {
  if (!at_line_start_) buffer_.push_back('\n');
  at_line_start_ = true;
  whole_ = buffer_.size();
  finished_ = true;
}

std::string_view outbox::next(std::size_t limit) const {
  const bool growing_too_long = buffer_.size() - whole_ >= hold_bytes;
  const std::size_t end = growing_too_long ? buffer_.size() : whole_;
  if (end <= sent_) return {};
  return std::string_view(buffer_).substr(sent_, std::min(limit, end - sent_));
}

void outbox::sent(std::size_t n) {
  ASSERT(n <= unsent_bytes(), "more sent than there was");
  const char* const from = buffer_.data() + sent_;
  lines_sent_ += static_cast<std::uint64_t>(std::count(from, from + n, '\n'));
  sent_ += n;
  compact();
}

// Forgets the whole lines that were sent, and the start of a line that is too long to keep.
void outbox::compact() {
  std::size_t done = 0;
  if (sent_ > 0) {
    const void* lf = memrchr(buffer_.data(), '\n', sent_);
    if (lf != nullptr) {
      done = static_cast<std::size_t>(static_cast<const char*>(lf) - buffer_.data()) + 1;
      start_dropped_ = false;
    }
  }
  if (sent_ - done > line_kept_bytes_max) {
    done = sent_;
    start_dropped_ = true;
  }
  if (done == 0) return;
  if (done == buffer_.size()) {
    buffer_.clear();
  } else if (done >= buffer_.size() / 2) {
    buffer_.erase(0, done);
  } else {
    return;
  }
  sent_ -= done;
  whole_ = whole_ > done ? whole_ - done : 0;
}

void outbox::reconnect() {
  const void* lf = sent_ > 0 ? memrchr(buffer_.data(), '\n', sent_) : nullptr;
  const std::size_t line =
      lf != nullptr ? static_cast<std::size_t>(static_cast<const char*>(lf) - buffer_.data()) + 1
                    : 0;
  if (start_dropped_ && line == 0) {
    ++broken_lines_;
    start_dropped_ = false;
    buffer_.erase(0, sent_);
    whole_ = whole_ > sent_ ? whole_ - sent_ : 0;
    sent_ = 0;
    return;
  }
  sent_ = line;
}

}  // namespace oklog
