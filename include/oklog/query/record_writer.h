// Records as the wire has them.
//
// text: "ULID SP line LF", with '+' for SP before a continuation where the query asked for marks,
// and '-' before a line that is only there as context.
// json: one object and LF: ulid, time, topic, line (line_base64 where the text is not UTF-8), and
// "continuation":true, "context":true where it is one.
// raw: "line LF".
#pragma once

#include <cstdint>
#include <string>

#include "oklog/query/query.h"
#include "oklog/record/record.h"

namespace oklog {

// Keeps what neighbouring records share, so that most of a ULID and of a time is copied.
class record_writer {
 public:
  record_writer(output_format format, bool mark_continuations);
  explicit record_writer(const query& q) : record_writer(q.format, q.mark_continuations) {}

  void append(std::string& out, const record_view& r) { append(out, r, false); }
  void append_context(std::string& out, const record_view& r) { append(out, r, true); }
  // "--" between groups of lines that do not follow each other; nothing in JSON.
  void append_gap(std::string& out) const;

 private:
  void append(std::string& out, const record_view& r, bool context);
  void set_id(const ulid& id);
  void append_json(std::string& out, const record_view& r, bool context);

  output_format format_;
  bool mark_continuations_;
  ulid id_;
  char id_text_[ulid::text_size];
  std::uint64_t time_ms_;
  std::string time_text_;
};

void append_record(std::string& out, const record_view& r, const query& q);

// UTC with milliseconds, over all that a ULID can hold: "2026-11-20T20:46:46.050Z".
std::string format_ulid_time(const ulid& id);

}  // namespace oklog
