#include "cmd/oklog/archive_scan.h"

#include "oklog/env/task_group.h"
#include "oklog/store/context.h"
#include "oklog/store/scan.h"
#include "oklog/store/select.h"

namespace oklog::cmd {
namespace {

constexpr std::size_t waiting_bytes_max = 4 * 1024 * 1024;  // of matches, for their context

env::awaitable<void> run_on_pool(env::scheduler& loop, scan_work& work) {
  co_await env::offload(loop, [&work] { work.run(); });
}

env::awaitable<void> scan_some(env::scheduler& loop, scan& s) {
  std::vector<scan_work> work = s.next_work(loop.pool_threads(env::lane::prompt));
  std::vector<env::awaitable<void>> running;
  for (scan_work& w : work) running.push_back(run_on_pool(loop, w));
  co_await env::all(loop, std::move(running));
  s.absorb(std::move(work));
}

bool overlap(const block_ref& b, const query& q) {
  return b.min <= q.to && q.from <= b.max;
}

// Matches become groups with the lines around them.
class context_sender {
 public:
  context_sender(const query& q, const archive& a) : writer_(q, all_blocks(a)) {}

  // Blocking: reads neighbours from files. False where no more is wanted.
  bool send(scan& s, const std::function<bool(std::string_view)>& take) {
    bool wanted = true;
    while (wanted && s.has_output()) {
      s.take_records([&](const record_view& r) {
        writer_.add(r);
        return writer_.waiting_bytes() < waiting_bytes_max;
      });
      std::string out;
      for (bool more = true; wanted && more;) {
        more = writer_.advance(out);
        if (!out.empty()) wanted = take(out);
        out.clear();
      }
    }
    return wanted;
  }
  std::vector<std::string> take_failures() { return writer_.take_failures(); }

 private:
  static std::vector<block_ref> all_blocks(const archive& a) {
    std::vector<block_ref> all = a.blocks;
    for (const segment_ptr& s : a.segments) {
      for (std::size_t i = 0; i < s->footer.blocks.size(); ++i) all.push_back(s->block(i));
    }
    return all;
  }
  context_writer writer_;
};

bool send_plainly(scan& s, const std::function<bool(std::string_view)>& take) {
  while (s.has_output()) {
    const std::string piece = s.take_output();
    if (piece.empty()) break;
    if (!take(piece)) return false;
  }
  return true;
}

}  // namespace

env::awaitable<archive_answer> scan_archive(env::environment e, const query& q, const archive& a,
                                            std::function<bool(std::string_view)> take) {
  const boot_time begun = e.clock.boot();
  selection chosen = select_blocks(q, needed::of(*q.match), a.segments);
  for (const block_ref& b : a.blocks) {
    if (overlap(b, q)) chosen.blocks.push_back(b);
  }
  chosen.stats.plan_time = e.clock.boot() - begun;
  const bool context = q.context.wanted() && !q.count_only;
  scan_options options;
  options.clock = &e.clock;
  options.as_records = context;
  scan s(q, std::move(chosen.blocks), options);
  std::optional<context_sender> around;
  if (context) around.emplace(q, a);
  bool wanted = true;
  while (wanted && !s.done()) {
    co_await scan_some(e.loop, s);
    wanted = around ? around->send(s, take) : send_plainly(s, take);
  }
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
