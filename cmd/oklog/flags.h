// The flags of one subcommand, in the manner of OK Log: "-from 5m", "-from=5m", "--from 5m" and
// "-ingest.fast=x" all work, "-q=" is empty, "-q -x" takes "-x". One-letter flags may stand
// together, and a number behind one that takes it, as in "-iC3": one dash and a flag's whole name
// is that flag, whatever its letters. An environment variable OKLOG_NAME (dots and dashes become
// "_") gives a value where the flag does not; OKLOG_MODE_NAME where the flag means another thing in
// another mode. CLI11 does the work; this says how it looks.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "oklog/base/time.h"

namespace oklog::cmd {

inline constexpr int exit_done = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_usage = 2;
inline constexpr int exit_error = 2;    // of query
inline constexpr int exit_partial = 3;  // of query

// "oklog <verb>: <why>" on stderr. Returns `code`.
int say(const char* verb, const std::string& why, int code);

class flags {
 public:
  // `arguments` is what usage shows behind the subcommand, such as "[flags] <ingester>...".
  flags(std::string verb, std::string summary, std::string arguments = "[flags]");

  void add(const std::string& name, std::string& value, const std::string& help);
  void add(const std::string& name, bool& value, const std::string& help);
  void add(const std::string& name, duration& value, const std::string& help);
  void add(const std::string& name, std::uint64_t& value, const std::string& help);
  // Nothing where it is not given.
  void add(const std::string& name, std::optional<std::uint64_t>& value, const std::string& help);
  // Repeatable.
  void add(const std::string& name, std::vector<std::string>& values, const std::string& help);
  void add_positional(const std::string& name, std::vector<std::string>& values,
                      const std::string& help);

  // Nothing where the flags are read; else the exit code, everything having been said.
  std::optional<int> parse(const std::vector<std::string>& args);
  // "USAGE ... FLAGS ...".
  std::string usage() const;
  // Says what is wrong with the value of -name; returns exit_usage.
  int wrong(const std::string& name, const std::string& why) const;
  // True where the flag or its environment variable was given.
  bool given(const std::string& name) const;

 private:
  struct line {
    std::string name;
    std::string preset;
    std::string help;
    bool takes_value;
    bool number = false;
  };
  // Of an argument "-iC3": its flags, each with its value; the last may still want one.
  using bundle = std::vector<std::pair<std::string, std::optional<std::string>>>;
  void add_parsed(const std::string& name, const std::string& preset, const std::string& help,
                  std::function<result<>(const std::string&)> read, bool takes_value = true);
  CLI::Option* declare(const std::string& name, const std::string& preset, const std::string& help,
                       CLI::Option* option, bool takes_value = true);
  const line* find(std::string_view name) const;
  std::optional<bundle> read_argument(const std::string& arg) const;
  std::optional<bundle> read_letters(std::string_view letters) const;
  std::string nearest(std::string_view name) const;
  result<std::vector<std::string>> normalise(const std::vector<std::string>& args) const;

  CLI::App app_;
  std::string verb_;
  std::string summary_;
  std::string arguments_;
  std::vector<line> lines_;
  bool positional_ = false;
};

}  // namespace oklog::cmd
