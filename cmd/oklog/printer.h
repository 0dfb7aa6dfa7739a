// Turns the records of an answer ("ULID SP line LF", '+' for SP where a record goes on the line
// before, '-' where it is there as context; "--" between groups) into what a person or a pipe gets:
// the line alone, or with its ULID or time in front. The pieces of a line that was split by the
// ingester are put together again.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cmd/oklog/painter.h"
#include "cmd/oklog/wire_lines.h"
#include "oklog/base/ulid.h"

namespace oklog::cmd {

enum class line_prefix { none, ulid, time };

class record_printer {
 public:
  record_printer(line_prefix prefix, painter look) : prefix_(prefix), look_(std::move(look)) {}

  // Takes the next bytes of the answer, cut anywhere; appends what they give to `out`.
  void feed(std::string_view bytes, std::string& out) {
    lines_.feed(bytes, [&](std::string_view line) { print(line, out); });
  }
  // One line of the answer, without its line feed.
  void print(std::string_view line, std::string& out);
  // The answer is complete: ends the last line.
  void finish(std::string& out);
  // Without context.
  std::uint64_t records() const { return records_; }

 private:
  bool goes_on(std::string_view record, const ulid& id) const;
  void print_prefix(std::string_view ulid_text, const ulid& id, bool context, std::string& out);

  line_prefix prefix_;
  painter look_;
  line_cutter lines_;
  bool line_open_ = false;  // its line feed waits for the next record, which may go on
  ulid last_;
  std::string time_text_;
  std::uint64_t time_second_ = ~0ULL;
  std::uint64_t records_ = 0;
};

// "2026-11-20T21:46:46+01:00": the second in this machine's zone.
std::string format_local(std::uint64_t unix_ms);

// Writes all of it to standard output. False where nobody reads any more.
bool write_out(std::string_view bytes);
inline constexpr std::size_t write_bytes = 256 * 1024;  // that are gathered for one

}  // namespace oklog::cmd
