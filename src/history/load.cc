#include "history/load.h"

namespace oklog::history {
namespace {

using namespace std::chrono_literals;

const std::string words[] = {"alpha", "bravo", "charlie", "delta", "echo",   "foxtrot", "golf",
                             "hotel", "india", "juliett", "kilo",  "lima",   "mike",    "november",
                             "oscar", "papa",  "quebec",  "romeo", "sierra", "tango"};
// Wall clocks may be wrong by so much, and jump while a line is on its way.
constexpr duration clocks_wrong_by = 10min;

env::awaitable<result<>> until_closed(env::stream& s) {
  char said[64];
  while (true) {
    CO_TRY_LET(const std::size_t n, co_await s.read_some(said, sizeof said));
    if (n == 0) co_return result<>{};
  }
}

}  // namespace

const std::string& load::word(std::uint64_t which) {
  return words[which % std::size(words)];
}

load::load(sim::world& world, fleet& nodes, const plan& p, ledger& book)
    : world_(world), nodes_(nodes), plan_(p), book_(book) {}

std::vector<std::uint64_t> load::new_batch(std::size_t lines, prng& random) {
  const std::uint64_t batch = ++batches_;
  const std::string topic = plan_.topics ? "t" + std::to_string(batch % 3) : "default";
  std::vector<std::uint64_t> numbers;
  for (std::size_t i = 0; i < lines; ++i) {
    std::string text;
    for (std::uint64_t w = 1 + random.below(12); w > 0; --w) text += word(random.next()) + " ";
    numbers.push_back(book_.add(batch, topic, text + "."));
  }
  return numbers;
}

std::string load::wire(std::uint64_t line) const {
  const sent_line& l = book_[line];
  return (plan_.topics ? l.topic + " " : "") + l.text + "\n";
}

// Also one that does not run just now: senders do not know.
std::optional<std::size_t> load::some_ingester(prng& random) const {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const bool takes = cluster::has_ingest(nodes_.role(i)) && !nodes_.gone(i);
    if (takes && (nodes_.serves(i) || random.chance(1, 8))) all.push_back(i);
  }
  if (all.empty()) return std::nullopt;
  return all[random.below(all.size())];
}

env::awaitable<result<>> load::send_lines(std::size_t ingester, std::vector<std::uint64_t> lines,
                                          promise wanted, prng& random) {
  const std::uint16_t port = wanted == promise::on_disk ? 7652 : 7651;
  const env::endpoint to{nodes_.host(ingester).ip(), port};
  CO_TRY_LET(const auto stream, co_await nodes_.client().env().net.connect(to));
  for (std::size_t at = 0; at < lines.size();) {
    std::string bytes;
    const std::size_t end = std::min(lines.size(), at + 1 + random.below(lines.size()));
    const wall_time now = nodes_.host(ingester).env().clock.now();
    for (; at < end; ++at) {
      bytes += wire(lines[at]);
      book_.sent(lines[at], ingester, unix_ms(now - clocks_wrong_by));
    }
    CO_TRY(co_await stream->write(bytes));
    if (random.chance(1, 3))
      co_await world_.loop().sleep(std::chrono::milliseconds(random.below(300)));
  }
  CO_TRY(stream->shutdown_send());
  co_return co_await until_closed(*stream);
}

env::awaitable<bool> load::send_batch(std::size_t ingester, std::vector<std::uint64_t> lines,
                                      promise wanted, prng& random) {
  const duration patience = 2s + std::chrono::milliseconds(random.below(15'000));
  const std::vector<std::uint64_t> sent = lines;
  auto sending = send_lines(ingester, std::move(lines), wanted, random);
  const auto done =
      co_await env::with_timeout(world_.loop(), patience, "sending", std::move(sending));
  if (!done) co_return false;
  for (const std::uint64_t n : sent) book_.kept(n, wanted, world_.elapsed());
  co_return true;
}

env::awaitable<void> load::send_for_ever(std::uint64_t number) {
  prng random(plan_.seed * 7919 + number);
  const std::uint64_t most = 2 + random.below(30);  // lines of a batch
  while (!stopping_) {
    const std::size_t lines = 1 + random.below(most);
    const std::uint64_t pause_ms =
        1000 * lines * plan_.senders / std::max(1u, plan_.records_per_second);
    co_await world_.loop().sleep(
        std::chrono::milliseconds(pause_ms / 2 + random.below(pause_ms + 1)));
    const bool stopped = co_await env::is_cancelled();
    if (stopped || stopping_) break;
    const promise wanted = random.chance(2, 3) ? promise::on_disk : promise::in_page_cache;
    const std::vector<std::uint64_t> batch = new_batch(lines, random);
    for (int tries = 0; tries < 3 && !stopping_; ++tries) {
      const auto ingester = some_ingester(random);
      if (ingester) {
        const bool kept = co_await send_batch(*ingester, batch, wanted, random);
        if (kept) break;
      }
      if (random.chance(1, 3)) break;
      co_await world_.loop().sleep(500ms);
    }
  }
}

}  // namespace oklog::history
