#include "node/ingester.h"

#include <algorithm>

#include "node/shortage.h"

namespace oklog::node {
namespace {

constexpr std::size_t read_buffer_bytes = 256 * 1024;
constexpr std::size_t piece_bytes = 1024 * 1024;
constexpr duration expire_every = std::chrono::seconds(1);
// What is in memory alone is younger than this, with room to spare.
constexpr duration memory_age_max = std::chrono::minutes(1);
// Between telling one consumer of a segment and telling the next.
constexpr duration turn_gap = std::chrono::milliseconds(10);

ingest::ingest_config log_config(const ingest_options& o) {
  ingest::ingest_config c;
  c.receive.line_bytes_max = o.max_line;
  c.receive.topic = o.topic;
  c.receive.mode =
      o.mode == topic_mode::dynamic ? ingest::topic_mode::dynamic : ingest::topic_mode::fixed;
  c.flush_bytes = o.flush_bytes;
  c.flush_age = o.flush_age;
  c.pending_timeout = o.pending_timeout;
  return c;
}

error listen_error(const char* flag, const env::endpoint& at, const error& e) {
  return with_context("-" + std::string(flag) + " " + format(at), e);
}

}  // namespace

ingester::ingester(env::environment env, const ingest_options& options, metrics_registry& registry,
                   disk_watch& disk, live_feed& live, const membership& members)
    : env_(env),
      options_(options),
      metrics_(registry),
      disk_(disk),
      live_(live),
      members_(members),
      arrived_(env.loop),
      progress_(env.loop),
      flushed_(env.loop),
      accepting_(env.loop),
      connections_(env.loop),
      read_buffer_(read_buffer_bytes, '\0'),
      since_(env.clock.boot()) {}

ingester::~ingester() = default;

env::awaitable<result<>> ingester::open() {
  prng random = env_.random.fork();
  auto opened = co_await env::offload(env_.loop, [&] {
    return ingest::ingest_log::open(env_.fs, options_.path, log_config(options_), metrics_,
                                    env_.log, random, env_.clock.now());
  });
  if (!opened) co_return with_context("-ingest.path " + options_.path, opened.error());
  log_ = std::move(*opened);
  log_->inbox().on_sealed([this](const ingest::batch_ptr& b) { live_.publish(b); });
  co_return result<>{};
}

result<> ingester::listen() {
  auto fast = env_.net.listen(options_.fast);
  if (!fast) return listen_error("ingest.fast", options_.fast, fast.error());
  auto durable = env_.net.listen(options_.durable);
  if (!durable) return listen_error("ingest.durable", options_.durable, durable.error());
  fast_ = std::move(*fast);
  durable_ = std::move(*durable);
  return {};
}

void ingester::start(env::task_group& tasks) {
  accepting_.spawn(accept_lines(*this, *fast_, ingest::modality::fast, connections_));
  accepting_.spawn(accept_lines(*this, *durable_, ingest::modality::durable, connections_));
  tasks.spawn(write_loop(*this));
  tasks.spawn(flush_loop(*this));
  tasks.spawn(expire_loop());
}

env::awaitable<void> ingester::drain(duration patience) {
  draining_ = true;
  accepting_.stop();
  fast_->close();
  durable_->close();
  co_await accepting_.join();
  for (env::stream* s : senders_) (void)s->shutdown_send();
  const boot_time until = env_.clock.boot() + patience;
  while (connections_.size() > 0 && env_.clock.boot() < until) {
    co_await env_.loop.sleep(std::chrono::milliseconds(10));
  }
  connections_.stop();
  co_await connections_.join();
}

env::awaitable<result<>> ingester::until_may_read() {
  while (disk_.full() || !log_->inbox().may_read()) {
    const auto stopped = co_await env::is_cancelled();
    if (stopped) co_return fail(errc::cancelled, "stopped");
    if (disk_.full()) {
      co_await disk_.changed().wait();
    } else {
      co_await progress_.wait();
    }
  }
  const auto stopped2 = co_await env::is_cancelled();
  if (stopped2) co_return fail(errc::cancelled, "stopped");
  co_return result<>{};
}

env::awaitable<result<>> ingester::until_kept(std::uint64_t serial, ingest::modality how) {
  const bool on_disk = how == ingest::modality::durable;
  while ((on_disk ? log_->synced_through() : log_->written_through()) < serial) {
    const bool stopped = co_await env::is_cancelled();
    if (stopped) co_return fail(errc::cancelled, "stopped");
    co_await progress_.wait();
  }
  co_return result<>{};
}

env::awaitable<result<ingest::claim>> ingester::next(std::optional<std::uint32_t> shard,
                                                     duration wait) {
  const boot_time until = env_.clock.boot() + wait;
  while (true) {
    auto job = log_->begin_next(env_.clock.boot(), shard);
    if (job) {
      co_await env::offload(env_.loop, [&job] { job->run(); });
      co_return log_->end_next(std::move(*job));
    }
    const duration left = until - env_.clock.boot();
    if (job.error().code != errc::not_found || left <= duration::zero()) co_return job.error();
    const auto stopped4 = co_await env::is_cancelled();
    if (stopped4) co_return fail(errc::cancelled, "stopped");
    (void)co_await flushed_.wait_for(left);
  }
}

// One after the other, the one that has waited longest first: were all told at once, all but one
// would ask in vain.
env::awaitable<bool> ingester::waiting(duration wait) {
  const boot_time until = env_.clock.boot() + wait;
  while (true) {
    const bool stopped = co_await env::is_cancelled();
    const boot_time now = env_.clock.boot();
    const bool any = log_->can_claim();
    if (stopped || now >= until) co_return any;
    if (any && now >= next_turn_) break;
    if (any) {
      co_await env_.loop.sleep(std::min(next_turn_, until) - now);
    } else {
      (void)co_await flushed_.wait_for(until - now);
    }
  }
  next_turn_ = env_.clock.boot() + turn_gap;
  co_return true;
}

env::awaitable<result<api::ingest_service::content>> ingester::read(std::string id) {
  auto begun = log_->begin_read(id, env_.clock.boot());
  content answer;
  answer.what = begun.what;
  if (begun.job) {
    co_await env::offload(env_.loop, [&begun] { begun.job->run(); });
    auto read = log_->end_read(std::move(*begun.job));
    if (!read) co_return read.error();
    answer.of = std::move(*read);
  }
  co_return std::move(answer);
}

env::awaitable<result<std::string>> ingester::read_piece(const ingest::segment_content& of,
                                                         std::uint64_t offset) {
  std::string piece;
  const auto done = co_await env::offload(
      env_.loop, [&] { return ingest::read_content(of, offset, piece_bytes, piece); });
  if (!done) {
    env_.log.error("a segment could not be read for a store",
                   {{"segment", of.id}, {"err", done.error().what}});
    co_return done.error();
  }
  co_return std::move(piece);
}

void ingester::keep_reading(const std::string& id, bool done) {
  log_->keep_reading(id, env_.clock.boot(), done);
}

// A store's word is not enough: as many must have it as copies are wanted by any store in service.
// Where only one store has ever been seen, it may make the one copy that it can.
result<> ingester::enough_copies(std::vector<ulid> stores) const {
  std::sort(stores.begin(), stores.end());
  stores.erase(std::unique(stores.begin(), stores.end()), stores.end());
  const unsigned wanted = shortage_of(members_.all()).needed();
  if (stores.size() >= wanted) return {};
  return fail(errc::conflict, std::to_string(stores.size()) + " stores have it, " +
                                  std::to_string(wanted) + " are wanted");
}

cluster::low_water ingester::low_water() const {
  const duration up = env_.clock.boot() - since_;
  const auto now = static_cast<std::uint64_t>(unix_ms(env_.clock.now() - memory_age_max));
  return {log_->directory().starts(),
          static_cast<std::uint64_t>(std::chrono::floor<std::chrono::milliseconds>(up).count()),
          std::min(now, log_->queue().oldest.ms())};
}

env::awaitable<result<ingest::decision>> ingester::commit(std::string id, hash128 hash,
                                                          std::vector<ulid> stores, bool damaged) {
  const ingest::decision may = log_->judge_commit(id, hash);
  if (may != ingest::decision::done) co_return may;
  CO_TRY(enough_copies(std::move(stores)));
  auto begun = log_->begin_commit(id, hash, damaged);
  if (begun.job) {
    co_await env::offload(env_.loop, [&begun] { begun.job->run(); });
    CO_TRY(log_->end_move(std::move(*begun.job)));
  }
  co_return begun.what;
}

env::awaitable<result<ingest::decision>> ingester::failed(std::string id) {
  auto begun = log_->begin_failed(id);
  if (begun.job) {
    co_await env::offload(env_.loop, [&begun] { begun.job->run(); });
    CO_TRY(log_->end_move(std::move(*begun.job)));
    flushed_.notify();
  }
  co_return begun.what;
}

std::string ingester::segment_state() {
  return log_->segment_state(env_.clock.now(), env_.clock.boot());
}

env::awaitable<void> ingester::expire_loop() {
  while (true) {
    const bool stopped = co_await env::is_cancelled();
    if (stopped) break;
    if (auto job = log_->begin_expire(env_.clock.boot())) {
      co_await env::offload(env_.loop, [&job] { job->run(); });
      (void)log_->end_move(std::move(*job));  // logged and counted there
      flushed_.notify();
    }
    co_await env_.loop.sleep(expire_every);
  }
}

}  // namespace oklog::node
