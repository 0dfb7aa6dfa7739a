// oklog status: how the cluster is, on one screen. Exit codes: 0 all is well; 1 something wants
// attention, and it is said what; 2 error.
#include "cmd/oklog/ask_cluster.h"
#include "cmd/oklog/flags.h"
#include "cmd/oklog/printer.h"
#include "cmd/oklog/status_screen.h"
#include "cmd/oklog/store_url.h"
#include "cmd/oklog/verbs.h"
#include "oklog/env/real.h"

namespace oklog::cmd {
namespace {

env::awaitable<int> show(env::environment env, std::string base, bool json) {
  cluster_status s;
  auto members = co_await ask_members(env, std::move(base));
  if (!members) co_return say("status", members.error().what, exit_error);
  s.members = std::move(*members);
  s.answers = co_await ask_all(env, s.members, "/-/status");
  (void)write_out(json ? status_json(s).dump(2) + "\n" : status_screen(s));
  co_return attention_of(s).empty() ? exit_done : exit_failed;
}

}  // namespace

int run_status(const std::vector<std::string>& args) {
  std::string store = "localhost:7650";
  bool json = false;
  flags f("status",
          "Shows how the cluster is: its members, what they hold, what waits to be consumed,\n"
          "which copies are missing, when disks will be full. Exit code 1 where something wants\n"
          "attention.");
  f.add("store", store, "address of a node; the others are asked, too");
  f.add("json", json, "print what the nodes answered, exactly");
  if (auto code = f.parse(args)) return *code;
  const auto base = store_url(store);
  if (!base) return f.wrong("store", base.error().what);
  env::real_world world(make_stderr_logger(log_level::warn), 1);
  return world.run(show(world.env(), *base, json), [](int) { std::_Exit(exit_failed); });
}

}  // namespace oklog::cmd
