// oklog stream: prints matching lines as they come in, until Ctrl-C or until the store ends it.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "cmd/oklog/flags.h"
#include "cmd/oklog/printer.h"
#include "cmd/oklog/store_url.h"
#include "cmd/oklog/verbs.h"
#include "oklog/env/real.h"
#include "oklog/http/client.h"
#include "oklog/query/matcher.h"
#include "oklog/record/topic.h"

namespace oklog::cmd {
namespace {

struct options {
  std::string store = "localhost:7650";
  std::string q;
  std::string output = "text";
  std::vector<std::string> topics;
  duration window = std::chrono::seconds(3);
  bool regex = false;
  bool ulid = false;
};

std::string url_of(const options& o, const std::string& base) {
  std::vector<http::parameter> p{{"q", o.q}, {"window", format_duration(o.window)}};
  if (o.regex) p.push_back({"regex", "true"});
  for (const std::string& t : o.topics) p.push_back({"topic", t});
  if (o.output == "json") p.push_back({"format", "json"});
  p.push_back({"continuation", "mark"});
  return base + "/store/stream?" + http::format_query(p);
}

int say(const std::string& what) {
  std::fprintf(stderr, "oklog stream: %s\n", what.c_str());
  return exit_failed;
}

env::awaitable<int> watch(env::environment e, options o, std::string base) {
  http::client client(e);
  auto answer = co_await client.get(url_of(o, base));
  if (!answer) co_return say("-store " + o.store + ": " + answer.error().what);
  if (answer->status() != 200) {
    const auto why = co_await answer->read_all(64 * 1024);
    co_return say("the store answered " + std::to_string(answer->status()) + ": " +
                  (why ? *why : std::string()));
  }
  record_printer printer(o.ulid ? line_prefix::ulid : line_prefix::none,
                         ::isatty(STDOUT_FILENO) == 1);
  while (true) {
    auto piece = co_await answer->next();
    if (!piece) co_return say("the stream broke off: " + piece.error().what);
    if (!*piece) co_return exit_done;
    std::string out;
    if (o.output == "json") {
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
  options o;
  flags f("stream", "Greps what comes in, until Ctrl-C.");
  f.add("store", o.store, "address of store instance to query");
  f.add("q", o.q, "query expression");
  f.add("regex", o.regex, "parse -q as regular expression (RE2)");
  f.add("topic", o.topics, "only lines of this topic (repeatable)");
  f.add("o", o.output, "text: the lines; json: ulid, time, topic and line of each");
  f.add("window", o.window, "deduplication window");
  f.add("ulid", o.ulid, "include ULID prefix with each record");
  if (auto code = f.parse(args)) return *code;
  if (o.output != "text" && o.output != "json") return f.wrong("o", "must be text or json");
  for (const std::string& t : o.topics) {
    if (!valid_topic(t)) return f.wrong("topic", "topic name \"" + t + "\" invalid");
  }
  auto base = store_url(o.store);
  if (!base) return f.wrong("store", base.error().what);
  if (auto checked = matcher::make(o.q, o.regex); !checked)
    return f.wrong("q", checked.error().what);
  env::real_world world(make_stderr_logger(log_level::warn), 1);
  return world.run(watch(world.env(), o, *base), [](int) { std::_Exit(exit_done); });
}

}  // namespace oklog::cmd
