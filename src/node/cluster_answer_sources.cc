// cluster_answer: one source, from the question to the end of its answer.
#include <algorithm>

#include "node/cluster_answer.h"

namespace oklog::node {
namespace {

constexpr std::size_t share_least = 64 * 1024;
constexpr std::size_t share_most = 1024 * 1024;

// What it says of its own part goes to the roll.
void say(roll_call& roll, const answer_source& s, const coverage& c) {
  if (s.half == api::half::ingest) {
    roll.ingester_said(format(s.member), c);
  } else {
    roll.store_said(format(s.member), c);
  }
}

}  // namespace

class cluster_answer::own_sink final : public batch_sink {
 public:
  own_sink(cluster_answer& to, answer_source& s) : to_(to), s_(s) {}
  env::awaitable<result<>> put(batch records) override {
    CO_TRY(co_await to_.until_room(s_));
    s_.bytes += records.bytes();
    s_.blocks.emplace_back(std::move(records));
    to_.note_news();
    co_return result<>{};
  }
  env::awaitable<result<>> unread(api::unread_part part) override {
    s_.unread.push_back(std::move(part));
    to_.note_news();
    co_return result<>{};
  }
  void note_progress() override {}

 private:
  cluster_answer& to_;
  answer_source& s_;
};

void cluster_answer::note_news() {
  fresh_ = true;
  news_.notify();
}

void cluster_answer::start(source_ptr s) {
  sources_.push_back(s);
  if (merge_) (void)merge_->add_source(s->start);
  answer_source& here = *s;
  here.reading.spawn(run(std::move(s)));
}

env::awaitable<void> cluster_answer::run(source_ptr s) {
  auto reading = s->own ? read_own(*s) : read_remote(*s);
  const result<> read = co_await std::move(reading);
  s->owes = false;
  if (read) {
    say(roll_, *s, s->summary.covered);
    s->ended = true;
  } else if (!s->lost) {
    s->lost = read.error();
  }
  note_news();
}

env::awaitable<result<>> cluster_answer::read_own(answer_source& s) {
  s.begun = true;
  note_news();
  own_sink to(*this, s);
  CO_TRY_LET(s.summary, co_await s.own->give(s.ask, to));
  co_return result<>{};
}

env::awaitable<result<>> cluster_answer::read_remote(answer_source& s) {
  std::optional<api::part_answer> answer;
  s.owes = true;
  auto opening = open(s, answer);
  const result<> opened =
      co_await env::with_timeout(env_.loop, part_open_wait, "its answer", std::move(opening));
  s.owes = false;
  if (!opened) co_return opened.error();
  s.begun = true;
  answered_.insert(s.member);
  note_news();
  while (true) {
    CO_TRY(co_await until_room(s));
    CO_TRY_LET(auto frame, co_await next_frame(s, *answer));
    if (!frame) co_return result<>{};
    if (frame->kind == api::part_kind::end) {
      CO_TRY_LET(s.summary, parse_summary(frame->bytes));
    } else if (frame->kind == api::part_kind::unread) {
      CO_TRY_LET(auto part, api::parse_unread(frame->bytes));
      s.unread.push_back(std::move(part));
      note_news();
    } else if (frame->kind == api::part_kind::block) {
      s.bytes += frame->bytes.size();
      s.blocks.emplace_back(std::move(frame->bytes));
      note_news();
    }
  }
}

env::awaitable<result<>> cluster_answer::open(answer_source& s,
                                              std::optional<api::part_answer>& answer) {
  CO_TRY_LET(auto begun, co_await api::ask_part(env_, s.address, s.half, s.ask));
  ++s.heard;
  answer.emplace(std::move(begun));
  CO_TRY_LET(const auto first, co_await answer->next());
  if (!first) co_return fail(errc::corruption, "an answer without a beginning");
  CO_TRY_LET(s.summary, parse_summary(first->bytes));
  co_return result<>{};
}

// Bytes of frames that are not whole yet count as signs of life.
env::awaitable<result<std::optional<api::part_frame>>> cluster_answer::next_frame(
    answer_source& s, api::part_answer& answer) {
  s.owes = true;
  s.quiet = 0;
  s.answer = &answer;
  auto frame = co_await answer.next();
  s.answer = nullptr;
  s.owes = false;
  co_return frame;
}

env::awaitable<result<>> cluster_answer::until_room(answer_source& s) {
  while (true) {
    const auto under_way = std::count_if(sources_.begin(), sources_.end(),
                                         [](const source_ptr& o) { return !o->settled; });
    const std::size_t sharers = std::max<std::size_t>(static_cast<std::size_t>(under_way), 1);
    const std::size_t share = std::clamp(memory_ / sharers, share_least, share_most);
    const bool stopped = co_await env::is_cancelled();
    if (stopped) co_return fail(errc::cancelled, "nobody wants the rest");
    if (s.bytes + s.merged < share) co_return result<>{};
    co_await room_.wait();
  }
}

}  // namespace oklog::node
