#include "store/scan_block.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace oklog {
namespace {

// Sweeps over blocks by their lowest key. Of the blocks before, the one that reaches highest is
// enough to look at: others that reach as far have met it, and are marked already.
class sweep {
 public:
  void take(scan_block& block) {
    block.alone = block.alone_in_topic = true;
    meet(highest_, block, &scan_block::alone);
    if (block.ref.topic.empty()) {
      for (auto& [topic, highest] : by_topic_) meet(highest, block, &scan_block::alone_in_topic);
    } else {
      meet(by_topic_[block.ref.topic], block, &scan_block::alone_in_topic);
    }
    meet(many_topics_, block, &scan_block::alone_in_topic);
    raise(highest_, block);
    raise(block.ref.topic.empty() ? many_topics_ : by_topic_[block.ref.topic], block);
  }

 private:
  static void meet(scan_block* before, scan_block& block, bool scan_block::*alone) {
    if (before != nullptr && block.first <= before->last) before->*alone = block.*alone = false;
  }
  static void raise(scan_block*& highest, scan_block& block) {
    if (highest == nullptr || highest->last < block.last) highest = &block;
  }

  scan_block* highest_ = nullptr;
  scan_block* many_topics_ = nullptr;
  std::unordered_map<std::string_view, scan_block*> by_topic_;
};

}  // namespace

std::vector<scan_block> order_blocks(std::vector<block_ref> refs, const scan_order& order) {
  std::vector<scan_block> blocks;
  blocks.reserve(refs.size());
  for (block_ref& ref : refs) {
    scan_block b;
    b.first = order.key(order.descending() ? ref.max : ref.min);
    b.last = order.key(order.descending() ? ref.min : ref.max);
    b.ref = std::move(ref);
    blocks.push_back(std::move(b));
  }
  std::stable_sort(blocks.begin(), blocks.end(),
                   [](const scan_block& a, const scan_block& b) { return a.first < b.first; });
  sweep marks;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    blocks[i].number = i;
    marks.take(blocks[i]);
  }
  return blocks;
}

}  // namespace oklog
