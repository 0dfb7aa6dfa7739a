// Reads a store segment whole, a piece after the other, and says what is wrong with it: the
// whole-file hash, each block against the footer and its filter, order, digest, the footer on disk.
// Blocking; one thread at a time.
//
//   segment_check check(segment);                 // which outlives it
//   while (!check.done()) TRY(check.step(1 << 20));
//   check.damage()                                // empty where all is well
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "oklog/segment/store_segment.h"

namespace oklog {

class filter_check;

class segment_check {
 public:
  explicit segment_check(const store_segment& segment);
  ~segment_check();
  segment_check(segment_check&&) noexcept;

  bool done() const { return done_; }
  // About `bytes` more of the file, at least one block. Error: io; nothing is known then.
  result<> step(std::uint64_t bytes);
  // Of the file, so far.
  std::uint64_t bytes_read() const { return at_; }
  // A sentence for each thing that is wrong.
  const std::vector<std::string>& damage() const { return damage_; }

 private:
  result<> note(error e);
  result<> begin();
  result<> hash_up_to(std::uint64_t end);
  result<> check_block(std::size_t number);
  result<> check_footer();
  result<> finish();

  const store_segment* segment_;
  std::unique_ptr<filter_check> filters_;  // null where they cannot be relied on
  hash128_stream hash_;
  set_digest digest_;
  std::uint64_t at_ = 0;  // hashed up to here
  std::size_t next_ = 0;  // block
  bool begun_ = false;
  bool hashed_ = true;  // every byte so far could be read
  bool done_ = false;
  std::vector<std::string> damage_;
};

}  // namespace oklog
