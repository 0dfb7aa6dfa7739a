// oklog query: greps what a store has, or files, and says by its exit code what came of it:
// 0 found, 1 nothing found, 2 error, 3 the answer is partial.
#include <cstdlib>

#include "cmd/oklog/query_files.h"
#include "cmd/oklog/query_follow.h"
#include "cmd/oklog/query_last.h"
#include "cmd/oklog/query_options.h"
#include "cmd/oklog/store_url.h"
#include "cmd/oklog/verbs.h"
#include "oklog/env/real.h"

namespace oklog::cmd {
namespace {

// The last are printed from the end only where they are wanted in the order of time.
bool reversed(const query_options& o) {
  return o.last && !o.descending() && !o.stats && !o.nocopy;
}

env::awaitable<int> answer(env::environment e, query_options o, std::string base) {
  query_session session(e, std::move(o), std::move(base));
  int code = exit_error;
  if (session.options.follow) {
    code = co_await follow(session);
    co_return code;
  }
  answer_printer to(session.options);
  if (reversed(session.options)) {
    code = co_await print_last(session, to);
  } else {
    code = co_await print_all(session, to);
  }
  co_return code;
}

}  // namespace

int run_query(const std::vector<std::string>& args) {
  query_options o;
  flags f("query", "Greps what is stored. Exit code: 0 found, 1 nothing found, 2 error, 3 partial.",
          "[flags] [-files FILE...]");
  declare(f, o);
  if (auto code = f.parse(args)) return *code;
  if (auto code = check(f, o)) return *code;
  if (!o.files.empty()) return run_query_files(f, o);
  auto base = store_url(o.store);
  if (!base) return f.wrong("store", base.error().what);
  env::real_world world(make_stderr_logger(log_level::warn), 1);
  const wall_time now = world.env().clock.now();
  for (const auto& [flag, text] : {std::pair("from", &o.from), std::pair("to", &o.to)}) {
    if (!parse_from(*text, now)) {
      return f.wrong(flag, "couldn't parse \"" + *text + "\" as either duration or time");
    }
  }
  const int stopped = o.follow ? exit_done : exit_error;
  return world.run(answer(world.env(), o, *base), [stopped](int) { std::_Exit(stopped); });
}

}  // namespace oklog::cmd
