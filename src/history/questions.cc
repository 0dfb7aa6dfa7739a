#include "history/questions.h"

#include <nlohmann/json.hpp>

#include "history/load.h"

namespace oklog::history {
namespace {

using namespace std::chrono_literals;

constexpr duration answer_wait = 90s;

std::string trailer(const reply& r, std::string_view name) {
  return std::string(http::find(r.trailers, name).value_or(""));
}

std::string parameters(const question& q) {
  std::string p = "from=" + format(q.from) + "&to=" + format(q.to);
  if (q.descending) p += "&order=desc";
  if (q.limit != ~0ULL) p += "&limit=" + std::to_string(q.limit);
  if (!q.topic.empty()) p += "&topic=" + q.topic;
  if (!q.needle.empty()) p += "&q=" + q.needle;
  return p;
}

std::string numbered(std::uint64_t line) {
  std::string digits = std::to_string(line);
  return std::string(7 - std::min<std::size_t>(7, digits.size()), '0') + digits;
}

}  // namespace

void answer_figures::add(const answer_figures& other) {
  asked += other.asked;
  full += other.full;
  degraded += other.degraded;
  partial += other.partial;
  none += other.none;
  streams += other.streams;
  records += other.records;
}

questions::questions(sim::world& world, fleet& nodes, const plan& p, ledger& book,
                     std::function<void(std::string)> wrong)
    : world_(world),
      nodes_(nodes),
      plan_(p),
      book_(book),
      wrong_(std::move(wrong)),
      random_(p.seed ^ 0x71756572) {}

std::optional<std::size_t> questions::some_store() {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (cluster::has_store(nodes_.role(i)) && nodes_.serves(i)) all.push_back(i);
  }
  if (all.empty()) return std::nullopt;
  return all[random_.below(all.size())];
}

