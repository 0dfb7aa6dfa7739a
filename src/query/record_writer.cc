#include "oklog/query/record_writer.h"

#include <cstdio>

#include "oklog/query/json_line.h"

namespace oklog {
namespace {

constexpr std::uint64_t no_time = ~0ULL;

}  // namespace

record_writer::record_writer(output_format format, bool mark_continuations)
    : format_(format), mark_continuations_(mark_continuations), time_ms_(no_time) {
  format_ulid(id_, id_text_);
}

void record_writer::set_id(const ulid& id) {
  constexpr std::size_t low_characters = 4;  // 20 bits: a sequence goes up by one
  const bool near = id.hi == id_.hi && (id.lo >> 20) == (id_.lo >> 20);
  id_ = id;
  if (!near) {
    format_ulid(id, id_text_);
    return;
  }
  std::uint64_t low = id.lo;
  for (std::size_t i = 1; i <= low_characters; ++i, low >>= 5) {
    id_text_[ulid::text_size - i] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[low & 31];
  }
}

void record_writer::append(std::string& out, const record_view& r, bool context) {
  if (format_ != output_format::raw) {
    set_id(r.id);
    if (format_ == output_format::json) return append_json(out, r, context);
    out.append(id_text_, ulid::text_size);
    const char mark = r.continuation && mark_continuations_ ? '+' : ' ';
    out += context ? '-' : mark;
  }
  out.append(r.text);
  out += '\n';
}

void record_writer::append_gap(std::string& out) const {
  if (format_ != output_format::json) out += "--\n";
}

void record_writer::append_json(std::string& out, const record_view& r, bool context) {
  if (r.id.ms() != time_ms_) {
    time_ms_ = r.id.ms();
    time_text_ = format_ulid_time(r.id);
  }
  out.append("{\"ulid\":\"").append(id_text_, ulid::text_size);
  out.append("\",\"time\":\"").append(time_text_);
  out.append("\",\"topic\":");
  append_json_text(out, r.topic);
  out += ',';
  append_json_line(out, r.text);
  if (r.continuation) out.append(",\"continuation\":true");
  if (context) out.append(",\"context\":true");
  out.append("}\n");
}

void append_record(std::string& out, const record_view& r, const query& q) {
  record_writer(q).append(out, r);
}

std::string format_ulid_time(const ulid& id) {
  using namespace std::chrono;
  const sys_time<milliseconds> t{milliseconds(static_cast<std::int64_t>(id.ms()))};
  const auto day = floor<days>(t);
  const year_month_day date(day);
  const hh_mm_ss<milliseconds> clock(t - day);
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", int(date.year()),
                unsigned(date.month()), unsigned(date.day()), int(clock.hours().count()),
                int(clock.minutes().count()), int(clock.seconds().count()),
                int(clock.subseconds().count()));
  return buffer;
}

}  // namespace oklog
