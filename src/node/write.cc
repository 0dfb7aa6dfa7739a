// Writing: the inbox into the active segment, synced as promised; full or aged segments flushed.
#include <algorithm>
#include <memory>

#include "node/ingester.h"

namespace oklog::node {
namespace {

constexpr duration rest_max = std::chrono::seconds(1);
constexpr duration rest_min = std::chrono::milliseconds(1);
constexpr int tries_max = 5;

// While it lives, batches are sealed in time: a write may take longer than one may stay open (rule
// K26), and who follows a stream waits for that alone.
class sealing {
 public:
  explicit sealing(ingester& in) : in_(in) { wait(); }

 private:
  void wait() {
    const env::environment& env = in_.environment();
    const duration left = in_.log().inbox().seal_due() - env.clock.boot();
    alarm_ = env.loop.call_after(std::min(left, ingest::batch_age_max), [this] { look(); });
  }
  void look() {
    in_.log().inbox().seal_aged(in_.environment().clock.boot());
    wait();
  }

  ingester& in_;
  std::unique_ptr<env::alarm> alarm_;
};

// One write, if one is due. False where there was nothing to do or it failed.
env::awaitable<bool> write_once(ingester& in, bool everything) {
  const env::environment& env = in.environment();
  auto job = in.log().begin_write(env.clock.now(), env.clock.boot(), everything);
  if (!job) co_return false;
  {
    const sealing meanwhile(in);
    co_await env::offload(env.loop, [&job] { job->run(); });
  }
  const auto done = in.log().end_write(std::move(*job), env.clock.boot());
  in.progress().notify();
  co_return done.has_value();
}

env::awaitable<bool> flush_once(ingester& in, bool everything) {
  const env::environment& env = in.environment();
  auto job = in.log().begin_flush(env.clock.boot(), everything);
  if (!job) co_return false;
  co_await env::offload(env.loop, [&job] { job->run(); });
  const auto done = in.log().end_flush(std::move(*job), env.clock.boot());
  in.flushed().notify();
  in.arrived().notify();  // a full segment had held the writer back
  in.progress().notify();
  co_return done.has_value();
}

env::awaitable<void> rest(ingester& in) {
  const duration left = in.log().next_due() - in.environment().clock.boot();
  (void)co_await in.arrived().wait_for(std::clamp(left, rest_min, rest_max));
}

}  // namespace

env::awaitable<void> write_loop(ingester& in) {
  while (true) {
    const bool stopped = co_await env::is_cancelled();
    if (stopped) break;
    const bool wrote = co_await write_once(in, false);
    if (!wrote) co_await rest(in);
  }
}

env::awaitable<void> flush_loop(ingester& in) {
  while (true) {
    const bool stopped = co_await env::is_cancelled();
    if (stopped) break;
    const bool flushed = co_await flush_once(in, false);
    if (!flushed) co_await rest(in);
  }
}

env::awaitable<result<>> write_everything(ingester& in) {
  for (int tries = 0; !in.log().drained(); ++tries) {
    if (tries == tries_max) co_return fail(errc::io, "what was received could not be put on disk");
    while (true) {
      const bool go_on = co_await write_once(in, true);
      if (!go_on) break;
      tries = 0;
    }
    while (true) {
      const bool go_on = co_await flush_once(in, true);
      if (!go_on) break;
      tries = 0;
    }
    if (!in.log().drained()) co_await in.environment().loop.sleep(rest_max);
  }
  co_return result<>{};
}

}  // namespace oklog::node
