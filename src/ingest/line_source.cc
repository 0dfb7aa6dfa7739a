#include "oklog/ingest/line_source.h"

#include <algorithm>
#include <cstring>

#include "oklog/base/bytes.h"
#include "oklog/base/hash.h"

namespace oklog::ingest {
namespace {

constexpr std::uint64_t clock_back_max_ms = 1000;

std::uint64_t ulid_ms(wall_time now) {
  const std::int64_t ms = unix_ms(now);
  return ms < 0 ? 0 : std::min(static_cast<std::uint64_t>(ms), ulid::ms_max);
}

}  // namespace

line_source::line_source(receiver& into, modality how, std::uint64_t stream)
    : into_(&into),
      how_(how),
      dynamic_(into.options().mode == topic_mode::dynamic),
      splitter_(into.options().line_bytes_max),
      stream_(stream & ulid::stream_max) {}

line_source::verdict line_source::feed(std::string_view bytes, wall_time now, boot_time boot) {
  if (greeting_ == greeting::undecided) decide_greeting(bytes);
  if (greeting_ == greeting::session) return verdict::session;
  tick(now);
  line_piece piece;
  while (splitter_.next(bytes, piece)) take(piece, boot);
  return verdict::lines;
}

void line_source::finish(wall_time now, boot_time boot) {
  if (greeting_ == greeting::session) return;
  tick(now);
  line_piece piece;
  if (splitter_.finish(piece)) take(piece, boot);
}

// Undecided only while the first bytes are fewer than the greeting and a part of it; they hold no
// line feed, so no line waits for this.
void line_source::decide_greeting(std::string_view bytes) {
  std::string head(splitter_.held());
  head += bytes.substr(0, session_greeting.size() - std::min(head.size(), session_greeting.size()));
  if (session_greeting.substr(0, head.size()) != head) {
    greeting_ = greeting::none;
  } else if (head.size() == session_greeting.size()) {
    greeting_ = greeting::session;
  }
}

void line_source::take(const line_piece& piece, boot_time boot) {
  if (piece.kind != line_piece::kind::lines) {
    take_record(piece.text, piece.kind == line_piece::kind::continuation, boot);
  } else if (dynamic_) {
    take_topic_lines(piece.text, boot);
  } else {
    take_lines(piece.text, boot);
  }
}

void line_source::take_lines(std::string_view lines, boot_time boot) {
  const std::uint32_t count = count_line_feeds(lines);
  last_serial_ = into_->add_lines(next_ids(count), lines, count, how_, boot);
}

void line_source::take_topic_lines(std::string_view lines, boot_time boot) {
  while (!lines.empty()) {
    const void* end = std::memchr(lines.data(), '\n', lines.size());
    const auto size = static_cast<std::size_t>(static_cast<const char*>(end) - lines.data());
    take_record(lines.substr(0, size), false, boot);
    lines.remove_prefix(size + 1);
  }
}

void line_source::take_record(std::string_view text, bool continuation, boot_time boot) {
  if (continuation && !splitting_) into_->count_split_line();
  splitting_ = continuation;
  std::string_view topic = into_->options().topic;
  if (dynamic_ && continuation) topic = topic_;
  if (dynamic_ && !continuation) {
    const topic_split split = split_topic(text);
    if (split.topic.empty()) {
      into_->count_line_without_topic();
    } else {
      topic = split.topic;
      text = split.rest;
    }
    topic_.assign(topic);
  }
  last_serial_ = into_->add_record(next_ids(1), topic, text, continuation, how_, boot);
}

void line_source::tick(wall_time now) {
  const std::uint64_t ms = ulid_ms(now);
  if (ms + clock_back_max_ms < ms_) {
    change_stream();
    ms_ = ms;
  }
  ms_ = std::max(ms_, ms);
}

ulid line_source::next_ids(std::uint32_t count) {
  if (seq_ > ulid::seq_max - count) change_stream();
  const ulid first = ulid::make(ms_, stream_, seq_);
  seq_ += count;
  return first;
}

// From the id that was random, so that no source of randomness is needed here.
void line_source::change_stream() {
  std::string old;
  put_int(old, stream_);
  stream_ = xxh3_64(old, seq_) & ulid::stream_max;
  seq_ = 1;
}

}  // namespace oklog::ingest
