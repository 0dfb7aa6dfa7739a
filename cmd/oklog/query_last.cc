#include "cmd/oklog/query_last.h"

#include "cmd/oklog/last_lines.h"
#include "cmd/oklog/query_explain.h"

namespace oklog::cmd {
namespace {

env::awaitable<result<>> read_lines(http::client_response& r, last_lines& into) {
  line_cutter lines;
  while (true) {
    auto piece = co_await r.next();
    if (!piece) co_return piece.error();
    if (!*piece) co_return result<>{};
    lines.feed(**piece, [&into](std::string_view line) { into.add(line); });
  }
}

}  // namespace

env::awaitable<int> print_last(query_session& s, answer_printer& to) {
  const boot_time begun = s.env.clock.boot();
  question q = question_of(s.options);
  const bool context = q.context;
  q.descending = true;
  q.context = false;
  const http::client_request request = request_of(s, q);
  auto answer = co_await ask(s, request);
  if (!answer) co_return exit_error;
  if (s.options.verbose) explain_head(s, request, *answer, s.env.clock.boot() - begun);
  last_lines last(!context);
  const auto read = co_await read_lines(*answer, last);
  if (!read) co_return complain("the answer broke off: " + read.error().what);
  if (last.kept() || last.empty()) {
    const bool wanted =
        last.for_each_reversed([&](std::string_view line) { return to.line(line); });
    if (!wanted || !to.finish()) co_return exit_done;
    explain_end(s, *answer, s.env.clock.boot() - begun);
    co_return verdict(s.options, *answer, !last.empty());
  }
  // Too much to hold, or lines around each match: now that it is known where they begin, once more
  // in the right order. Matches that came in between those since are shown too.
  q.descending = false;
  q.limit.reset();
  q.context = context;
  q.from = format(last.lowest());
  q.to = format(last.highest());
  s.on_head = nullptr;  // this one's is the same answer
  auto again = co_await ask(s, request_of(s, q));
  if (!again) co_return exit_error;
  const auto early = co_await print_body(*again, to);
  if (early) co_return *early;
  explain_end(s, *again, s.env.clock.boot() - begun);
  co_return verdict(s.options, *again, to.found());
}

}  // namespace oklog::cmd
