#include "oklog/node/forward.h"

#include "node/addresses.h"
#include "node/resolve.h"
#include "oklog/api/admin_api.h"
#include "oklog/env/event.h"
#include "oklog/env/task_group.h"
#include "oklog/forward/backoff.h"
#include "oklog/forward/outbox.h"
#include "oklog/http/server.h"

namespace oklog::node {
namespace {

constexpr std::size_t read_bytes = 256 * 1024;
constexpr std::size_t write_bytes = 256 * 1024;
constexpr std::size_t unsent_bytes_max = 1024 * 1024;
constexpr duration connect_wait = std::chrono::seconds(5);
constexpr duration confirm_wait = std::chrono::minutes(10);
constexpr duration leave_wait = std::chrono::seconds(30);
// After a signal: so long may what was read look for an ingester that takes it.
constexpr duration stop_wait = std::chrono::seconds(5);

struct forward_metrics {
  explicit forward_metrics(metrics_registry& r)
      : bytes(r.make_counter("oklog_forward_bytes_total", "Bytes sent to ingesters.")),
        records(r.make_counter("oklog_forward_records_total", "Lines sent to ingesters.")),
        disconnects(r.make_counter("oklog_forward_disconnects_total",
                                   "Connections to ingesters that were lost or refused.")),
        short_writes(r.make_counter("oklog_forward_short_writes_total",
                                    "Connections lost in the middle of a write.")),
        broken_lines(r.make_counter("oklog_forward_broken_lines_total",
                                    "Lines over 16 MiB cut in two by a lost connection.")) {
    r.alias_untyped("oklog_forward_disconnects_total", "oklog_forward_disconnects");
    r.alias_untyped("oklog_forward_short_writes_total", "oklog_forward_short_writes");
  }
  counter bytes;
  counter records;
  counter disconnects;
  counter short_writes;
  counter broken_lines;
};

// One ingester. `leaving` is set when it has said, or shown, that it takes no more.
struct connection {
  std::unique_ptr<env::stream> stream;
  bool leaving = false;
  bool clean = false;  // it closed in order
  bool ended = false;
};

}  // namespace

class forwarder::impl {
 public:
  impl(env::environment env, forward_config config, std::unique_ptr<env::stream> input)
      : env_(env),
        config_(std::move(config)),
        input_(std::move(input)),
        box_(config_.prefix),
        metrics_(registry_),
        news_(env.loop),
        tasks_(env.loop) {
    env_.random.shuffle(config_.targets);
  }

  env::awaitable<int> run();
  void stop() {
    if (stopping_) return;
    stopping_ = true;
    input_->close();
    tasks_.spawn(give_up_later());
    news_.notify();
  }

 private:
  env::awaitable<void> read_input();
  env::awaitable<void> watch(std::shared_ptr<connection> c);
  env::awaitable<void> give_up_later();
  env::awaitable<std::shared_ptr<connection>> connect();
  env::awaitable<bool> send_some(connection& c);
  env::awaitable<void> leave(connection& c, duration patience);
  env::awaitable<int> send_everything();
  env::awaitable<result<>> serve_api();
  void lost(const env::address& target, const error& why);

