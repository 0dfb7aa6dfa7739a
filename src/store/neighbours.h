// Finds the record before or behind an id among blocks: of one topic and stream, or of all. Reads
// columns first, and a block's text only for a record that is shown. Blocking; one thread.
#pragma once

#include <list>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "oklog/query/query.h"
#include "oklog/segment/block_ref.h"
#include "oklog/store/neighbour_finder.h"

namespace oklog {

class neighbours final : public neighbour_finder {
 public:
  // `q` outlives it. At most `reaches` times context_reach away.
  neighbours(const query& q, std::vector<block_ref> blocks, std::uint64_t reaches = 1);

  // Of the context_blocks_max nearest blocks. One that cannot be read is passed over and noted;
  // record_place::block is an index into the blocks given.
  std::optional<record_place> next(const neighbourhood& of, const ulid& id) override;
  std::optional<record_place> previous(const neighbourhood& of, const ulid& id) override;
  std::optional<record_view> view(const neighbourhood& of, const record_place& at) override;
  std::vector<std::string> take_failures() override { return std::exchange(failures_, {}); }

 private:
  // Blocks in an order in which the nearest come first, once the first that reaches is found.
  struct row {
    std::vector<std::size_t> by_min;
    std::vector<ulid> highest;  // of by_min[0..i]: ascends
    std::vector<std::size_t> by_max;
    std::vector<ulid> lowest;  // of by_max[i..]: ascends
  };
  struct open_block {
    block_columns columns;
    std::string text;                   // empty: not decoded
    std::vector<std::uint32_t> begins;  // of its records
  };
  void add_row(const std::string& topic, std::vector<std::size_t> blocks);
  const row& row_of(const neighbourhood& of) const;
  open_block* open(std::size_t block);
  result<> load_columns(const block_ref& ref, open_block& b);
  result<> load_text(const block_ref& ref, open_block& b);
  bool may_hold(const neighbourhood& of, std::size_t block) const;
  void note_failure(std::size_t block, const error& why);
  template <class Better>
  void look_into(const neighbourhood& of, std::size_t block, Better&& better);

  const query& q_;
  const std::uint64_t reach_ms_;
  std::vector<block_ref> blocks_;
  std::map<std::string, row, std::less<>> rows_;
  std::unordered_map<std::size_t, std::list<std::pair<std::size_t, open_block>>::iterator> where_;
  std::list<std::pair<std::size_t, open_block>> open_;  // the last used one first
  std::size_t text_bytes_ = 0;
  std::vector<bool> failed_;
  std::vector<std::string> failures_;
  std::string buffer_;
};

}  // namespace oklog