question questions::draw_question() {
  question q;
  if (random_.chance(1, 3)) {
    const auto now = static_cast<std::uint64_t>(unix_ms(nodes_.client().env().clock.now()) +
                                                plan_.wall_begins / 1ms);
    const std::uint64_t back = random_.below(60'000);
    q.from = ulid::lowest(now - back);
    q.to = ulid::highest(now - random_.below(back + 1));
  }
  q.descending = random_.chance(1, 3);
  if (random_.chance(1, 4)) q.limit = 1 + random_.below(40);
  if (plan_.topics && random_.chance(1, 4)) q.topic = "t" + std::to_string(random_.below(3));
  if (random_.chance(1, 4)) q.needle = load::word(random_.next());
  return q;
}

answer_claim questions::claim_of(const reply& r) {
  ++figures_.asked;
  answer_claim says;
  const std::string coverage = trailer(r, "X-Oklog-Coverage");
  if (r.status != 200 || coverage.empty()) {
    ++figures_.none;
    return says;
  }
  if (coverage == "partial") {
    ++figures_.partial;
    says.coverage = claim::partial;
    return says;
  }
  ++(coverage == "full" ? figures_.full : figures_.degraded);
  says.coverage = claim::complete;
  const auto summary = nlohmann::json::parse(trailer(r, "X-Oklog-Summary"), nullptr, false);
  if (summary.is_object() && summary.contains("since")) {
    const auto since = parse_rfc3339(summary["since"].get<std::string>());
    if (since) says.since_ms = unix_ms(*since);
  }
  return says;
}

void questions::judge(std::size_t node, const std::string& target, const reply& r,
                      const result<>& verdict) {
  world_.trace(target + " " + std::to_string(r.body.size()));
  if (verdict) return;
  wrong_("R10: n" + std::to_string(node) + " was asked " + target + " and answered " +
         trailer(r, "X-Oklog-Coverage") + ": " + verdict.error().what +
         "; its summary: " + trailer(r, "X-Oklog-Summary"));
}

static result<> check_answer(const question& q, const answer_claim& says, duration asked,
                             const std::string& body, ledger& book) {
  TRY_LET(const auto lines, read_lines(body));
  TRY(check_sound(q, lines, book));
  return check_complete(q, says, asked, lines, book);
}

env::awaitable<void> questions::ask_lines(std::size_t node, question q) {
  const duration asked = world_.elapsed();
  const std::string target = "/store/query?" + parameters(q);
  const reply r = co_await nodes_.ask(http::method::get, nodes_.url(node, target), answer_wait);
  const answer_claim says = claim_of(r);
  if (r.status != 200) co_return;
  judge(node, target, r, check_answer(q, says, asked, r.body, book_));
}

env::awaitable<void> questions::ask_count(std::size_t node, question q) {
  q.limit = ~0ULL;
  const duration asked = world_.elapsed();
  const std::string target = "/store/query?count=1&" + parameters(q);
  const reply r = co_await nodes_.ask(http::method::get, nodes_.url(node, target), answer_wait);
  const answer_claim says = claim_of(r);
  if (r.status != 200) co_return;
  const std::uint64_t count = std::strtoull(r.body.c_str(), nullptr, 10);
  judge(node, target, r, check_count(q, says, asked, count, book_));
}

env::awaitable<void> questions::ask_histogram(std::size_t node, question q) {
  q.limit = ~0ULL;
  q.descending = false;
  const duration asked = world_.elapsed();
  const std::string target = "/store/histogram?buckets=7&" + parameters(q);
  const reply r = co_await nodes_.ask(http::method::get, nodes_.url(node, target), answer_wait);
  const auto json = nlohmann::json::parse(r.body, nullptr, false);
  if (r.status != 200 || !json.is_object() || !json.contains("answer")) {
    ++figures_.asked;
    ++figures_.none;
    co_return;
  }
  reply as_query = r;
  const auto& says_of_itself = json["answer"];
  as_query.trailers = {{"X-Oklog-Coverage", says_of_itself.value("coverage", "")},
                       {"X-Oklog-Summary", says_of_itself.dump()}};
  const answer_claim says = claim_of(as_query);
  const auto total = json.value("total", std::uint64_t{0});
  judge(node, target, as_query, check_count(q, says, asked, total, book_));
}

env::awaitable<void> questions::ask_context(std::size_t node) {
  if (book_.size() == 0) co_return;
  const std::uint64_t line = random_.below(book_.size());
  if (book_[line].times_sent != 1) co_return;
  const duration asked = world_.elapsed();
  const std::string target =
      "/store/query?before=1&after=1&q=" + numbered(line) + "&" + parameters(question{});
  const reply r = co_await nodes_.ask(http::method::get, nodes_.url(node, target), answer_wait);
  const answer_claim says = claim_of(r);
  if (r.status != 200) co_return;
  const auto lines = read_lines(r.body);
  const result<> verdict =
      lines ? check_context(says, asked, line, *lines, book_) : result<>(lines.error());
  judge(node, target, r, verdict);
}

env::awaitable<void> questions::ask_one() {
  const auto node = some_store();
  if (!node) co_return;
  const std::uint64_t kind = random_.below(10);
  if (kind == 0) {
    co_await ask_count(*node, draw_question());
  } else if (kind == 1) {
    co_await ask_histogram(*node, draw_question());
  } else if (kind == 2) {
    co_await ask_context(*node);
  } else {
    co_await ask_lines(*node, draw_question());
  }
}

env::awaitable<void> questions::ask_for_ever() {
  while (true) {
    const auto most = static_cast<std::uint64_t>((2 * plan_.ask_every).count());
    co_await world_.loop().sleep(duration(random_.below(most + 1)));
    const bool stopped = co_await env::is_cancelled();
    if (stopped) break;
    co_await ask_one();
  }
}

env::awaitable<questions::whole_answer> questions::ask_everything(std::size_t node) {
  whole_answer whole;
  const question everything;
  const duration asked = world_.elapsed();
  const std::string target = "/store/query?" + parameters(everything);
  const reply r = co_await nodes_.ask(http::method::get, nodes_.url(node, target), answer_wait);
  whole.says = claim_of(r);
  whole.summary = r.status == 0 ? "no answer" : trailer(r, "X-Oklog-Summary");
  if (r.status != 200) co_return whole;
  judge(node, target, r, check_answer(everything, whole.says, asked, r.body, book_));
  const auto lines = read_lines(r.body);
  if (!lines) co_return whole;
  for (const answer_line& l : *lines) {
    if (const auto n = book_.identify(l.text)) whole.lines.push_back(*n);
  }
  figures_.records = std::max<std::uint64_t>(figures_.records, whole.lines.size());
  co_return whole;
}

env::awaitable<result<>> questions::read_stream_into(std::size_t node,
                                                     std::vector<std::uint64_t>* out) {
  http::client client(nodes_.client().env());
  CO_TRY_LET(auto answer, co_await client.get(nodes_.url(node, "/store/stream")));
  ++figures_.streams;
  std::string pending;
  while (true) {
    CO_TRY_LET(const auto piece, co_await answer.next());
    if (!piece) co_return result<>{};
    pending += *piece;
    const std::size_t end = pending.rfind('\n') + 1;
    CO_TRY_LET(const auto lines, read_lines(std::string_view(pending).substr(0, end)));
    for (const answer_line& l : lines) {
      CO_TRY_LET(const std::uint64_t n, book_.identify(l.text));
      CO_TRY(book_.seen(n, l.id));
      out->push_back(n);
    }
    pending.erase(0, end);
  }
}

env::awaitable<std::vector<std::uint64_t>> questions::read_stream(std::size_t node,
                                                                  duration for_so_long) {
  std::vector<std::uint64_t> lines;
  auto reading = read_stream_into(node, &lines);
  const auto ended =
      co_await env::with_timeout(world_.loop(), for_so_long, "a stream", std::move(reading));
  if (!ended && ended.error().code == errc::corruption) {
    wrong_("the stream of n" + std::to_string(node) + ": " + ended.error().what);
  }
  std::vector<unsigned> times(book_.size(), 0);
  for (const std::uint64_t n : lines) {
    if (++times[n] <= book_[n].times_sent) continue;
    wrong_("the stream of n" + std::to_string(node) + " shows \"" + book_[n].text.substr(0, 30) +
           "\" " + std::to_string(times[n]) + " times, and it was sent " +
           std::to_string(book_[n].times_sent) + " times");
    break;
  }
  co_return lines;
}

env::awaitable<void> questions::stream_for_ever() {
  while (true) {
    co_await world_.loop().sleep(std::chrono::milliseconds(random_.below(20'000)));
    const bool stopped = co_await env::is_cancelled();
    if (stopped) break;
    const auto node = some_store();
    if (!node) continue;
    const duration for_so_long = 1s + std::chrono::milliseconds(random_.below(20'000));
    (void)co_await read_stream(*node, for_so_long);
  }
}

}  // namespace oklog::history
