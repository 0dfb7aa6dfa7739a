// Query parameters as a stranger sends them: "name=value" lines, then an empty line, then records.
// No input may crash, and a search of a whole batch equals asking each record alone (rule K21).
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "oklog/query/query.h"
#include "oklog/query/record_writer.h"
#include "oklog/query/terminal.h"

namespace {

using namespace oklog;

std::string_view take_until(std::string_view& rest, char end) {
  const std::size_t at = rest.find(end);
  const std::string_view head = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
  return head;
}

parameters take_parameters(std::string_view& input) {
  parameters params;
  while (!input.empty()) {
    std::string_view line = take_until(input, '\n');
    if (line.empty()) break;
    const std::string_view name = take_until(line, '=');
    params.emplace_back(name, line);
  }
  return params;
}

// Records end with LF; \x1e inside one stands for an LF of its own.
batch take_batch(std::string_view input) {
  batch records;
  std::uint64_t seq = 0;
  while (!input.empty()) {
    std::string text(take_until(input, '\n'));
    for (char& c : text) c = c == '\x1e' ? '\n' : c;
    records.add({ulid::make(1000, 1, ++seq), "t", text, false});
  }
  return records;
}

void check_matches(const query& q, const batch& records) {
  std::vector<text_hit> hits;
  q.match->find(records, hits);
  std::size_t at = 0;
  std::uint32_t n = 0;
  std::string out;
  records.for_each([&](const record_view& r) {
    const bool found = at < hits.size() && hits[at].record == n++;
    if (found != q.match->matches(r.text)) std::abort();
    if (found) ++at;
    append_record(out, r, q);
    append_printable(out, r.text);
  });
  if (at != hits.size()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  const parameters params = take_parameters(input);
  const auto q = parse_query(params, from_unix_ms(1'795'000'000'000));
  if (!q) {
    for (const char c : q.error().what) {
      if (static_cast<unsigned char>(c) < 0x20) std::abort();
    }
    return 0;
  }
  (void)response_headers(*q, {}, {}, duration(1));
  check_matches(*q, take_batch(input));
  return 0;
}
