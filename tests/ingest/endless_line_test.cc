// A sender that never sends a line feed: security of memory, not of lines.
#include <sys/resource.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "oklog/base/prng.h"
#include "oklog/ingest/line_source.h"

namespace oklog::ingest {
namespace {

constexpr boot_time boot_zero{};
constexpr std::uint64_t mib = 1024 * 1024;
constexpr std::uint64_t line_bytes = 10 * 1024 * mib;

std::uint64_t peak_bytes() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return static_cast<std::uint64_t>(used.ru_maxrss) * 1024;
}

}  // namespace

TEST_CASE("line source: a line of 10 GiB costs bounded memory, and no byte of it is lost",
          "[ingest]") {
  // The stream repeats `pattern`, as long as a record may be: so every record must equal it.
  prng random(5);
  std::string pattern(mib, '\0');
  for (char& c : pattern) c = static_cast<char>('a' + random.below(26));
  const std::string twice = pattern + pattern;
  metrics_registry registry;
  ingest_metrics metrics{registry};
  receiver_options options;
  options.line_bytes_max = mib;
  receiver inbox(options, metrics);
  line_source source(inbox, modality::fast, 7);
  std::uint64_t records = 0;
  std::uint64_t wrong = 0;
  std::uint64_t most_held = 0;
  const std::uint64_t peak_before = peak_bytes();
  const auto write_out = [&] {
    for (const sealed_batch& b : inbox.sealed()) {
      b.records->for_each([&](const record_view& r) {
        if (r.text != pattern || r.continuation != (records > 0)) ++wrong;
        ++records;
      });
    }
    if (!inbox.sealed().empty()) inbox.drop_written(inbox.sealed().back().serial);
  };
  for (std::uint64_t sent = 0; sent < line_bytes;) {
    const std::uint64_t piece = std::min(line_bytes - sent, 1 + random.below(mib));
    source.feed({twice.data() + sent % mib, piece}, from_unix_ms(1'700'000'000'000), boot_zero);
    sent += piece;
    most_held = std::max(most_held, source.held_bytes() + inbox.unwritten_bytes());
    write_out();
  }
  source.finish(from_unix_ms(1'700'000'000'000), boot_zero);
  inbox.seal();
  write_out();
  CHECK(records == line_bytes / mib);
  CHECK(wrong == 0);
  CHECK(most_held < 8 * mib);
  CHECK(peak_bytes() - peak_before < 600 * mib);  // the sanitizer keeps some of what is freed
  CHECK(metrics.split_lines.value() == 1);
}

}  // namespace oklog::ingest
