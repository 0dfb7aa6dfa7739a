// What was sent in a history, what was promised of it, and what has been seen of it since: what the
// judges compare answers and disks with. A line goes by its number, which begins its text. It may
// be sent several times; each time that arrives it becomes a record with an id of its own. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oklog/base/result.h"
#include "oklog/base/time.h"
#include "oklog/base/ulid.h"

namespace oklog::history {

// What a sender was told by the close of its connection.
enum class promise { none, in_page_cache, on_disk };

struct sent_line {
  std::string text;  // of the record
  std::string topic;
  std::uint64_t batch = 0;
  unsigned times_sent = 0;
  std::size_t ingester = 0;        // the last one that it was sent to
  std::int64_t not_before_ms = 0;  // the least time that its records may bear
  promise kept = promise::none;    // at that one
  duration kept_since{};           // when the sender saw the close
  bool lost = false;               // the only disk that had it is gone, as the judge knows
  bool released = false;           // nobody owes it any more
  // Records of it that were seen, and since when an ingester has let go of them: from then on the
  // stores have promised to keep them.
  struct record {
    ulid id;
    std::optional<duration> committed;
  };
  std::vector<record> records;
};

class ledger {
 public:
  // A new line of that batch; its number.
  std::uint64_t add(std::uint64_t batch, const std::string& topic, std::string_view words);
  void sent(std::uint64_t number, std::size_t ingester, std::int64_t not_before_ms);
  void kept(std::uint64_t number, promise how, duration now);
  // Error: corruption, where the line has more records than it was sent times.
  result<> seen(std::uint64_t number, const ulid& id);
  result<> committed(std::uint64_t number, const ulid& id, duration now);
  // Nobody has it any more, and nobody is to blame.
  void release(std::uint64_t number);
  // The same, but the cluster has to say in its answers that an ingester is missing, until an
  // operator has said that it is not coming back.
  void lose(std::uint64_t number) { lines_[number].lost = true; }
  void release_lost();

  std::size_t size() const { return lines_.size(); }
  const sent_line& operator[](std::uint64_t number) const { return lines_[number]; }
  std::uint64_t times_sent() const { return times_sent_; }
  std::uint64_t kept_lines() const { return kept_lines_; }
  std::uint64_t released_lines() const { return released_; }

  // The line that a record's text is. Error: corruption, where nobody ever sent it.
  result<std::uint64_t> identify(std::string_view text) const;
  // Whether what was promised by `when` says that some record of the line is to be found.
  bool owed(std::uint64_t number, duration when) const;

 private:
  std::vector<sent_line> lines_;
  std::uint64_t times_sent_ = 0;
  std::uint64_t kept_lines_ = 0;
  std::uint64_t released_ = 0;
};

}  // namespace oklog::history
