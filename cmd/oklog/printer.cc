#include "cmd/oklog/printer.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "oklog/record/topic.h"

namespace oklog::cmd {

// Only the very next record of the same stream goes on a line: where the middle of a split line did
// not match, its end stands alone.
bool record_printer::goes_on(std::string_view record, const ulid& id) const {
  return line_open_ && record[ulid::text_size] == '+' && id.stream() == last_.stream() &&
         id.seq() == last_.seq() + 1;
}

void record_printer::print(std::string_view record, std::string& out) {
  if (record == "--") {
    finish(out);
    look_.gap(out);
    return;
  }
  if (record.size() <= ulid::text_size) return;
  const std::string_view id_text = record.substr(0, ulid::text_size);
  const char mark = record[ulid::text_size];
  const bool context = mark == '-';
  const std::string_view line = record.substr(ulid::text_size + 1);
  if (!context) ++records_;
  // The ULID is only needed for its time, and where a line may go on: no record shorter than this
  // is the first of a split line, whose limit is at least 1 KiB and whose topic has left it.
  constexpr std::size_t split_bytes_least = 1024 - topic_bytes_max - 1;
  ulid id;
  if (mark == '+' || prefix_ == line_prefix::time || line.size() >= split_bytes_least) {
    if (const auto parsed = parse_ulid(id_text)) id = *parsed;
  }
  if (!goes_on(record, id)) {
    if (line_open_) out += '\n';
    print_prefix(id_text, id, context, out);
  }
  look_.line(out, line, context);
  line_open_ = true;
  last_ = id;
}

void record_printer::print_prefix(std::string_view ulid_text, const ulid& id, bool context,
                                  std::string& out) {
  if (prefix_ == line_prefix::none) return;
  if (prefix_ == line_prefix::ulid) {
    look_.part(out, ulid_text, line_part::id);
  } else {
    if (time_second_ != id.ms() / 1000) {
      time_second_ = id.ms() / 1000;
      time_text_ = format_local(id.ms());
    }
    look_.part(out, time_text_, line_part::id);
  }
  look_.separator(out, context ? '-' : ' ');
}

void record_printer::finish(std::string& out) {
  if (line_open_) out += '\n';
  line_open_ = false;
}

std::string format_local(std::uint64_t unix_ms) {
  const auto seconds = static_cast<std::time_t>(unix_ms / 1000);
  std::tm parts{};
  localtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S%z", &parts);
  std::string s = text.data();
  if (s.ends_with("+0000")) return s.substr(0, s.size() - 5) + "Z";
  s.insert(s.size() - 2, ":");
  return s;
}

bool write_out(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace oklog::cmd
