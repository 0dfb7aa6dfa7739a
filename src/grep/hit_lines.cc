#include "oklog/grep/hit_lines.h"

#include "oklog/base/find_bytes.h"

namespace oklog::grep {
namespace {

std::size_t line_end(std::string_view text, std::size_t at) {
  return text.find('\n', at);
}

// Where the line before the one that begins at `begin` begins. REQUIRES: begin > 0.
std::size_t previous_line(std::string_view text, std::size_t begin) {
  if (begin < 2) return 0;
  const std::size_t feed = text.rfind('\n', begin - 2);
  return feed == text.npos ? 0 : feed + 1;
}

}  // namespace

void hit_lines::begin_file() {
  left_out_ = true;
  tail_.clear();
  after_left_ = 0;
  lines_ = 0;
}

void hit_lines::feed(std::string_view text, const std::vector<line_hit>& hits) {
  text_ = text;
  at_ = 0;
  counted_ = 0;
  for (const line_hit& hit : hits) {
    if (skipped_ < options_.skip) {
      ++skipped_;
      continue;
    }
    if (shown_ >= options_.limit) break;
    show_hit(hit);
  }
  show_after(text_.size());
  keep_tail();
  if (options_.numbers) (void)number_of(text_.size());
}

void hit_lines::show_hit(const line_hit& hit) {
  show_after(hit.begin);
  if (options_.before > 0) show_before(hit.begin);
  left_out_ = left_out_ || at_ < hit.begin || !tail_.empty();
  show(text_.substr(hit.begin, hit.size), number_of(hit.begin), false);
  tail_.clear();
  at_ = std::size_t{hit.begin} + hit.size + 1;
  after_left_ = options_.after;
  ++shown_;
}

void hit_lines::show_before(std::size_t hit_begin) {
  std::uint32_t wanted = options_.before;
  std::size_t from = hit_begin;
  while (wanted > 0 && from > at_) {
    from = previous_line(text_, from);
    --wanted;
  }
  left_out_ = left_out_ || from > at_;
  if (from > at_) tail_.clear();
  while (tail_.size() > wanted) {
    tail_.pop_front();
    left_out_ = true;
  }
  for (const auto& [line, number] : tail_) show(line, number, true);
  tail_.clear();
  while (from < hit_begin) {
    const std::size_t end = line_end(text_, from);
    show(text_.substr(from, end - from), number_of(from), true);
    from = end + 1;
  }
  at_ = hit_begin;
}

void hit_lines::show_after(std::size_t end) {
  while (after_left_ > 0 && at_ < end) {
    const std::size_t feed = line_end(text_, at_);
    show(text_.substr(at_, feed - at_), number_of(at_), true);
    at_ = feed + 1;
    --after_left_;
  }
}

void hit_lines::show(std::string_view text, std::uint64_t number, bool context) {
  const bool around = options_.before > 0 || options_.after > 0;
  show_({text, number, context, around && any_ && left_out_});
  any_ = true;
  left_out_ = false;
}

std::uint64_t hit_lines::number_of(std::size_t begin) {
  if (!options_.numbers) return 0;
  lines_ += count_line_feeds(text_.substr(counted_, begin - counted_));
  counted_ = begin;
  return lines_ + 1;
}

// What was not shown of the text, as far as the next match may want it.
void hit_lines::keep_tail() {
  if (at_ >= text_.size()) return;
  std::size_t from = text_.size();
  std::uint32_t wanted = options_.before;
  while (wanted > 0 && from > at_) {
    from = previous_line(text_, from);
    --wanted;
  }
  if (from > at_) {
    tail_.clear();
    left_out_ = true;
  }
  while (from < text_.size()) {
    const std::size_t end = line_end(text_, from);
    tail_.emplace_back(text_.substr(from, end - from), number_of(from));
    from = end + 1;
  }
  while (tail_.size() > options_.before) {
    tail_.pop_front();
    left_out_ = true;
  }
}

}  // namespace oklog::grep
