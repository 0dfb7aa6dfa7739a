#include "cmd/oklog/query_archive.h"

#include <cstdio>

#include "cmd/oklog/archive_scan.h"
#include "cmd/oklog/coverage_print.h"
#include "cmd/oklog/last_lines.h"
#include "cmd/oklog/query_explain.h"
#include "cmd/oklog/query_print.h"

namespace oklog::cmd {
namespace {

result<archive> open_all(env::filesystem& fs, const std::vector<named_file>& directories) {
  archive all;
  for (const named_file& d : directories) {
    TRY_LET(archive one, open_archive(fs, d.path));
    all.add(std::move(one));
  }
  return all;
}

// Through the parameters of HTTP, so that both kinds of query mean the same.
result<query> query_of(const query_options& o, const question& q, wall_time now) {
  parameters params;
  for (const http::parameter& p : parameters_of(o, q)) params.emplace_back(p.name, p.value);
  return parse_query(params, now);
}

int verdict(const query_options& o, const archive_answer& a, bool found, duration took) {
  if (o.verbose || o.explain) {
    std::fputs(explain_table(to_json(a.covered, a.stats), took).c_str(), stderr);
  }
  const int code = found ? exit_done : exit_failed;
  if (a.covered.state != coverage_state::partial) return code;
  say_coverage(a.covered);
  return o.allow_partial ? code : exit_partial;
}

// -n: newest first, kept, and printed the other way round; once more where that is too much.
env::awaitable<int> print_last_of(env::environment e, const query_options& o, const archive& a,
                                  wall_time now, boot_time begun) {
  question asked = question_of(o);
  const bool context = asked.context;
  asked.descending = true;
  asked.context = false;
  auto q = query_of(o, asked, now);
  if (!q) co_return complain(q.error().what);
  last_lines last(!context);
  line_cutter lines;
  const auto keep = [&](std::string_view bytes) {
    lines.feed(bytes, [&](std::string_view line) { last.add(line); });
    return true;
  };
  archive_answer answer = co_await scan_archive(e, *q, a, keep);
  answer_printer to(o);
  if (last.kept() || last.empty()) {
    const bool read = last.for_each_reversed([&](std::string_view line) { return to.line(line); });
    if (!read || !to.finish()) co_return exit_done;
    co_return verdict(o, answer, !last.empty(), e.clock.boot() - begun);
  }
  asked.descending = false;
  asked.limit.reset();
  asked.context = context;
  asked.from = format(last.lowest());
  asked.to = format(last.highest());
  auto again = query_of(o, asked, now);
  if (!again) co_return complain(again.error().what);
  const auto print = [&](std::string_view bytes) { return to.feed(bytes); };
  answer = co_await scan_archive(e, *again, a, print);
  if (!to.finish()) co_return exit_done;
  co_return verdict(o, answer, to.found(), e.clock.boot() - begun);
}

}  // namespace

env::awaitable<int> query_archives(env::environment e, const flags& f, query_options o,
                                   std::vector<named_file> directories) {
  const boot_time begun = e.clock.boot();
  const wall_time now = e.clock.now();
  // What a directory holds is old: all of it, where no time is given.
  if (!f.given("from")) o.from = "1970-01-01T00:00:00Z";
  if (!f.given("to")) o.to = format(ulid_max);
  auto q = query_of(o, question_of(o), now);
  if (!q) co_return complain(q.error().what);
  const auto a = open_all(e.fs, directories);
  if (!a) co_return complain("-files: " + a.error().what);
  int code = exit_error;
  if (o.last && !o.descending()) {
    code = co_await print_last_of(e, o, *a, now, begun);
    co_return code;
  }
  answer_printer to(o);
  bool read = true;
  const auto print = [&](std::string_view bytes) { return read = to.feed(bytes); };
  const archive_answer answer = co_await scan_archive(e, *q, *a, print);
  if (!read || !to.finish()) co_return exit_done;
  co_return verdict(o, answer, to.found(), e.clock.boot() - begun);
}

}  // namespace oklog::cmd
