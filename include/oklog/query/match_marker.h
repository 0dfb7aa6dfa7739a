// Where in a line the patterns stand, for the colours of a terminal. What matches is the matcher's
// word; this only shows it. Immutable and thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "oklog/query/matcher.h"
#include "oklog/query/terminal.h"

namespace oklog {

class match_marker {
 public:
  // Errors: as matcher::make's.
  static result<match_marker> make(const std::vector<std::string>& patterns,
                                   const match_options& options);
  ~match_marker();
  match_marker(match_marker&&) noexcept;
  match_marker& operator=(match_marker&&) noexcept;

  // Appends what the patterns match in the line: ascending, apart, none empty. Where several begin
  // at one place the longest counts. `options.invert` changes nothing.
  void find(std::string_view line, std::vector<text_span>& out) const;

 private:
  struct patterns;
  match_marker();
  std::unique_ptr<patterns> patterns_;
};

}  // namespace oklog
