#include "node/verify.h"

#include "node/check_slice.h"
#include "oklog/segment/names.h"

namespace oklog::node {
namespace {

constexpr duration say_every = std::chrono::seconds(1);
// What is written or compacted meanwhile is read in a further round, as long as there is some.
constexpr int read_rounds_max = 3;

}  // namespace

env::awaitable<void> verifier::answer_verify(std::uint64_t rate, http::responder& out) {
  if (running_) {
    (void)co_await out.send_error(429, "this store is being verified already");
    co_return;
  }
  running_ = true;
  co_await verify(rate, out);
  running_ = false;
}

env::awaitable<void> verifier::verify(std::uint64_t rate, http::responder& out) {
  run r{out, pace(env_, rate), {}, {}, env_.clock.boot() + say_every};
  out.set("Content-Type", "application/x-ndjson");
  const api::verify_begun begun{log_.store_id(), log_.segments(), log_.bytes(), log_.quarantined()};
  auto said = co_await out.begin(200);
  if (said) said = co_await out.write(to_line(begun));
  bool read = said.has_value();
  for (int round = 0; round < read_rounds_max && read; ++round) {
    const std::vector<segment_ptr> live = log_.live();
    for (const segment_ptr& segment : live) {
      if (r.checked.contains(segment->name)) continue;
      read = co_await check(r, segment);
      if (!read) break;
    }
  }
  if (!read) co_return;
  said = co_await out.write(to_line(r.so_far));
  if (said) (void)co_await out.end();
}

env::awaitable<bool> verifier::check(run& r, segment_ptr segment) {
  segment_check check(*segment);
  while (!check.done()) {
    const auto read = co_await check_slice(env_, check, r.tempo);
    if (!read) {
      ++r.so_far.unread;
      env_.log.error("verify: a segment could not be read",
                     {{"segment", segment->name}, {"err", read.error().what}});
      break;
    }
    r.so_far.done.bytes += *read;
    const bool heard = co_await say_progress(r);
    if (!heard) co_return false;
    if (log_.find(segment->name) != segment) co_return true;  // compacted, or its time is over
  }
  r.checked.insert(segment->name);
  ++r.so_far.done.segments;
  if (check.damage().empty()) co_return true;
  ++r.so_far.damaged;
  (void)log_.note_damage(segment->name, check.damage().front());
  const std::string where = format(segment->footer.partition);
  const api::verify_damage found{segment->name, where, check.damage()};
  const auto said = co_await r.out.write(to_line(found));
  co_return said.has_value();
}

env::awaitable<bool> verifier::say_progress(run& r) {
  if (env_.clock.boot() < r.say_at) co_return !r.out.cancelled();
  r.say_at = env_.clock.boot() + say_every;
  const auto said = co_await r.out.write(to_line(r.so_far.done));
  co_return said.has_value();
}

}  // namespace oklog::node
