// oklog stream: prints matching lines as they come in, until Ctrl-C or until the store ends it.
#include <cstdlib>

#include "cmd/oklog/flags.h"
#include "cmd/oklog/pattern_flags.h"
#include "cmd/oklog/printer.h"
#include "cmd/oklog/refusal.h"
#include "cmd/oklog/store_url.h"
#include "cmd/oklog/verbs.h"
#include "oklog/env/real.h"
#include "oklog/http/client.h"

namespace oklog::cmd {
namespace {

struct stream_options {
  std::string store = "localhost:7650";
  pattern_flags pattern;
  duration window = std::chrono::seconds(3);
  bool ulid = false;
};

std::string url_of(const stream_options& o, const std::string& base) {
  std::vector<http::parameter> p{{"window", format_duration(o.window)}};
  o.pattern.append_to(p);
  return base + "/store/stream?" + http::format_query(p);
}

int complain_of_stream(const std::string& what) {
  return say("stream", what, exit_failed);
}

env::awaitable<int> watch(env::environment e, stream_options o, std::string base) {
  http::client client(e);
  auto answer = co_await client.get(url_of(o, base));
  if (!answer) co_return complain_of_stream("-store " + o.store + ": " + answer.error().what);
  if (answer->status() != 200) {
    const std::string why = co_await refusal(*answer);
    co_return complain_of_stream(why);
  }
  record_printer printer(o.ulid ? line_prefix::ulid : line_prefix::none, make_painter(o.pattern));
  while (true) {
    auto piece = co_await answer->next();
    if (!piece) co_return complain_of_stream("the stream broke off: " + piece.error().what);
    if (!*piece) co_return exit_done;
    std::string out;
    if (o.pattern.json()) {
      out = std::move(**piece);
    } else {
      // Each piece ends with whole records; a line must be seen when it is there.
      printer.feed(**piece, out);
      printer.finish(out);
    }
    if (!write_out(out)) co_return exit_done;
  }
}

}  // namespace

int run_stream(const std::vector<std::string>& args) {
  stream_options o;
  flags f("stream", "Greps what comes in, until Ctrl-C.");
  f.add("store", o.store, "address of store instance to query");
  declare(f, o.pattern);
  f.add("window", o.window, "deduplication window");
  f.add("ulid", o.ulid, "include ULID prefix with each record");
  if (auto code = f.parse(args)) return *code;
  if (auto code = check(f, o.pattern)) return *code;
  auto base = store_url(o.store);
  if (!base) return f.wrong("store", base.error().what);
  env::real_world world(make_stderr_logger(log_level::warn), 1);
  return world.run(watch(world.env(), o, *base), [](int) { std::_Exit(exit_done); });
}

}  // namespace oklog::cmd
