// Turns the records of an answer ("ULID SP line LF", '+' for SP where a record goes on the line
// before) into what a person or a pipe gets: the line alone, or with its ULID or time in front.
// The pieces of a line that was split by the ingester are put together again.
// In a pipe every byte of a line comes out as it is; on a terminal it is made safe to show.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "oklog/base/ulid.h"

namespace oklog::cmd {

enum class line_prefix { none, ulid, time };

class record_printer {
 public:
  record_printer(line_prefix prefix, bool terminal) : prefix_(prefix), terminal_(terminal) {}

  // Takes the next bytes of the answer, cut anywhere; appends what they give to `out`.
  void feed(std::string_view bytes, std::string& out);
  // The answer is complete: ends the last line.
  void finish(std::string& out);
  std::uint64_t records() const { return records_; }

 private:
  void print(std::string_view record, std::string& out);
  bool goes_on(std::string_view record, const ulid& id) const;
  void print_prefix(std::string_view ulid_text, const ulid& id, std::string& out);

  line_prefix prefix_;
  bool terminal_;
  bool line_open_ = false;  // its line feed waits for the next record, which may go on
  ulid last_;
  std::string carry_;  // a record that is not complete yet
  std::string time_text_;
  std::uint64_t time_second_ = ~0ULL;
  std::uint64_t records_ = 0;
};

// "2026-11-20T21:46:46+01:00": the second in this machine's zone.
std::string format_local(std::uint64_t unix_ms);

// Writes all of it to standard output. False where nobody reads any more.
bool write_out(std::string_view bytes);

}  // namespace oklog::cmd
