#include "cmd/oklog/query_request.h"

#include "cmd/oklog/coverage_print.h"
#include "cmd/oklog/refusal.h"
#include "oklog/query/terminal.h"

namespace oklog::cmd {

question question_of(const query_options& o) {
  question q;
  q.from = o.from;
  q.to = o.to;
  q.descending = o.descending();
  q.limit = o.first ? o.first : o.last;
  q.context = o.context_wanted().wanted();
  return q;
}

std::vector<http::parameter> parameters_of(const query_options& o, const question& q) {
  std::vector<http::parameter> p{{"from", q.from}, {"to", q.to}};
  o.pattern.append_to(p);
  if (o.count) p.push_back({"count", "1"});
  if (q.descending) p.push_back({"order", "desc"});
  if (q.limit) p.push_back({"limit", std::to_string(*q.limit)});
  if (q.context) {
    const context_lines c = o.context_wanted();
    p.push_back({"before", std::to_string(c.before)});
    p.push_back({"after", std::to_string(c.after)});
    p.push_back({"context", o.context});
  }
  return p;
}

http::client_request request_of(const query_session& s, const question& q) {
  http::client_request r;
  r.method = s.options.stats ? http::method::head : http::method::get;
  r.url = s.base + "/store/query?" + http::format_query(parameters_of(s.options, q));
  return r;
}

env::awaitable<std::optional<http::client_response>> ask(query_session& s,
                                                         http::client_request request) {
  const std::string where = request.url.substr(0, request.url.find('?'));
  auto answer = co_await s.client.send(std::move(request));
  if (!answer) {
    (void)complain("-store " + s.options.store + ": " + answer.error().what);
    co_return std::nullopt;
  }
  if (answer->status() == 200) {
    if (s.on_head) s.on_head(*answer);
    co_return std::move(*answer);
  }
  const std::string why = co_await refusal(*answer);
  (void)complain(where + ": " + why);
  co_return std::nullopt;
}

int complain(const std::string& what) {
  return say("query", what, exit_error);
}

int verdict(const query_options& o, const http::client_response& r, bool found) {
  const int code = found ? exit_done : exit_failed;
  const std::string_view head = r.header("X-Oklog-Coverage").value_or("?");
  const std::string_view last = http::find(r.trailers(), "X-Oklog-Coverage").value_or(head);
  const auto summary = parse_summary(http::find(r.trailers(), "X-Oklog-Summary").value_or(""));
  coverage covered = summary ? summary->covered : coverage{};
  covered.state = state_named(last);
  say_coverage(covered);
  return covered.state != coverage_state::partial || o.allow_partial ? code : exit_partial;
}

}  // namespace oklog::cmd
