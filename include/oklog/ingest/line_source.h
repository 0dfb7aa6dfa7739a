// One connection of plain lines: cuts them, gives each its ULID, and puts them into the receiver.
//
// Loop thread only; pure memory; at most twice the line limit of it, next to nothing while idle. It
// never blocks and never fails: bytes are lines, whatever they are. Acknowledged sessions
// ("OKLOG/2 ...") will stand beside it as ingest/session, on the same receiver; until then a
// connection that begins so is reported, so that the node can refuse it.
//
// ULIDs: the caller's clock, clamped so that it never goes back within a stream; a clock that goes
// back by more than a second begins a new stream (rule K5).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "oklog/ingest/receiver.h"

namespace oklog::ingest {

inline constexpr std::string_view session_greeting = "OKLOG/2 ";

class line_source {
 public:
  // `stream`: 40 random bits, fresh for each connection. The receiver must outlive it.
  line_source(receiver& into, modality how, std::uint64_t stream);

  enum class verdict {
    lines,
    session,  // the connection begins with "OKLOG/2 ": nothing was or will be stored
  };
  // Takes all of `bytes`. Fast: cost is a copy and a count of line feeds where the topic is fixed.
  verdict feed(std::string_view bytes, wall_time now, boot_time boot);
  // The connection has ended: a last line without a line feed is stored.
  void finish(wall_time now, boot_time boot);

  // The serial of the batch that holds its last stored line; 0 before the first.
  std::uint64_t last_serial() const { return last_serial_; }
  std::size_t held_bytes() const { return splitter_.held_bytes(); }

 private:
  enum class greeting { undecided, none, session };
  void decide_greeting(std::string_view bytes);
  void take(const line_piece& piece, boot_time boot);
  void take_lines(std::string_view lines, boot_time boot);
  void take_topic_lines(std::string_view lines, boot_time boot);
  void take_record(std::string_view text, bool continuation, boot_time boot);
  void tick(wall_time now);
  ulid next_ids(std::uint32_t count);
  void change_stream();

  receiver* into_;
  modality how_;
  bool dynamic_;
  greeting greeting_ = greeting::undecided;
  line_splitter splitter_;
  std::string topic_;  // of the line that is being split, in dynamic mode
  bool splitting_ = false;
  std::uint64_t stream_;
  std::uint64_t ms_ = 0;
  std::uint64_t seq_ = 1;
  std::uint64_t last_serial_ = 0;
};

}  // namespace oklog::ingest
