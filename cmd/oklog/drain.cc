// oklog drain: a store takes nothing new, and lets go of all that it holds once others hold it.
// Exit codes: 0 drained (or -cancel, -no-wait: said); 1 refused; 2 error.
#include <unistd.h>

#include <cstdio>

#include "cmd/oklog/ask_cluster.h"
#include "cmd/oklog/flags.h"
#include "cmd/oklog/human.h"
#include "cmd/oklog/member_name.h"
#include "cmd/oklog/refusal.h"
#include "cmd/oklog/store_url.h"
#include "cmd/oklog/verbs.h"
#include "oklog/env/real.h"
#include "oklog/http/client.h"
#include "oklog/query/terminal.h"

namespace oklog::cmd {
namespace {

constexpr duration look_every = std::chrono::seconds(2);
constexpr int failures_max = 30;  // looks in a row without an answer

struct drain_options {
  std::string store = "localhost:7650";
  std::string name;
  bool cancel = false;
  bool no_wait = false;
};

env::awaitable<result<>> tell(env::environment env, std::string api, bool cancel) {
  http::client client(env);
  const std::string url = "http://" + api + "/-/drain" + (cancel ? "?cancel" : "");
  CO_TRY_LET(auto answer, co_await client.post(url, ""));
  if (answer.status() == 200) co_return result<>{};
  std::string why = co_await reason(answer);
  co_return fail(errc::invalid, std::move(why));
}

// Until the store holds nothing.
env::awaitable<int> watch(env::environment env, std::string api) {
  const bool shown = isatty(STDERR_FILENO) == 1;
  std::uint64_t most = 0;
  for (int failures = 0; failures < failures_max;) {
    auto said = co_await get_json(env, "http://" + api + "/-/status");
    if (said) {
      failures = 0;
      const auto& store = said->json["store"];
      const bool draining = store.is_object() && store.contains("draining") &&
                            store["draining"].is_boolean() && store["draining"].get<bool>();
      if (!draining) co_return say("drain", "it was cancelled", exit_failed);
      const std::uint64_t left = number_in(store, "bytes");
      most = std::max(most, left);
      if (number_in(store, "segments") == 0) {
        if (shown) std::fputs("\r\x1b[K", stderr);
        std::puts("drained: other stores hold all that it held; it may be stopped");
        co_return exit_done;
      }
      const double done = most == 0 ? 0 : 1 - static_cast<double>(left) / static_cast<double>(most);
      const std::string text = bar(done, 40) + " " + bytes_text(left) + " in " +
                               std::to_string(number_in(store, "partitions")) + " partitions left";
      if (shown) std::fprintf(stderr, "\r%s\x1b[K", text.c_str());
    } else {
      ++failures;
    }
    co_await env.loop.sleep(look_every);
  }
  co_return say("drain", "the node does not answer any more", exit_error);
}

env::awaitable<int> drain(env::environment env, drain_options o, std::string base) {
  const auto members = co_await ask_members(env, std::move(base));
  if (!members) co_return say("drain", members.error().what, exit_error);
  const auto name = find_name(o.name, *members);
  if (!name) co_return say("drain", name.error().what, exit_failed);
  for (const seen_member& m : *members) {
    if (m.name != *name) continue;
    if (!m.has_store()) co_return say("drain", "it has no store", exit_failed);
    if (!m.in_service()) {
      co_return say("drain", "it is " + printable(m.state) + ": see oklog forget", exit_failed);
    }
    const auto told = co_await tell(env, m.api, o.cancel);
    if (!told) co_return say("drain", told.error().what, exit_failed);
    if (o.cancel || o.no_wait) co_return exit_done;
    co_return co_await watch(env, m.api);
  }
  co_return say("drain", "no member has that name", exit_failed);
}

}  // namespace

int run_drain(const std::vector<std::string>& args) {
  drain_options o;
  std::vector<std::string> names;
  flags f("drain",
          "Tells a store to take nothing new, and to let go of all that it holds as soon as other\n"
          "stores hold it. Then it may be stopped, and nobody misses it. It goes on when this\n"
          "command is ended, and after a restart of the node.",
          "[flags] NAME");
  f.add("store", o.store, "address of a node of the cluster");
  f.add("cancel", o.cancel, "it is to be a store like the others again");
  f.add("no-wait", o.no_wait, "do not wait until it holds nothing any more");
  f.add_positional("name", names, "or its first characters, as oklog members shows it");
  if (auto code = f.parse(args)) return *code;
  if (names.size() != 1 || !may_be_name(names.front())) {
    return say("drain", "one name was expected, or its first characters, as oklog members shows it",
               exit_usage);
  }
  o.name = names.front();
  const auto base = store_url(o.store);
  if (!base) return f.wrong("store", base.error().what);
  env::real_world world(make_stderr_logger(log_level::warn), 1);
  return world.run(drain(world.env(), o, *base), [](int) { std::_Exit(exit_failed); });
}

}  // namespace oklog::cmd
