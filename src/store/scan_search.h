// The search of one block, on the pool: from its place to its matches.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "oklog/segment/block_ref.h"
#include "store/scan_run.h"

namespace oklog {

struct scan_block {
  std::size_t number = 0;  // in the scan's list
  block_ref ref;
  // No other block of the scan meets its id range, so that its records can be counted where they
  // lie.
  bool sole = false;
};

struct scan_found {
  scan_run run;  // empty where the matches were counted
  bool counted = false;
  std::uint64_t count = 0;
  std::uint64_t bytes_read = 0;
};

// Searches blocks one after the other; keeps its buffers.
class block_searcher {
 public:
  block_searcher(const query& q, const scan_run::range& wanted) : q_(q), wanted_(wanted) {}

  // Errors: io, corruption (also where the block holds ids outside what its ref says), invalid.
  result<scan_found> search(const scan_block& block);

 private:
  result<std::shared_ptr<const batch>> read_all(const block_ref& ref);
  result<std::shared_ptr<const batch>> read_hits(const block_ref& ref);
  void collect(const scan_block& block, std::shared_ptr<const batch> records, scan_found& found);

  const query& q_;
  const scan_run::range wanted_;
  std::string bytes_;
  std::string text_;
  std::vector<text_hit> hits_;
  std::uint64_t bytes_read_ = 0;
};

}  // namespace oklog
