#include "oklog/base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace oklog {
namespace {

bool needs_quotes(std::string_view value) {
  if (value.empty()) return true;
  for (const char c : value) {
    const auto u = static_cast<unsigned char>(c);
    if (u <= 0x20 || u == 0x7f || c == '"' || c == '=' || c == '\\') return true;
  }
  return false;
}

void append_escaped(std::string& out, char c) {
  static constexpr char digits[] = "0123456789abcdef";
  const auto u = static_cast<unsigned char>(c);
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (u < 0x20 || u == 0x7f) {
    out += "\\x";
    out += digits[u >> 4];
    out += digits[u & 15];
  } else {
    out += c;
  }
}

spdlog::level::level_enum spdlog_level(log_level level) {
  switch (level) {
    case log_level::debug:
      return spdlog::level::debug;
    case log_level::info:
      return spdlog::level::info;
    case log_level::warn:
      return spdlog::level::warn;
    case log_level::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

class stderr_logger final : public logger {
 public:
  explicit stderr_logger(log_level lowest)
      : lowest_(lowest), spdlog_("oklog", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    spdlog_.set_level(spdlog_level(lowest));
    spdlog_.set_pattern("ts=%Y-%m-%dT%H:%M:%S.%fZ level=%l %v", spdlog::pattern_time_type::utc);
  }

 private:
  bool wants(log_level level) const override { return level >= lowest_; }
  void write(log_level level, std::string_view line) override {
    spdlog_.log(spdlog_level(level), spdlog::string_view_t(line.data(), line.size()));
    spdlog_.flush();
  }

  log_level lowest_;
  spdlog::logger spdlog_;
};

class null_logger final : public logger {
  bool wants(log_level) const override { return false; }
  void write(log_level, std::string_view) override {}
};

}  // namespace

void append_logfmt(std::string& out, std::string_view key, std::string_view value) {
  if (!out.empty()) out += ' ';
  out += key;
  out += '=';
  if (!needs_quotes(value)) {
    out += value;
    return;
  }
  out += '"';
  for (const char c : value) append_escaped(out, c);
  out += '"';
}

void logger::log(log_level level, std::string_view msg, std::initializer_list<log_field> fields) {
  if (!wants(level)) return;
  std::string line;
  append_logfmt(line, "msg", msg);
  for (const log_field& f : fields) append_logfmt(line, f.key, f.value);
  write(level, line);
}

void logger::debug(std::string_view msg, std::initializer_list<log_field> fields) {
  log(log_level::debug, msg, fields);
}
void logger::info(std::string_view msg, std::initializer_list<log_field> fields) {
  log(log_level::info, msg, fields);
}
void logger::warn(std::string_view msg, std::initializer_list<log_field> fields) {
  log(log_level::warn, msg, fields);
}
void logger::error(std::string_view msg, std::initializer_list<log_field> fields) {
  log(log_level::error, msg, fields);
}

std::unique_ptr<logger> make_stderr_logger(log_level lowest) {
  return std::make_unique<stderr_logger>(lowest);
}
std::unique_ptr<logger> make_null_logger() {
  return std::make_unique<null_logger>();
}

}  // namespace oklog
