#include "query/atoms.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "oklog/base/find_bytes.h"

namespace oklog {
namespace {

constexpr std::size_t choice_max = 64;

std::vector<int> all_but(std::size_t count, const std::vector<int>& without) {
  std::vector<int> out;
  for (int i = 0; i < static_cast<int>(count); ++i) {
    if (std::find(without.begin(), without.end(), i) == without.end()) out.push_back(i);
  }
  return out;
}

// The lower, the better an atom is to search for.
int badness(const std::string& atom) {
  int best = std::numeric_limits<int>::max();
  for (const std::string_view run : ascii_runs(atom, false)) {
    const int length = static_cast<int>(std::min<std::size_t>(run.size(), 12));
    const int common = static_cast<int>(byte_finder(std::string(run), true).commonness());
    if (run.size() > 1) best = std::min(best, common - 8 * length);
  }
  return best;
}

}  // namespace

atoms::atoms(const std::vector<std::string>& patterns, const regex_rules& rules, int bytes_min)
    : filter_(bytes_min) {
  for (const std::string& pattern : patterns) {
    int id = 0;
    filter_.Add(rules.literal ? re2::RE2::QuoteMeta(pattern) : pattern, regex_options(rules), &id);
  }
  filter_.Compile(&all_);
}

bool atoms::may_match(const std::vector<int>& present) const {
  std::vector<int> potentials;
  filter_.AllPotentials(present, &potentials);
  return !potentials.empty();
}

std::vector<std::string> atoms::required() const {
  if (all_.size() > choice_max || may_match({})) return {};
  std::vector<int> order(all_.size());
  std::iota(order.begin(), order.end(), 0);
  std::vector<int> bad(all_.size());
  std::transform(all_.begin(), all_.end(), bad.begin(), badness);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return bad[static_cast<std::size_t>(a)] < bad[static_cast<std::size_t>(b)];
  });
  for (const int atom : order) {
    if (!may_match(all_but(all_.size(), {atom}))) return {all_[static_cast<std::size_t>(atom)]};
  }
  // A text without all of these cannot match; the worst are let go while that holds.
  std::vector<int> chosen = order;
  for (auto worst = order.rbegin(); worst != order.rend(); ++worst) {
    std::vector<int> fewer = chosen;
    std::erase(fewer, *worst);
    if (!may_match(all_but(all_.size(), fewer))) chosen = std::move(fewer);
  }
  std::vector<std::string> out;
  for (const int atom : chosen) out.push_back(all_[static_cast<std::size_t>(atom)]);
  return out;
}

std::vector<std::string_view> ascii_runs(std::string_view text, bool folded_letters) {
  std::vector<std::string_view> out;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? fold_ascii(text[i]) : '\x80';
    const bool cut =
        static_cast<unsigned char>(c) >= 0x80 || (folded_letters && (c == 'k' || c == 's'));
    if (!cut) continue;
    if (i > begin) out.push_back(text.substr(begin, i - begin));
    begin = i + 1;
  }
  return out;
}

}  // namespace oklog
