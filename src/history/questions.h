// Those who ask, all the time and at random nodes: lines, the newest, counts, histograms, lines
// with their context, and streams. Each answer is judged.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "history/fleet.h"
#include "oklog/history/answers.h"

namespace oklog::history {

struct answer_figures {
  std::uint64_t asked = 0;
  std::uint64_t full = 0;
  std::uint64_t degraded = 0;
  std::uint64_t partial = 0;
  std::uint64_t none = 0;  // no answer, or not to its end
  std::uint64_t streams = 0;
  std::uint64_t records = 0;
  void add(const answer_figures& other);
};

class questions {
 public:
  questions(sim::world& world, fleet& nodes, const plan& p, ledger& book,
            std::function<void(std::string)> wrong);

  // Until its task is stopped.
  env::awaitable<void> ask_for_ever();
  env::awaitable<void> stream_for_ever();
  // Everything, at one node; its coverage is in `claimed`. What is missing from it, and why, is in
  // the summary.
  struct whole_answer {
    answer_claim says;
    std::string summary;
    std::vector<std::uint64_t> lines;  // by number, as they came
  };
  env::awaitable<whole_answer> ask_everything(std::size_t node);
  // Reads a stream for so long; the numbers of the lines that came.
  env::awaitable<std::vector<std::uint64_t>> read_stream(std::size_t node, duration for_so_long);

  const answer_figures& figures() const { return figures_; }

 private:
  env::awaitable<void> ask_one();
  env::awaitable<void> ask_lines(std::size_t node, question q);
  env::awaitable<void> ask_count(std::size_t node, question q);
  env::awaitable<void> ask_histogram(std::size_t node, question q);
  env::awaitable<void> ask_context(std::size_t node);
  question draw_question();
  std::optional<std::size_t> some_store();
  answer_claim claim_of(const reply& r);
  void judge(std::size_t node, const std::string& target, const reply& r, const result<>& verdict);
  env::awaitable<result<>> read_stream_into(std::size_t node, std::vector<std::uint64_t>* out);

  sim::world& world_;
  fleet& nodes_;
  const plan& plan_;
  ledger& book_;
  std::function<void(std::string)> wrong_;
  prng random_;
  answer_figures figures_;
};

}  // namespace oklog::history
