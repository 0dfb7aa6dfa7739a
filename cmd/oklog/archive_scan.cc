#include "cmd/oklog/archive_scan.h"

#include "oklog/node/scan_driver.h"
#include "oklog/store/context.h"
#include "oklog/store/scan.h"
#include "oklog/store/select.h"
#include "oklog/store/store_log.h"

namespace oklog::cmd {
namespace {

using taker = std::function<bool(std::string_view)>;

// Adds the unconsumed blocks that meet the range.
void add_unconsumed(const archive& a, const ulid& from, const ulid& to,
                    std::vector<block_ref>& out) {
  for (const block_ref& b : a.blocks) {
    if (b.min <= to && from <= b.max) out.push_back(b);
  }
}

std::vector<block_ref> blocks_around(const archive& a, const query& q) {
  const auto [from, to] = context_range(q);
  std::vector<block_ref> all = store_snapshot{a.segments}.blocks(from, to);
  add_unconsumed(a, from, to, all);
  return all;
}

// What the scan has ready. Blocking. False where no more is wanted.
bool send_plainly(scan& s, const taker& take) {
  while (s.has_output()) {
    if (!take(s.take_output())) return false;
  }
  return true;
}

// The same as groups with the lines around them; reads neighbours from files.
bool send_with_context(scan& s, context_writer& around, const taker& take) {
  for (bool more = true; more || s.has_output();) {
    std::string out;
    more = around.take_from(s, out);
    if (!out.empty() && !take(out)) return false;
  }
  return true;
}

}  // namespace

env::awaitable<archive_answer> scan_archive(env::environment e, const query& q, const archive& a,
                                            std::function<bool(std::string_view)> take) {
  const boot_time begun = e.clock.boot();
  selection chosen = select_blocks(q, needed::of(*q.match), a.segments);
  add_unconsumed(a, q.from, q.to, chosen.blocks);
  chosen.stats.plan_time = e.clock.boot() - begun;
  const bool context = q.context.wanted() && !q.count_only;
  scan_options options;
  options.clock = &e.clock;
  options.as_records = context;
  scan s(q, std::move(chosen.blocks), options);
  std::optional<context_writer> around;
  if (context) around.emplace(q, blocks_around(a, q));
  node::scan_driver driver(e.loop, s, env::lane::prompt);  // in this process nobody else waits
  bool wanted = true;
  while (wanted && !s.done()) {
    co_await driver.advance();
    wanted = around ? send_with_context(s, *around, take) : send_plainly(s, take);
  }
  if (!wanted) s.stop();
  co_await driver.finish();
  archive_answer answer{s.stats(), a.covered};
  answer.stats.add(chosen.stats);
  answer.stats.nodes_queried = 1;
  answer.covered.add(s.covered());
  if (around) {
    for (std::string& why : around->take_failures()) answer.covered.add_missing(std::move(why));
  }
  co_return answer;
}

}  // namespace oklog::cmd
