#include "oklog/sim/durability.h"

#include <algorithm>

#include "oklog/base/assert.h"

namespace oklog::sim {

void durability::sent(std::string record) {
  sent_.insert(std::move(record));
}

void durability::acked(const std::string& record) {
  ASSERT(sent_.contains(record), "acknowledged, but never sent");
  acked_.insert(record);
}

namespace {

// Counts one kind of violation and keeps its first example.
struct finding {
  std::string_view what;
  std::size_t count = 0;
  std::string example = {};

  void add(const std::string& record) {
    if (count++ == 0) example = record.substr(0, 80);
  }
  void report(std::string& out) const {
    if (count == 0) return;
    if (!out.empty()) out += "; ";
    out += std::to_string(count) + " " + std::string(what) + ", first \"" + example + "\"";
  }
};

}  // namespace

result<> durability::check_with_duplicates(const std::vector<std::string>& recovered) const {
  const std::set<std::string> got(recovered.begin(), recovered.end());
  finding missing{"acknowledged records are missing"};
  finding invented{"records were never sent"};
  for (const auto& r : acked_) {
    if (!got.contains(r)) missing.add(r);
  }
  for (const auto& r : got) {
    if (!sent_.contains(r)) invented.add(r);
  }
  std::string sentence;
  missing.report(sentence);
  invented.report(sentence);
  if (sentence.empty()) return {};
  return fail(errc::corruption, sentence);
}

result<> durability::check(const std::vector<std::string>& recovered) const {
  TRY(check_with_duplicates(recovered));
  finding twice{"records appear twice"};
  std::set<std::string_view> seen;
  for (const auto& r : recovered) {
    if (!seen.insert(r).second) twice.add(r);
  }
  std::string sentence;
  twice.report(sentence);
  if (sentence.empty()) return {};
  return fail(errc::corruption, sentence);
}

}  // namespace oklog::sim
