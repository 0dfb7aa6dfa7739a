#include "env/names.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <mutex>
#include <system_error>
#include <thread>

#include "env/cancelled.h"
#include "env/lookup.h"
#include "env/net_error.h"

namespace oklog::env {

namespace asio = boost::asio;

// Lives in the frame of the coroutine that waits.
struct names::waiter {
  explicit waiter(const asio::any_io_executor& executor)
      : arrived(executor, asio::steady_timer::time_point::max()) {}
  asio::steady_timer arrived;
  std::optional<result<found>> value;
};

// What a lookup's thread may still reach when everybody else has gone.
struct names::gate {
  std::mutex mutex;
  bool open = true;
  unsigned running = 0;
  asio::any_io_executor executor;
  // Only touched on the loop.
  std::map<std::uint64_t, waiter*> waiting;
};

names::names(real_loop& loop) : loop_(loop), gate_(std::make_shared<gate>()) {
  gate_->executor = loop.executor();
}

names::~names() {
  const std::lock_guard lock(gate_->mutex);
  gate_->open = false;
  gate_->executor = {};
}

// On the lookup's thread.
void names::answer(const std::shared_ptr<gate>& where, std::uint64_t id, result<found> value) {
  const std::lock_guard lock(where->mutex);
  --where->running;
  if (!where->open) return;
  asio::post(where->executor, [where, id, value = std::move(value)]() mutable {
    const auto it = where->waiting.find(id);
    if (it == where->waiting.end()) return;
    it->second->value.emplace(std::move(value));
    it->second->arrived.cancel();
  });
}

result<> names::start(std::uint64_t id, lookup work) {
  {
    const std::lock_guard lock(gate_->mutex);
    if (gate_->running >= lookups_max) return fail(errc::busy, "too many lookups at once");
    ++gate_->running;
  }
  try {
    std::thread([where = gate_, id, work = std::move(work)] {
      answer(where, id, work());
    }).detach();
  } catch (const std::system_error& e) {
    const std::lock_guard lock(gate_->mutex);
    --gate_->running;
    return fail(errc::busy, std::string("no thread: ") + e.what());
  }
  return {};
}

awaitable<result<names::found>> names::ask(std::string what, lookup work) {
  struct registration {
    std::shared_ptr<gate> where;
    std::uint64_t id;
    ~registration() { where->waiting.erase(id); }
  };
  const auto state = co_await asio::this_coro::cancellation_state;
  if (cancelled(state)) co_return stopped(what);
  waiter mine(loop_.executor());
  const registration here{gate_, ++last_id_};
  here.where->waiting[here.id] = &mine;
  if (auto begun = start(here.id, std::move(work)); !begun) {
    co_return with_context(what, begun.error());
  }
  while (!mine.value) {
    const auto now = co_await asio::this_coro::cancellation_state;
    if (cancelled(now)) co_return stopped(what);
    co_await mine.arrived.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  if (!*mine.value) co_return with_context(what, mine.value->error());
  co_return std::move(*mine.value);
}

awaitable<result<std::vector<std::string>>> names::addresses(std::string host) {
  boost::system::error_code not_literal;
  const auto literal = asio::ip::make_address(host, not_literal);
  if (!not_literal) co_return std::vector<std::string>(1, literal.to_string());
  lookup work = [host]() -> result<found> {
    auto texts = look_up_addresses(host);
    // RFC 6761, 6.3: always this machine, also where nothing in /etc/hosts says so.
    if (!texts && host == "localhost") texts = std::vector<std::string>{"127.0.0.1", "::1"};
    if (!texts) return std::move(texts).error();
    return found{std::move(*texts), std::vector<srv_target>()};
  };
  CO_TRY_LET(found all, co_await ask("resolve " + host, std::move(work)));
  co_return std::move(all.texts);
}

awaitable<result<std::vector<srv_target>>> names::services(std::string name) {
  lookup work = [name]() -> result<found> {
    TRY_LET(auto targets, look_up_services(name));
    return found{std::vector<std::string>(), std::move(targets)};
  };
  CO_TRY_LET(found all, co_await ask("resolve SRV " + name, std::move(work)));
  co_return std::move(all.services);
}

awaitable<result<std::vector<std::string>>> names::of_address(std::string ip) {
  lookup work = [ip]() -> result<found> {
    TRY_LET(auto texts, look_up_names(ip));
    return found{std::move(texts), std::vector<srv_target>()};
  };
  CO_TRY_LET(found all, co_await ask("resolve PTR " + ip, std::move(work)));
  co_return std::move(all.texts);
}

}  // namespace oklog::env
