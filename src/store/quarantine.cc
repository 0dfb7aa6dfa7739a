#include "oklog/store/quarantine.h"

#include <nlohmann/json.hpp>
#include <set>

namespace oklog {
namespace {

constexpr std::uint64_t compared_bytes_max = 16 * 1024 * 1024;

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

struct marks {
  std::set<std::string> compared;
  std::set<std::string> lost;
};

std::set<std::string> names_in(const nlohmann::json& object, const char* key) {
  std::set<std::string> names;
  const auto at = object.is_object() ? object.find(key) : object.end();
  if (at == object.end() || !at->is_array()) return names;
  for (const auto& name : *at) {
    if (name.is_string()) names.insert(name.get<std::string>());
  }
  return names;
}

marks read_marks_of(env::filesystem& fs, const std::string& dir) {
  const auto text = env::read_file(fs, dir + "/" + compared_name, compared_bytes_max);
  if (!text) return {};
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  return {names_in(json, "compared"), names_in(json, "lost")};
}

result<> write_marks(env::filesystem& fs, const std::string& dir, const marks& m) {
  const nlohmann::ordered_json json = {{"compared", m.compared}, {"lost", m.lost}};
  return env::write_file(fs, dir, compared_name, json.dump() + "\n");
}

}  // namespace

result<quarantine_count> count_quarantined(env::filesystem& fs, const std::string& dir) {
  TRY_LET(const std::set<std::string> lying, list_quarantine(fs, dir));
  quarantine_count n;
  if (lying.empty()) return n;
  const marks known = read_marks_of(fs, dir);
  for (const std::string& name : lying) {
    ++(known.compared.contains(name) ? n.compared : n.uncompared);
  }
  return n;
}

result<> mark_compared(env::filesystem& fs, const std::string& dir,
                       const std::vector<std::string>& names) {
  TRY_LET(const std::set<std::string> lying, list_quarantine(fs, dir));
  marks m = read_marks_of(fs, dir);
  const auto gone = [&lying](const std::string& name) { return !lying.contains(name); };
  std::erase_if(m.compared, gone);
  std::erase_if(m.lost, gone);
  m.compared.insert(names.begin(), names.end());
  return write_marks(fs, dir, m);
}

result<> mark_all_compared(env::filesystem& fs, const std::string& dir) {
  TRY_LET(const std::set<std::string> lying, list_quarantine(fs, dir));
  const marks known = read_marks_of(fs, dir);
  marks m;
  for (const std::string& name : lying) {
    (known.lost.contains(name) ? m.lost : m.compared).insert(name);
  }
  return write_marks(fs, dir, m);
}

result<> mark_rest_lost(env::filesystem& fs, const std::string& dir) {
  TRY_LET(const std::set<std::string> lying, list_quarantine(fs, dir));
  const marks known = read_marks_of(fs, dir);
  marks m;
  for (const std::string& name : lying) {
    (known.compared.contains(name) ? m.compared : m.lost).insert(name);
  }
  return write_marks(fs, dir, m);
}

}  // namespace oklog
