// oklog forget: a member that is gone for good is missed no more. Exit codes: 0 done, 1 refused, 2
// error.

#include "cmd/oklog/flags.h"
#include "cmd/oklog/member_name.h"
#include "cmd/oklog/refusal.h"
#include "cmd/oklog/store_url.h"
#include "cmd/oklog/verbs.h"
#include "oklog/base/ulid.h"
#include "oklog/env/real.h"
#include "oklog/http/client.h"

namespace oklog::cmd {
namespace {

env::awaitable<int> forget(env::environment env, std::string base, std::string text) {
  std::vector<seen_member> members;
  // A whole id may be of one whom members have forgotten, and stores have not.
  if (!parse_ulid(text)) {
    auto asked = co_await ask_members(env, base);
    if (!asked) co_return say("forget", asked.error().what, exit_error);
    members = std::move(*asked);
  }
  const auto name = find_name(text, members);
  if (!name) co_return say("forget", name.error().what, exit_failed);
  http::client client(env);
  auto answer = co_await client.post(base + "/-/forget?accept-loss&name=" + *name, "");
  if (!answer) co_return say("forget", answer.error().what, exit_error);
  if (answer->status() == 200) co_return exit_done;
  const std::string why = co_await reason(*answer);
  co_return say("forget", why, exit_failed);
}

}  // namespace

int run_forget(const std::vector<std::string>& args) {
  std::string store = "localhost:7650";
  bool accept_loss = false;
  std::vector<std::string> names;
  flags f(
      "forget",
      "Tells the whole cluster that a member is gone for good: answers do not miss it any more.\n"
      "It must be dead, or have left. What only it held is given up.",
      "[flags] NAME");
  f.add("store", store, "address of the node to ask");
  f.add("accept-loss", accept_loss,
        "needed: nobody checks that others have copies of what it held");
  f.add_positional("name", names, "or its first characters, as oklog members shows it");
  if (auto code = f.parse(args)) return *code;
  if (names.size() != 1 || !may_be_name(names.front())) {
    return say("forget",
               "one name was expected, or its first characters, as oklog members shows it",
               exit_usage);
  }
  if (!accept_loss) return f.wrong("accept-loss", "must be given: what only it held is given up");
  const auto base = store_url(store);
  if (!base) return f.wrong("store", base.error().what);
  env::real_world world(make_stderr_logger(log_level::warn), 1);
  return world.run(forget(world.env(), *base, names.front()), [](int) { std::_Exit(exit_failed); });
}

}  // namespace oklog::cmd
