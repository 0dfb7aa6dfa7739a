#include "cmd/oklog/query_print.h"

#include "cmd/oklog/query_explain.h"

namespace oklog::cmd {
namespace {

line_prefix prefix_of(const query_options& o) {
  if (o.ulid) return line_prefix::ulid;
  return o.time ? line_prefix::time : line_prefix::none;
}

}  // namespace

answer_printer::answer_printer(const query_options& o)
    : records_(prefix_of(o), make_painter(o.pattern)), json_(o.pattern.json()), count_(o.count) {}

bool answer_printer::feed(std::string_view bytes) {
  if (wanted_) {
    lines_.feed(bytes, [this](std::string_view text) { add(text); });
  } else if (json_ || count_) {
    found_ = found_ || (count_ ? bytes.find_first_not_of("0\n") != bytes.npos : !bytes.empty());
    out_ += bytes;
  } else {
    records_.feed(bytes, out_);
  }
  return flush();
}

bool answer_printer::line(std::string_view text) {
  add(text);
  return flush(write_bytes);
}

void answer_printer::add(std::string_view text) {
  if (wanted_ && !wanted_(text)) return;
  if (json_) {
    found_ = true;
    out_.append(text) += '\n';
  } else {
    records_.print(text, out_);
  }
}

bool answer_printer::flush(std::size_t least) {
  if (out_.size() < least) return true;
  const bool read = write_out(out_);
  out_.clear();
  return read;
}

bool answer_printer::finish() {
  if (!json_ && !count_) records_.finish(out_);
  return flush();
}

env::awaitable<std::optional<int>> print_body(http::client_response& r, answer_printer& to) {
  while (true) {
    auto piece = co_await r.next();
    if (!piece) {
      (void)to.finish();
      co_return complain("the answer broke off: " + piece.error().what);
    }
    if (!*piece) break;
    if (!to.feed(**piece)) co_return exit_done;  // whoever read us has seen enough
  }
  if (!to.finish()) co_return exit_done;
  co_return std::nullopt;
}

env::awaitable<int> print_all(query_session& s, answer_printer& to) {
  const query_options& o = s.options;
  const boot_time begun = s.env.clock.boot();
  const http::client_request asked = request_of(s, question_of(o));
  auto answer = co_await ask(s, asked);
  if (!answer) co_return exit_error;
  if (o.verbose || o.stats) explain_head(s, asked, *answer, s.env.clock.boot() - begun);
  if (o.stats || o.nocopy) co_return exit_done;
  const auto early = co_await print_body(*answer, to);
  if (early) co_return *early;
  explain_end(s, *answer, s.env.clock.boot() - begun);
  co_return verdict(o, *answer, to.found());
}

}  // namespace oklog::cmd
