// The body of an answer on its way to standard output.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "cmd/oklog/printer.h"
#include "cmd/oklog/query_request.h"

namespace oklog::cmd {

class answer_printer {
 public:
  explicit answer_printer(const query_options& o);

  // Prints only the records (as they came, without line feed) of which `wanted` says yes.
  void choose(std::function<bool(std::string_view)> wanted) { wanted_ = std::move(wanted); }

  // These return false where nobody reads our output any more.
  // The next bytes, cut anywhere.
  bool feed(std::string_view bytes);
  // One line, without its line feed.
  bool line(std::string_view text);
  // Ends the last line. More may follow all the same.
  bool finish();

  // Something was found: a record, or a count that is not 0.
  bool found() const { return found_ || records_.records() > 0; }

 private:
  void add(std::string_view text);
  bool flush(std::size_t least = 1);

  record_printer records_;
  line_cutter lines_;
  std::function<bool(std::string_view)> wanted_;
  bool json_;
  bool count_;
  bool found_ = false;
  std::string out_;
};

// Prints the whole body. Nothing where it came whole; else the exit code, all having been said.
env::awaitable<std::optional<int>> print_body(http::client_response& r, answer_printer& to);

// Asks what the flags say and prints the answer, in the order in which it comes. The exit code.
env::awaitable<int> print_all(query_session& s, answer_printer& to);

}  // namespace oklog::cmd
