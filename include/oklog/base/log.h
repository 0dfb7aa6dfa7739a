// The node's own log: logfmt lines, "ts=... level=info msg=... key=value".
//
// A logger is handed down, never global: one process may hold many nodes. Values are quoted where
// they need it, so that no line that we received can forge one of ours.
#pragma once

#include <concepts>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace oklog {

enum class log_level { debug, info, warn, error };

struct log_field {
  std::string_view key;
  std::string value;

  log_field(std::string_view k, std::string_view v) : key(k), value(v) {}
  log_field(std::string_view k, const std::string& v) : key(k), value(v) {}
  log_field(std::string_view k, const char* v) : key(k), value(v) {}
  log_field(std::string_view k, bool v) : key(k), value(v ? "true" : "false") {}
  template <std::integral Int>
  log_field(std::string_view k, Int v) : key(k), value(std::to_string(v)) {}
};

class logger {
 public:
  virtual ~logger() = default;
  void debug(std::string_view msg, std::initializer_list<log_field> fields = {});
  void info(std::string_view msg, std::initializer_list<log_field> fields = {});
  void warn(std::string_view msg, std::initializer_list<log_field> fields = {});
  void error(std::string_view msg, std::initializer_list<log_field> fields = {});

 protected:
  virtual bool wants(log_level level) const = 0;
  // `line` is everything after the level, without a line feed.
  virtual void write(log_level level, std::string_view line) = 0;

 private:
  void log(log_level level, std::string_view msg, std::initializer_list<log_field> fields);
};

// Appends key=value, quoted and escaped where logfmt needs it.
void append_logfmt(std::string& out, std::string_view key, std::string_view value);

// Through spdlog to stderr. Thread-safe.
std::unique_ptr<logger> make_stderr_logger(log_level lowest);
// Drops everything.
std::unique_ptr<logger> make_null_logger();

}  // namespace oklog