  env::environment env_;
  forward_config config_;
  std::unique_ptr<env::stream> input_;
  outbox box_;
  metrics_registry registry_;
  forward_metrics metrics_;
  http::server_metrics http_metrics_{registry_};
  http::server_limits limits_;
  http::router routes_;
  std::unique_ptr<env::listener> api_;
  std::unique_ptr<http::server> server_;
  backoff backoff_;
  std::size_t next_target_ = 0;
  env::event news_;  // input, room, or word from the ingester
  env::task_group tasks_;
  std::shared_ptr<connection> current_;
  std::string due_to_ = "null";
  bool input_ended_ = false;
  bool stopping_ = false;
  bool given_up_ = false;
};

env::awaitable<void> forwarder::impl::read_input() {
  std::string buffer(read_bytes, '\0');
  while (!stopping_) {
    if (box_.unsent_bytes() >= unsent_bytes_max) {
      co_await news_.wait();
      const auto stopped = co_await env::is_cancelled();
      if (stopped) co_return;
      continue;
    }
    const auto n = co_await input_->read_some(buffer.data(), buffer.size());
    if (!n && n.error().code != errc::closed && !stopping_) due_to_ = n.error().what;
    if (!n || *n == 0) break;
    box_.add(std::string_view(buffer.data(), *n));
    news_.notify();
  }
  box_.finish();
  input_ended_ = true;
  news_.notify();
}

// An ingester sends nothing but its farewell (and, to a sender that it refuses, the reason).
env::awaitable<void> forwarder::impl::watch(std::shared_ptr<connection> c) {
  char word[512];
  while (true) {
    const auto n = co_await c->stream->read_some(word, sizeof word);
    if (n && *n > 0) {
      std::string_view said(word, *n);
      while (said.ends_with('\n')) said.remove_suffix(1);
      env_.log.warn("the ingester says", {{"text", said}});
      continue;
    }
    c->clean = n.has_value();
    break;
  }
  c->leaving = true;
  c->ended = true;
  news_.notify();
}

void forwarder::impl::lost(const env::address& target, const error& why) {
  metrics_.disconnects.add();
  env_.log.warn("no connection", {{"target", format(target)}, {"err", why.what}});
}

env::awaitable<void> forwarder::impl::give_up_later() {
  co_await env_.loop.sleep(stop_wait);
  const auto ended = co_await env::is_cancelled();
  if (ended) co_return;
  given_up_ = true;
  if (current_) current_->stream->close(true);
  news_.notify();
}

// Tries until one takes us; nullptr when stopped.
env::awaitable<std::shared_ptr<connection>> forwarder::impl::connect() {
  while (!given_up_) {
    const bool stopped = co_await env::is_cancelled();
    if (stopped) break;
    const env::address& target = config_.targets[next_target_++ % config_.targets.size()];
    auto places = co_await resolve(env_, target);
    error why = places ? fail(errc::unavailable, "the name has no address") : places.error();
    if (places) {
      for (const env::endpoint& place : *places) {
        auto stream = co_await env::with_timeout(
            env_.loop, connect_wait, "connecting to " + format(place), env_.net.connect(place));
        if (stream) {
          auto c = std::make_shared<connection>();
          c->stream = std::move(*stream);
          tasks_.spawn(watch(c));
          env_.log.info("connected", {{"target", format(target)}, {"address", format(place)}});
          co_return c;
        }
        why = stream.error();
      }
    }
    lost(target, why);
    co_await env_.loop.sleep(backoff_.next());
  }
  co_return nullptr;
}

// Sends what there is. False where the connection is lost.
env::awaitable<bool> forwarder::impl::send_some(connection& c) {
  // A copy: the input goes on filling the box while this is on its way.
  const std::string bytes(box_.next(write_bytes));
  const std::uint64_t lines = box_.lines_sent();
  const auto written = co_await c.stream->write(bytes);
  if (!written) {
    metrics_.short_writes.add();
    co_return false;
  }
  box_.sent(bytes.size());
  backoff_.reset();
  metrics_.bytes.add(static_cast<double>(bytes.size()));
  metrics_.records.add(static_cast<double>(box_.lines_sent() - lines));
  news_.notify();
  co_return true;
}

// Half-closes and waits until the ingester, having kept everything, closes.
env::awaitable<void> forwarder::impl::leave(connection& c, duration patience) {
  (void)c.stream->shutdown_send();
  const boot_time until = env_.clock.boot() + patience;
  while (!c.ended && env_.clock.boot() < until) {
    (void)co_await news_.wait_for(until - env_.clock.boot());
    const auto stopped3 = co_await env::is_cancelled();
    if (stopped3) break;
  }
  c.stream->close();
}

env::awaitable<int> forwarder::impl::send_everything() {
  std::shared_ptr<connection>& c = current_;
  while (true) {
    const bool something = !box_.next(1).empty();
    if (!something && input_ended_) break;
    if (c && c->leaving) {
      co_await leave(*c, leave_wait);
      metrics_.disconnects.add();
      box_.reconnect();
      metrics_.broken_lines.add(static_cast<double>(box_.broken_lines()) -
                                metrics_.broken_lines.value());
      c = nullptr;
    } else if (!something) {
      co_await news_.wait();
      const auto stopped4 = co_await env::is_cancelled();
      if (stopped4) co_return 1;
    } else if (!c) {
      c = co_await connect();
      if (!c) {
        env_.log.error("stopped before all lines had found an ingester");
        co_return 1;
      }
    } else {
      const bool sent = co_await send_some(*c);
      if (!sent) c->leaving = true;
    }
  }
  if (!c) co_return 0;
  co_await leave(*c, confirm_wait);
  if (c->ended && c->clean) co_return 0;
  env_.log.error("the ingester went away before it had confirmed the last lines");
  co_return 1;
}

env::awaitable<result<>> forwarder::impl::serve_api() {
  if (!config_.api) co_return result<>{};
  auto listener = env_.net.listen(*config_.api);
  if (!listener) co_return with_context("-api " + format(*config_.api), listener.error());
  api_ = std::move(*listener);
  api::add_health_routes(routes_, [] { return std::string(); });
  api::add_metrics_route(routes_, registry_);
  server_ = std::make_unique<http::server>(env_, *api_, routes_, limits_, http_metrics_);
  tasks_.spawn(server_->run());
  named_addresses addresses;
  addresses.emplace_back("api", api_->local());
  env_.log.info("ready", {{"addresses", format(addresses)}});
  co_return co_await write_addresses(env_, config_.addr_file, std::move(addresses));
}

env::awaitable<int> forwarder::impl::run() {
  const auto served = co_await serve_api();
  if (!served) {
    env_.log.error("cannot start", {{"err", served.error().what}});
    co_return 1;
  }
  tasks_.spawn(read_input());
  const int code = co_await send_everything();
  env_.log.info("stdin exhausted", {{"due_to", due_to_}, {"lines", box_.lines_sent()}});
  tasks_.stop();
  co_await tasks_.join();
  co_return code;
}

forwarder::forwarder(env::environment env, forward_config config,
                     std::unique_ptr<env::stream> input)
    : impl_(std::make_unique<impl>(env, std::move(config), std::move(input))) {}
forwarder::~forwarder() = default;
env::awaitable<int> forwarder::run() {
  co_return co_await impl_->run();
}
void forwarder::stop() {
  impl_->stop();
}

}  // namespace oklog::node
