#include "oklog/store/quarantine.h"

#include <nlohmann/json.hpp>
#include <set>

namespace oklog {
namespace {

constexpr std::uint64_t file_bytes_max = 16 * 1024 * 1024;

result<std::set<std::string>> list_quarantine(env::filesystem& fs, const std::string& dir) {
  std::set<std::string> names;
  const auto listed = fs.list(dir + "/quarantine");
  if (!listed && listed.error().code == errc::not_found) return names;
  if (!listed) return listed.error();
  for (const env::dir_entry& e : *listed) {
    if (e.kind == env::file_kind::regular) names.insert(e.name);
  }
  return names;
}

std::set<std::string> read_compared(env::filesystem& fs, const std::string& dir) {
  std::set<std::string> names;
  const auto text = env::read_file(fs, dir + "/" + compared_name, file_bytes_max);
  if (!text) return names;
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  if (!json.is_array()) return names;
  for (const auto& name : json) {
    if (name.is_string()) names.insert(name.get<std::string>());
  }
  return names;
}

result<> write_compared(env::filesystem& fs, const std::string& dir,
                        const std::set<std::string>& names) {
  return env::write_file(fs, dir, compared_name, nlohmann::json(names).dump() + "\n");
}

}  // namespace

std::optional<quarantine_count> count_quarantined(env::filesystem& fs, const std::string& dir) {
  const auto lying = list_quarantine(fs, dir);
  if (!lying) return std::nullopt;
  quarantine_count n;
  if (lying->empty()) return n;
  const std::set<std::string> compared = read_compared(fs, dir);
  for (const std::string& name : *lying) ++(compared.contains(name) ? n.compared : n.uncompared);
  return n;
}

result<> mark_compared(env::filesystem& fs, const std::string& dir,
                       const std::vector<std::string>& names) {
  TRY_LET(const std::set<std::string> lying, list_quarantine(fs, dir));
  std::set<std::string> compared = read_compared(fs, dir);
  std::erase_if(compared, [&lying](const std::string& name) { return !lying.contains(name); });
  compared.insert(names.begin(), names.end());
  return write_compared(fs, dir, compared);
}

result<> mark_all_compared(env::filesystem& fs, const std::string& dir) {
  TRY_LET(const std::set<std::string> lying, list_quarantine(fs, dir));
  return write_compared(fs, dir, lying);
}

}  // namespace oklog
