// oklog query: asks a store, prints the lines, and says by its exit code what came of it:
// 0 found, 1 nothing found, 2 error, 3 the answer is partial.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "cmd/oklog/flags.h"
#include "cmd/oklog/printer.h"
#include "cmd/oklog/store_url.h"
#include "cmd/oklog/verbs.h"
#include "oklog/env/real.h"
#include "oklog/http/client.h"
#include "oklog/query/query.h"
#include "oklog/query/record_writer.h"
#include "oklog/record/topic.h"

namespace oklog::cmd {
namespace {

struct options {
  std::string store = "localhost:7650";
  std::string from = "1h";
  std::string to = "now";
  std::string q;
  std::string output = "text";
  std::vector<std::string> topics;
  bool regex = false;
  bool stats = false;
  bool nocopy = false;
  bool ulid = false;
  bool time = false;
  bool verbose = false;
  bool count = false;
};

void declare(flags& f, options& o) {
  f.add("store", o.store, "address of store instance to query");
  f.add("from", o.from, "from, as RFC3339 timestamp or duration ago");
  f.add("to", o.to, "to, as RFC3339 timestamp or duration ago");
  f.add("q", o.q, "query expression");
  f.add("regex", o.regex, "parse -q as regular expression (RE2)");
  f.add("topic", o.topics, "only lines of this topic (repeatable)");
  f.add("o", o.output, "text: the lines; json: ulid, time, topic and line of each");
  f.add("c", o.count, "print the number of matching lines alone");
  f.add("stats", o.stats, "statistics only, no records (implies -v)");
  f.add("nocopy", o.nocopy, "don't read the response body");
  f.add("ulid", o.ulid, "include ULID prefix with each record");
  f.add("time", o.time, "include time prefix with each record");
  f.add("v", o.verbose, "verbose output to stderr");
}

http::client_request request_of(const options& o, const std::string& base) {
  std::vector<http::parameter> p{{"from", o.from}, {"to", o.to}, {"q", o.q}};
  if (o.regex) p.push_back({"regex", "true"});
  for (const std::string& t : o.topics) p.push_back({"topic", t});
  if (o.output == "json") p.push_back({"format", "json"});
  if (o.count) p.push_back({"count", "1"});
  p.push_back({"continuation", "mark"});
  http::client_request r;
  r.method = o.stats ? http::method::head : http::method::get;
  r.url = base + "/store/query?" + http::format_query(p);
  return r;
}

std::string header_of(const http::client_response& r, const char* name) {
  return std::string(r.header(name).value_or("?"));
}

// As Go's client shows a bound: "{ULID time}", whichever of them the header has.
std::string bound_of(const http::client_response& r, const char* name) {
  const std::string text = header_of(r, name);
  const auto id = parse_from(text, wall_time{});
  return id ? "{" + format(*id) + " " + format_ulid_time(*id) + "}" : text;
}

void explain(const options& o, const http::client_request& asked, const http::client_response& r,
             duration took) {
  const std::uint64_t bytes =
      std::strtoull(header_of(r, "X-Oklog-Max-Data-Set-Size").c_str(), nullptr, 10);
  std::fprintf(stderr, "%s %s\nResponse in %s\n", o.stats ? "HEAD" : "GET", asked.url.c_str(),
               format_duration(took).c_str());
  std::fprintf(stderr, "Queried from %s\nQueried to %s\n", bound_of(r, "X-Oklog-From").c_str(),
               bound_of(r, "X-Oklog-To").c_str());
  std::fprintf(stderr, "Queried %s \"%s\"\n", o.regex ? "regular expression" : "normal string",
               o.q.c_str());
  std::fprintf(stderr, "%s node(s) queried\n%s segment(s) queried\n",
               header_of(r, "X-Oklog-Nodes-Queried").c_str(),
               header_of(r, "X-Oklog-Segments-Queried").c_str());
  std::fprintf(stderr, "%lluB (%lluMiB) maximum data set size\n%s error(s)\n",
               static_cast<unsigned long long>(bytes), static_cast<unsigned long long>(bytes >> 20),
               header_of(r, "X-Oklog-Error-Count").c_str());
  std::fprintf(stderr, "%s server-reported duration\n%s coverage\n",
               header_of(r, "X-Oklog-Duration").c_str(), header_of(r, "X-Oklog-Coverage").c_str());
}

env::awaitable<int> refused(const http::client_request& asked, http::client_response& r) {
  auto why = co_await r.read_all(64 * 1024);
  std::string sentence = why ? *why : "";
  while (sentence.ends_with('\n')) sentence.pop_back();
  std::fprintf(stderr, "oklog query: %s answered %u: %s\n",
               asked.url.substr(0, asked.url.find('?')).c_str(), r.status(), sentence.c_str());
  co_return exit_error;
}

// Prints the body. True where it came whole; false with `code` set otherwise.
env::awaitable<std::optional<int>> print_body(const options& o, http::client_response& r,
                                              std::uint64_t& found) {
  const line_prefix prefix = o.ulid   ? line_prefix::ulid
                             : o.time ? line_prefix::time
                                      : line_prefix::none;
  record_printer printer(prefix, ::isatty(STDOUT_FILENO) == 1);
  const bool as_is = o.output == "json" || o.count;
  std::string out;
  std::string number;
  while (true) {
    auto piece = co_await r.next();
    if (!piece) {
      if (!as_is) printer.finish(out);
      (void)write_out(out);
      std::fprintf(stderr, "oklog query: the answer broke off: %s\n", piece.error().what.c_str());
      co_return exit_error;
    }
    if (!*piece) break;
    out.clear();
    if (as_is) {
      out = **piece;
      if (o.count) number += out;
      found += o.count ? 0 : out.size();
    } else {
      printer.feed(**piece, out);
    }
    if (!write_out(out)) co_return exit_done;  // whoever read us has seen enough
  }
  out.clear();
  if (!as_is) {
    printer.finish(out);
    found = printer.records();
  }
  if (o.count) found = std::strtoull(number.c_str(), nullptr, 10);
  if (!write_out(out)) co_return exit_done;
  co_return std::nullopt;
}

int verdict(const http::client_response& r, std::uint64_t found) {
  const std::string head = header_of(r, "X-Oklog-Coverage");
  const std::string last(http::find(r.trailers(), "X-Oklog-Coverage").value_or(head));
  if (last != "partial") return found > 0 ? 0 : 1;
  const auto summary = http::find(r.trailers(), "X-Oklog-Summary");
  std::fprintf(stderr, "oklog query: the answer is partial: %s\n",
               std::string(summary.value_or("the store does not say why")).c_str());
  return exit_partial;
}

env::awaitable<int> ask(env::environment e, options o, std::string base) {
  http::client client(e);
  const boot_time begun = e.clock.boot();
  const http::client_request asked = request_of(o, base);
  auto answer = co_await client.send(asked);
  if (!answer) {
    std::fprintf(stderr, "oklog query: -store %s: %s\n", o.store.c_str(),
                 answer.error().what.c_str());
    co_return exit_error;
  }
  if (answer->status() != 200) co_return co_await refused(asked, *answer);
  if (o.verbose || o.stats) explain(o, asked, *answer, e.clock.boot() - begun);
  if (o.stats || o.nocopy) co_return exit_done;
  std::uint64_t found = 0;
  const auto early = co_await print_body(o, *answer, found);
  co_return early ? *early : verdict(*answer, found);
}

}  // namespace

int run_query(const std::vector<std::string>& args) {
  options o;
  flags f("query",
          "Greps what is stored. Exit code: 0 found, 1 nothing found, 2 error, 3 partial.");
  declare(f, o);
  if (auto code = f.parse(args)) return *code;
  if (o.output != "text" && o.output != "json") return f.wrong("o", "must be text or json");
  for (const std::string& t : o.topics) {
    if (!valid_topic(t)) return f.wrong("topic", "topic name \"" + t + "\" invalid");
  }
  auto base = store_url(o.store);
  if (!base) return f.wrong("store", base.error().what);
  env::real_world world(make_stderr_logger(log_level::warn), 1);
  const wall_time now = world.env().clock.now();
  for (const auto& [flag, text] : {std::pair("from", &o.from), std::pair("to", &o.to)}) {
    if (!parse_from(*text, now)) {
      return f.wrong(flag, "couldn't parse \"" + *text + "\" as either duration or time");
    }
  }
  if (auto checked = matcher::make(o.q, o.regex); !checked)
    return f.wrong("q", checked.error().what);
  return world.run(ask(world.env(), o, *base), [](int) { std::_Exit(exit_error); });
}

}  // namespace oklog::cmd
