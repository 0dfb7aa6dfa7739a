#include "cmd/oklog/query_explain.h"

#include <cstdio>
#include <cstdlib>

#include "oklog/query/record_writer.h"

namespace oklog::cmd {
namespace {

std::string header_of(const http::client_response& r, const char* name) {
  return std::string(r.header(name).value_or("?"));
}

// As Go's client shows a bound: "{ULID time}", whichever of them the header has.
std::string bound_of(const http::client_response& r, const char* name) {
  const std::string text = header_of(r, name);
  const auto id = parse_from(text, wall_time{});
  return id ? "{" + format(*id) + " " + format_ulid_time(*id) + "}" : text;
}

std::string first_pattern(const pattern_flags& p) {
  std::string all;
  for (const std::string& q : p.patterns) all += (all.empty() ? "\"" : "\" or \"") + q;
  return (all.empty() ? "\"" : all) + "\"";
}

}  // namespace

void explain_head(const query_session& s, const http::client_request& asked,
                  const http::client_response& r, duration took) {
  const query_options& o = s.options;
  const std::uint64_t bytes =
      std::strtoull(header_of(r, "X-Oklog-Max-Data-Set-Size").c_str(), nullptr, 10);
  std::fprintf(stderr, "%s %s\nResponse in %s\n", o.stats ? "HEAD" : "GET", asked.url.c_str(),
               format_duration(took).c_str());
  std::fprintf(stderr, "Queried from %s\nQueried to %s\n", bound_of(r, "X-Oklog-From").c_str(),
               bound_of(r, "X-Oklog-To").c_str());
  std::fprintf(stderr, "Queried %s %s\n", o.pattern.regex ? "regular expression" : "normal string",
               first_pattern(o.pattern).c_str());
  std::fprintf(stderr, "%s node(s) queried\n%s segment(s) queried\n",
               header_of(r, "X-Oklog-Nodes-Queried").c_str(),
               header_of(r, "X-Oklog-Segments-Queried").c_str());
  std::fprintf(stderr, "%lluB (%lluMiB) maximum data set size\n%s error(s)\n",
               static_cast<unsigned long long>(bytes), static_cast<unsigned long long>(bytes >> 20),
               header_of(r, "X-Oklog-Error-Count").c_str());
  std::fprintf(stderr, "%s server-reported duration\n%s coverage\n",
               header_of(r, "X-Oklog-Duration").c_str(), header_of(r, "X-Oklog-Coverage").c_str());
}

void explain_end(const query_session& s, const http::client_response& r, duration took) {
  if (!s.options.verbose && !s.options.explain) return;
  const auto summary = http::find(r.trailers(), "X-Oklog-Summary");
  std::fputs(explain_table(summary.value_or(""), took).c_str(), stderr);
}

}  // namespace oklog::cmd
