// Judges answers of a cluster against the ledger. An error is a violation, with a sentence that
// says of what (rule R10). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oklog/history/ledger.h"

namespace oklog::history {

// What was asked.
struct question {
  ulid from = ulid_min;
  ulid to = ulid_max;
  bool descending = false;
  std::uint64_t limit = ~0ULL;
  std::string topic;   // empty: any
  std::string needle;  // empty: everything
  bool wants(const sent_line& line) const;
};

// What the answer says of itself.
enum class claim { nothing, partial, complete };  // complete: full or degraded
struct answer_claim {
  history::claim coverage = claim::nothing;
  std::int64_t since_ms = 0;  // complete from here on
};

struct answer_line {
  ulid id;
  std::string_view text;
  bool context = false;
};
// The lines of an answer in text form; they borrow from `body`.
result<std::vector<answer_line>> read_lines(std::string_view body);

// Whatever it covers: sorted, each record once, none that was never sent. What it shows is entered
// in the ledger.
result<> check_sound(const question& q, const std::vector<answer_line>& lines, ledger& book);
// Where it claims to be complete: everything is there that was promised when it was asked.
result<> check_complete(const question& q, const answer_claim& says, duration asked,
                        const std::vector<answer_line>& lines, const ledger& book);
// Of a number of matches.
result<> check_count(const question& q, const answer_claim& says, duration asked,
                     std::uint64_t count, const ledger& book);
// Of one line with its neighbours before and after: those that its sender sent.
result<> check_context(const answer_claim& says, duration asked, std::uint64_t number,
                       const std::vector<answer_line>& lines, const ledger& book);

}  // namespace oklog::history
