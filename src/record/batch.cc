#include "oklog/record/batch.h"

#include <algorithm>
#include <limits>

#include "oklog/base/assert.h"
#include "oklog/record/topic.h"
#include "record/line_feeds.h"

namespace oklog {
namespace {

constexpr std::size_t few_topics = 8;

bool follows(const id_run& run, std::uint64_t ms, std::uint64_t stream, std::uint64_t seq,
             std::uint32_t topic) {
  return run.seq + run.count == seq && run.stream == stream && run.ms == ms && run.topic == topic;
}

}  // namespace

std::uint32_t batch::topic_index(std::string_view topic) {
  if (last_topic_ < topics_.size() && topics_[last_topic_] == topic) return last_topic_;
  if (topics_.size() <= few_topics) {
    const auto at = std::find(topics_.begin(), topics_.end(), topic);
    if (at != topics_.end()) {
      return last_topic_ = static_cast<std::uint32_t>(at - topics_.begin());
    }
  } else {
    if (table_.size() != topics_.size()) fill_topic_table();
    if (const auto at = table_.find(topic, topics_)) return last_topic_ = *at;
  }
  last_topic_ = static_cast<std::uint32_t>(topics_.size());
  topics_.emplace_back(topic);
  if (topics_.size() > few_topics) fill_topic_table();
  return last_topic_;
}

// False where one is listed twice.
bool batch::fill_topic_table() {
  bool once = true;
  while (table_.size() < topics_.size()) once = table_.add(topics_) && once;
  return once;
}

void batch::note_ids(const ulid& first, const ulid& last) {
  if (first < min_) min_ = first;
  if (max_ < last) max_ = last;
}

void batch::extend_runs(std::uint64_t ms, std::uint64_t stream, std::uint64_t seq,
                        std::uint32_t topic, std::uint32_t count) {
  ASSERT(topic < topics_.size(), "topic index of this batch");
  ASSERT(ms <= ulid::ms_max && stream <= ulid::stream_max, "ULID parts in range");
  ASSERT(count > 0 && seq <= ulid::seq_max && count - 1 <= ulid::seq_max - seq,
         "sequence in range");
  if (!runs_.empty() && follows(runs_.back(), ms, stream, seq, topic)) {
    runs_.back().count += count;
  } else {
    runs_.push_back({ms, stream, seq, topic, count});
  }
  note_ids(ulid::make(ms, stream, seq), ulid::make(ms, stream, seq + count - 1));
  records_ += count;
}

// Lengths are kept from the first record on that holds a line feed; those before hold none.
void batch::restore_lengths() {
  lengths_.reserve(records_ + 1);
  const char* at = text_.data();
  for (std::size_t left = text_.size(); left > 0;) {
    const std::size_t size = line_size(at, left);
    lengths_.push_back(static_cast<std::uint32_t>(size));
    at += size + 1;
    left -= size + 1;
  }
}

void batch::add(const record_view& r) {
  add(r.id, topic_index(r.topic), r.text, r.continuation);
}

void batch::add(const ulid& id, std::uint32_t topic, std::string_view text, bool continuation) {
  ASSERT(text_.size() + text.size() < std::numeric_limits<std::uint32_t>::max(),
         "batch under 4 GiB");
  // Lengths begin with the first record that holds a line feed.
  const bool first = lengths_.empty() && text.find('\n') != std::string_view::npos;
  if (first) restore_lengths();
  if (first || !lengths_.empty()) lengths_.push_back(static_cast<std::uint32_t>(text.size()));
  if (continuation) continuations_.push_back(records_);
  extend_runs(id.ms(), id.stream(), id.seq(), topic, 1);
  text_.append(text);
  text_.push_back('\n');
}

void batch::add_lines(std::uint64_t ms, std::uint64_t stream, std::uint64_t seq,
                      std::uint32_t topic, std::string_view lines, std::uint32_t count) {
  ASSERT(text_.size() + lines.size() < std::numeric_limits<std::uint32_t>::max(),
         "batch under 4 GiB");
  ASSERT(!lines.empty() && lines.back() == '\n', "whole lines");
  extend_runs(ms, stream, seq, topic, count);
  if (!lengths_.empty()) {
    for (std::size_t at = 0; at < lines.size();) {
      const std::size_t size = line_size(lines.data() + at, lines.size() - at);
      lengths_.push_back(static_cast<std::uint32_t>(size));
      at += size + 1;
    }
  }
  text_.append(lines);
}

void batch::reserve_like(const batch& other) {
  ASSERT(empty(), "room is made before the first record");
  const auto a_little_more = [](std::size_t n) { return n + n / 16; };
  text_.reserve(a_little_more(other.text_.size()));
  runs_.reserve(a_little_more(other.runs_.size()));
  topics_.reserve(other.topics_.size());
  if (other.topics_.size() > few_topics) table_.reserve(other.topics_.size());
}

void batch::clear() {
  text_.clear();
  runs_.clear();
  topics_.clear();
  table_.clear();
  continuations_.clear();
  lengths_.clear();
  records_ = 0;
  last_topic_ = 0;
  min_ = ulid_max;
  max_ = ulid_min;
}

result<> batch::check_topics() {
  for (const std::string& t : topics_) {
    if (!valid_topic(t)) return fail(errc::corruption, "a topic name has other bytes than allowed");
  }
  bool twice = false;
  if (topics_.size() > few_topics) {
    table_.reserve(topics_.size());
    twice = !fill_topic_table();
    table_ = {};  // few batches that were taken apart are added to
  } else {
    for (const std::string& t : topics_) {
      twice = twice || std::count(topics_.begin(), topics_.end(), t) > 1;
    }
  }
  if (twice) return fail(errc::corruption, "a topic is listed twice");
  return {};
}

result<> batch::check_runs() {
  std::uint64_t total = 0;
  for (const id_run& run : runs_) {
    if (run.count == 0 || run.topic >= topics_.size() || run.ms > ulid::ms_max ||
        run.stream > ulid::stream_max || run.seq > ulid::seq_max ||
        run.count - 1 > ulid::seq_max - run.seq) {
      return fail(errc::corruption, "an id run is out of range");
    }
    total += run.count;
    note_ids(ulid::make(run.ms, run.stream, run.seq),
             ulid::make(run.ms, run.stream, run.seq + run.count - 1));
  }
  if (total > std::numeric_limits<std::uint32_t>::max()) {
    return fail(errc::corruption, "more records than a batch holds");
  }
  records_ = static_cast<std::uint32_t>(total);
  std::uint32_t above = 0;
  for (const std::uint32_t n : continuations_) {
    if (n < above || n >= records_) return fail(errc::corruption, "continuations out of order");
    above = n + 1;
  }
  return {};
}

result<> batch::check_text() const {
  if (records_ > 0 && (text_.empty() || text_.back() != '\n')) {
    return fail(errc::corruption, "the text does not end with a line feed");
  }
  if (lengths_.empty()) {
    if (count_line_feeds(text_) == records_) return {};
    return fail(errc::corruption, "the text holds another number of lines than of ids");
  }
  if (lengths_.size() != records_) return fail(errc::corruption, "one length a record expected");
  std::uint64_t end = 0;
  for (const std::uint32_t size : lengths_) {
    end += size;
    if (end >= text_.size() || text_[end] != '\n') {
      return fail(errc::corruption, "a record's length does not lead to a line feed");
    }
    ++end;
  }
  if (end != text_.size()) return fail(errc::corruption, "the lengths do not cover the text");
  return {};
}

result<batch> batch::from_parts(std::string text, std::vector<id_run> runs,
                                std::vector<std::string> topics,
                                std::vector<std::uint32_t> continuations,
                                std::vector<std::uint32_t> lengths) {
  if (text.size() > std::numeric_limits<std::uint32_t>::max()) {
    return fail(errc::corruption, "more text than a batch holds");
  }
  batch b;
  b.text_ = std::move(text);
  b.runs_ = std::move(runs);
  b.topics_ = std::move(topics);
  b.continuations_ = std::move(continuations);
  b.lengths_ = std::move(lengths);
  TRY(b.check_topics());
  TRY(b.check_runs());
  TRY(b.check_text());
  return b;
}

}  // namespace oklog
