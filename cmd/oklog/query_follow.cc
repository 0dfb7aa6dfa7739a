#include "cmd/oklog/query_follow.h"

#include <cstdio>

#include "cmd/oklog/query_explain.h"
#include "cmd/oklog/query_last.h"
#include "cmd/oklog/refusal.h"
#include "cmd/oklog/seen_records.h"
#include "cmd/oklog/wire_lines.h"
#include "oklog/forward/backoff.h"

namespace oklog::cmd {
namespace {

// The store's time, by the bound "now" of its last answer.
class store_clock {
 public:
  explicit store_clock(const env::clock& clock)
      : clock_(clock), said_(clock.now()), at_(clock.boot()) {}

  void hear(const http::client_response& r) {
    const auto id = parse_to(r.header("X-Oklog-To").value_or(""), wall_time{});
    if (!id || id->ms() == ulid::ms_max) return;  // a stream's, which has no end
    said_ = from_unix_ms(static_cast<std::int64_t>(id->ms()));
    at_ = clock_.boot();
  }
  wall_time now() const { return said_ + (clock_.boot() - at_); }

 private:
  const env::clock& clock_;
  wall_time said_;
  boot_time at_;
};

ulid id_of(std::string_view record) {
  const auto id = parse_ulid(ulid_text_of(record));
  return id ? *id : ulid_min;
}

// Over again after a break, whatever was said before.
bool for_good(unsigned status) {
  return status >= 400 && status < 500 && status != 408 && status != 429;
}

std::string url_of(const query_session& s, const ulid& from) {
  // Without an end, because it may begin at a record whose clock is ahead of the store's.
  std::vector<http::parameter> p{{"from", format(from)}, {"to", format(ulid_max)}};
  s.options.pattern.append_to(p);
  return s.base + "/store/stream?" + http::format_query(p);
}

// What ended one stream: a code where all is over, else the reason to ask again.
struct stream_end {
  std::optional<int> code;
  std::string why;
};

env::awaitable<stream_end> read_stream(http::client_response& r, answer_printer& to) {
  while (true) {
    auto piece = co_await r.next();
    if (!piece) co_return stream_end{std::nullopt, piece.error().what};
    if (!*piece) co_return stream_end{std::nullopt, "the store ended it"};
    // Each piece ends with whole records; a line must be seen when it is there.
    if (!to.feed(**piece) || !to.finish()) co_return stream_end{exit_done, {}};
  }
}

env::awaitable<stream_end> one_stream(query_session& s, const seen_records& seen,
                                      store_clock& clock, answer_printer& to, bool& broken) {
  auto answer = co_await s.client.get(url_of(s, seen.begin()));
  if (!answer) co_return stream_end{std::nullopt, answer.error().what};
  if (answer->status() != 200) {
    std::string why = co_await refusal(*answer);
    if (!for_good(answer->status())) co_return stream_end{std::nullopt, std::move(why)};
    co_return stream_end{complain(why), {}};
  }
  if (broken) (void)complain("following again");
  broken = false;
  clock.hear(*answer);
  stream_end end = co_await read_stream(*answer, to);
  co_return end;
}

// What is stored. Nothing where following may begin.
env::awaitable<std::optional<int>> print_history(query_session& s, answer_printer& to) {
  int code = exit_done;
  if (s.options.last == 0) {
    question nothing = question_of(s.options);  // but the store's time
    nothing.from = nothing.to = "now";
    nothing.limit = 1;
    const auto answer = co_await ask(s, request_of(s, nothing));
    code = answer ? exit_done : exit_error;
  } else if (s.options.last) {
    code = co_await print_last(s, to);
  } else {
    code = co_await print_all(s, to);
  }
  if (code == exit_error) co_return code;
  co_return std::nullopt;
}

}  // namespace

env::awaitable<int> follow(query_session& s) {
  store_clock clock(s.env.clock);
  seen_records seen;
  answer_printer to(s.options);
  std::optional<ulid> first;
  to.choose([&](std::string_view record) {
    if (!first) first = id_of(record);
    return seen.is_new(record, clock.now());
  });
  wall_time asked = clock.now();
  s.on_head = [&](const http::client_response& r) {
    clock.hear(r);
    asked = clock.now();
    const auto from = parse_from(r.header("X-Oklog-From").value_or(""), wall_time{});
    if (from) seen.begin_at(*from);  // whole milliseconds
  };
  if (const auto exactly = parse_ulid(s.options.from)) seen.begin_at(*exactly);
  const auto ended = co_await print_history(s, to);
  if (ended) co_return *ended;
  seen.caught_up(asked);
  // What lies before the last so many was left out on purpose.
  if (s.options.last == 0) {
    seen.begin_at(ulid::lowest(static_cast<std::uint64_t>(unix_ms(asked)) + 1));
  } else if (s.options.last && first) {
    seen.begin_at(*first);
  }
  backoff wait;
  bool broken = false;
  while (true) {
    const boot_time begun = s.env.clock.boot();
    const stream_end end = co_await one_stream(s, seen, clock, to, broken);
    if (end.code) co_return *end.code;
    if (!broken) (void)complain("the stream broke off: " + end.why + "; asking again");
    broken = true;
    if (s.env.clock.boot() - begun > follow_overlap) wait.reset();
    co_await s.env.loop.sleep(wait.next());
  }
}

}  // namespace oklog::cmd
