// What a forwarder has read and not yet given to an ingester: bytes in, whole lines out, and
// nothing forgotten when a connection dies in the middle of one.
//
// Lines pass through untouched: a line feed ends one, every other byte is content. Only prefixes
// look at them. After a connection is lost the line in hand is sent again from its beginning, since
// the next ingester never saw its first half. The start of a line is kept for that up to
// line_kept_bytes_max; of a longer line only what was not sent yet goes on, as a line of its own.
//
// (Acknowledged sessions will keep whole unacknowledged blocks here instead, and a spool on disk
// behind them; files being tailed will be another source of add().)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace oklog {

class outbox {
 public:
  static constexpr std::size_t line_kept_bytes_max = 16 * 1024 * 1024;

  // `prefix` is put in front of each line, already with its space; may be empty.
  explicit outbox(std::string prefix);

  void add(std::string_view bytes);
  // The input has ended: a last line without a line feed gets one.
  void finish();

  // The next bytes to send, at most `limit`; empty when there is nothing. A line that is still
  // growing is held back until it has `hold_bytes`, so that a connection is not left in mid-line.
  std::string_view next(std::size_t limit) const;
  // REQUIRES: n <= what next() returned.
  void sent(std::size_t n);
  // The connection is gone: begin again at the start of the line in hand.
  void reconnect();

  std::size_t unsent_bytes() const { return buffer_.size() - sent_; }
  std::uint64_t lines_sent() const { return lines_sent_; }
  std::uint64_t broken_lines() const { return broken_lines_; }

 private:
  static constexpr std::size_t hold_bytes = 1024 * 1024;
  void compact();

  std::string prefix_;
  std::string buffer_;         // from the start of the line in hand on
  std::size_t sent_ = 0;       // bytes of buffer_ that the kernel took
  std::size_t whole_ = 0;      // end of the last whole line in buffer_
  bool at_line_start_ = true;  // of what add() receives
  bool finished_ = false;
  bool start_dropped_ = false;  // the line in hand is longer than we keep
  std::uint64_t lines_sent_ = 0;
  std::uint64_t broken_lines_ = 0;
};

}  // namespace oklog
