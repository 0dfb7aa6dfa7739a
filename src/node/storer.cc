#include "node/storer.h"

namespace oklog::node {
namespace {

constexpr duration compact_every = std::chrono::seconds(1);
constexpr duration retain_every = std::chrono::minutes(1);

consumer_config consumer_of(const store_options& o) {
  consumer_config c;
  c.target_age = o.target_age;
  c.delay = o.delay;
  return c;
}

}  // namespace

storer::storer(env::environment env, const store_options& options, metrics_registry& registry,
               membership& members)
    : env_(env),
      options_(options),
      metrics_(registry),
      registry_(registry),
      members_(members),
      consumer_(consumer_of(options)),
      replicated_segments_(registry.make_counter("oklog_store_replicated_segments_total",
                                                 "Segments replicated, ingress and egress.",
                                                 {{"direction", "egress"}})),
      replicated_bytes_(registry.make_counter("oklog_store_replicated_bytes_total",
                                              "Bytes of segments replicated, ingress and egress.",
                                              {{"direction", "egress"}})),
      news_(env.loop) {}

storer::~storer() = default;

env::awaitable<result<>> storer::open() {
  const std::string new_id = format(ulid{env_.random.next() >> 3, env_.random.next()});
  auto opened = co_await env::offload(env_.loop, [&] {
    return store_log::open(env_.fs, env_.clock, options_.log, new_id, metrics_, env_.log);
  });
  if (!opened) co_return with_context("-store.path " + options_.log.path, opened.error());
  log_ = std::move(*opened);
  roster_keeper::options kept{options_.log.path, parse_ulid(log_->store_id()).value(),
                              log_->starts(), options_.repair_after,
                              [this] { return log_->removed_below(); }};
  roster_ = std::make_unique<roster_keeper>(env_, members_, std::move(kept), registry_);
  holders_ = std::make_unique<holders>(env_, members_, *roster_, registry_);
  CO_TRY(co_await roster_->open());
  log_->remember_removed(roster_->self().floor);
  co_return result<>{};
}

void storer::start(env::task_group& tasks, std::string own) {
  tasks_ = &tasks;
  const auto noted = [this](const std::string& at, const cluster::low_water& low) {
    roster_->note_low_water(at, low);
  };
  watch_ = std::make_unique<ingester_watch>(env_, members_, std::move(own), news_, noted);
  tasks.spawn(watch_->run());
  tasks.spawn(consume_loop());
  tasks.spawn(compact_loop());
  tasks.spawn(retention_loop());
}

env::awaitable<void> storer::compact_loop() {
  while (true) {
    const bool stopped = co_await env::is_cancelled();
    if (stopped) break;
    bool did_something = false;
    if (auto job = log_->begin_compact()) {
      co_await env::offload(env_.loop, [&job] { job->run(); });
      const auto done = log_->end_compact(std::move(*job));
      did_something = done && done->kind != compact_kind::none;
      if (!done) env_.log.error("compaction failed", {{"err", done.error().what}});
    }
    if (!did_something) co_await env_.loop.sleep(compact_every);
  }
}

env::awaitable<void> storer::retention_loop() {
  while (true) {
    const bool stopped = co_await env::is_cancelled();
    if (stopped) break;
    auto job = log_->begin_retention(roster_->clock_offset());
    co_await env::offload(env_.loop, [&job] { job.run(); });
    const auto done = log_->end_retention(std::move(job));
    if (done.trashed > 0 || done.purged > 0) {
      env_.log.info("retention", {{"trashed", done.trashed}, {"purged", done.purged}});
    }
    for (const error& e : done.errors) env_.log.error("retention failed", {{"err", e.what}});
    co_await env_.loop.sleep(retain_every);
  }
}

}  // namespace oklog::node
