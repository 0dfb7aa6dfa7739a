#include "store/quarantine.h"

#include <algorithm>

namespace oklog {

std::optional<std::size_t> count_quarantined(env::filesystem& fs, const std::string& dir) {
  const auto listed = fs.list(dir + "/quarantine");
  if (!listed && listed.error().code == errc::not_found) return 0;
  if (!listed) return std::nullopt;
  const auto plain = [](const env::dir_entry& e) { return e.kind == env::file_kind::regular; };
  return static_cast<std::size_t>(std::count_if(listed->begin(), listed->end(), plain));
}

}  // namespace oklog
