#include "api/id_list.h"

namespace oklog::api {

result<std::vector<ulid>> parse_ids(std::string_view param, std::string_view text,
                                    std::size_t most) {
  std::vector<ulid> ids;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(','));
    const auto id = parse_ulid(one);
    if (!id || ids.size() == most) {
      return fail(errc::invalid, "parsing '" + std::string(param) + "': at most " +
                                     std::to_string(most) +
                                     " ids of stores, with commas between them, were expected");
    }
    ids.push_back(*id);
    text.remove_prefix(std::min(text.size(), one.size() + 1));
  }
  return ids;
}

std::string format_ids(const std::vector<ulid>& ids) {
  std::string text;
  for (const ulid& id : ids) text += (text.empty() ? "" : ",") + format(id);
  return text;
}

}  // namespace oklog::api
