// The last lines of an answer, which come newest first, to be printed oldest first. Keeps them up
// to a limit; beyond it only where they begin and end, so that they can be asked for once more.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "oklog/base/ulid.h"

namespace oklog::cmd {

inline constexpr std::size_t last_lines_bytes_max = 64 * 1024 * 1024;

class last_lines {
 public:
  // With `keep` false it keeps no text from the beginning.
  explicit last_lines(bool keep, std::size_t bytes_max = last_lines_bytes_max)
      : kept_(keep), bytes_max_(bytes_max) {}

  // A record of an answer, without its line feed.
  void add(std::string_view record);

  bool empty() const { return count_ == 0; }
  // All texts are here.
  bool kept() const { return kept_; }
  // The lowest and the highest ULID; meaningless where empty.
  const ulid& lowest() const { return lowest_; }
  const ulid& highest() const { return highest_; }

  // fn(line), the last that was added first, until it returns false. REQUIRES: kept().
  template <class Fn>
  bool for_each_reversed(Fn&& fn) const {
    std::size_t end = text_.size();
    for (auto at = begins_.rbegin(); at != begins_.rend(); ++at) {
      if (!fn(std::string_view(text_).substr(*at, end - *at))) return false;
      end = *at;
    }
    return true;
  }

 private:
  bool kept_;
  std::size_t bytes_max_;
  std::size_t count_ = 0;
  ulid lowest_ = ulid_max;
  ulid highest_ = ulid_min;
  std::string text_;
  std::vector<std::size_t> begins_;
};

}  // namespace oklog::cmd
