#include "oklog/history/ledger.h"

#include <algorithm>
#include <cstdio>

namespace oklog::history {
namespace {

constexpr std::size_t line_digits = 7;

std::string shown(std::string_view text) {
  return "\"" + std::string(text.substr(0, 60)) + "\"";
}

}  // namespace

std::uint64_t ledger::add(std::uint64_t batch, const std::string& topic, std::string_view words) {
  char number[line_digits + 1];
  std::snprintf(number, sizeof number, "%07zu", lines_.size() % 10'000'000);
  sent_line line;
  line.text = std::string(number) + " " + std::string(words);
  line.topic = topic;
  line.batch = batch;
  lines_.push_back(std::move(line));
  return lines_.size() - 1;
}

void ledger::sent(std::uint64_t number, std::size_t ingester, std::int64_t not_before_ms) {
  sent_line& l = lines_[number];
  l.not_before_ms = l.times_sent == 0 ? not_before_ms : std::min(l.not_before_ms, not_before_ms);
  l.ingester = ingester;
  ++l.times_sent;
  ++times_sent_;
}

void ledger::kept(std::uint64_t number, promise how, duration now) {
  sent_line& l = lines_[number];
  if (l.kept == promise::none) ++kept_lines_;
  l.kept = how;
  l.kept_since = now;
}

result<> ledger::seen(std::uint64_t number, const ulid& id) {
  sent_line& l = lines_[number];
  for (const sent_line::record& r : l.records) {
    if (r.id == id) return {};
  }
  if (l.records.size() == l.times_sent) {
    return fail(errc::corruption, shown(l.text) + " was sent " + std::to_string(l.times_sent) +
                                      " times and has one record more: " + format(id));
  }
  l.records.push_back({id, std::nullopt});
  return {};
}

result<> ledger::committed(std::uint64_t number, const ulid& id, duration now) {
  TRY(seen(number, id));
  for (sent_line::record& r : lines_[number].records) {
    if (r.id == id && !r.committed) r.committed = now;
  }
  return {};
}

void ledger::release(std::uint64_t number) {
  if (!lines_[number].released) ++released_;
  lines_[number].released = true;
}

void ledger::release_lost() {
  for (std::uint64_t n = 0; n < lines_.size(); ++n) {
    if (lines_[n].lost) release(n);
  }
}

result<std::uint64_t> ledger::identify(std::string_view text) const {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < line_digits && i < text.size(); ++i) {
    number = number * 10 + static_cast<std::uint64_t>(text[i] - '0');
  }
  if (number >= lines_.size() || lines_[number].text != text || lines_[number].times_sent == 0) {
    return fail(errc::corruption, shown(text) + " is a record, and was never sent");
  }
  return number;
}

bool ledger::owed(std::uint64_t number, duration when) const {
  const sent_line& l = lines_[number];
  return l.kept != promise::none && l.kept_since <= when && !l.released;
}

}  // namespace oklog::history
