#include "oklog/query/query.h"
#include "oklog/query/record_writer.h"

namespace oklog {
namespace {

constexpr std::size_t q_header_bytes_max = 1024;

std::string percent_encode(std::string_view text) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

// Go's client reads RFC 3339 or a ULID; a year of five digits is not the first.
std::string time_or_ulid(const ulid& id) {
  constexpr std::uint64_t year_10000_ms = 253'402'300'800'000;
  return id.ms() < year_10000_ms ? format_ulid_time(id) : format(id);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> response_headers(const query& q,
                                                                  const query_stats& stats,
                                                                  const coverage& covered,
                                                                  duration elapsed) {
  std::vector<std::pair<std::string, std::string>> headers{
      {"X-Oklog-From", time_or_ulid(q.from)},
      {"X-Oklog-To", time_or_ulid(q.to)},
      {"X-Oklog-Regex", q.regex ? "true" : "false"},
      {"X-Oklog-Nodes-Queried", std::to_string(stats.nodes_queried)},
      {"X-Oklog-Segments-Queried", std::to_string(stats.segments_queried)},
      {"X-Oklog-Max-Data-Set-Size", std::to_string(stats.max_data_set_bytes)},
      {"X-Oklog-Error-Count", std::to_string(stats.error_count)},
      {"X-Oklog-Duration", format_duration(elapsed)},
      {"X-Oklog-Coverage", std::string(name(covered.state))},
  };
  const std::string first = q.patterns.empty() ? std::string() : q.patterns.front();
  if (first.size() <= q_header_bytes_max) {
    std::string encoded = percent_encode(first);
    if (encoded.size() <= q_header_bytes_max) headers.emplace_back("X-Oklog-Q", std::move(encoded));
  }
  return headers;
}

}  // namespace oklog
