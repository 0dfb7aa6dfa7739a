#include "cmd/oklog/member_name.h"

#include <algorithm>

#include "oklog/base/ulid.h"

namespace oklog::cmd {
namespace {

constexpr std::size_t id_length = 26;

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return 'a' <= c && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return text;
}

}  // namespace

bool may_be_name(const std::string& text) {
  if (text.size() < name_part_min || text.size() > id_length) return false;
  return parse_ulid(text + std::string(id_length - text.size(), '0')).has_value();
}

result<std::string> find_name(const std::string& text, const std::vector<seen_member>& members) {
  const std::string part = upper(text);
  if (part.size() == id_length) return part;
  std::vector<std::string> found;
  for (const seen_member& m : members) {
    if (m.name.compare(0, part.size(), part) == 0) found.push_back(m.name);
  }
  if (found.size() == 1) return found.front();
  if (found.empty()) return fail(errc::not_found, "no member's name begins with " + part);
  return fail(errc::conflict, "the names of " + std::to_string(found.size()) +
                                  " members begin with " + part + ": say more of it");
}

}  // namespace oklog::cmd
