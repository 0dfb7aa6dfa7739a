#include "cmd/oklog/printer.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "oklog/query/terminal.h"
#include "oklog/record/topic.h"

namespace oklog::cmd {

void record_printer::feed(std::string_view bytes, std::string& out) {
  while (!bytes.empty()) {
    const std::size_t lf = bytes.find('\n');
    if (lf == std::string_view::npos) {
      carry_.append(bytes);
      return;
    }
    if (carry_.empty()) {
      print(bytes.substr(0, lf), out);
    } else {
      carry_.append(bytes.substr(0, lf));
      print(carry_, out);
      carry_.clear();
    }
    bytes.remove_prefix(lf + 1);
  }
}

// Only the very next record of the same stream goes on a line: where the middle of a split line did
// not match, its end stands alone.
bool record_printer::goes_on(std::string_view record, const ulid& id) const {
  return line_open_ && record[ulid::text_size] == '+' && id.stream() == last_.stream() &&
         id.seq() == last_.seq() + 1;
}

void record_printer::print(std::string_view record, std::string& out) {
  ++records_;
  if (record.size() <= ulid::text_size) return;
  const std::string_view id_text = record.substr(0, ulid::text_size);
  const std::string_view line = record.substr(ulid::text_size + 1);
  // The ULID is only needed for its time, and where a line may go on: no record shorter than this
  // is the first of a split line, whose limit is at least 1 KiB and whose topic has left it.
  constexpr std::size_t split_bytes_least = 1024 - topic_bytes_max - 1;
  ulid id;
  const bool continuation = record[ulid::text_size] == '+';
  if (continuation || prefix_ == line_prefix::time || line.size() >= split_bytes_least) {
    if (const auto parsed = parse_ulid(id_text)) id = *parsed;
  }
  if (!goes_on(record, id)) {
    if (line_open_) out += '\n';
    print_prefix(id_text, id, out);
  }
  if (terminal_) {
    append_printable(out, line);
  } else {
    out += line;
  }
  line_open_ = true;
  last_ = id;
}

void record_printer::print_prefix(std::string_view ulid_text, const ulid& id, std::string& out) {
  if (prefix_ == line_prefix::none) return;
  if (prefix_ == line_prefix::ulid) {
    out += ulid_text;
  } else {
    if (time_second_ != id.ms() / 1000) {
      time_second_ = id.ms() / 1000;
      time_text_ = format_local(id.ms());
    }
    out += time_text_;
  }
  out += ' ';
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
