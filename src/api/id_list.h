// Names of stores in a parameter: ULIDs, with commas between them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "oklog/base/ulid.h"

namespace oklog::api {

// Empty where `text` is. Error: invalid, naming the parameter.
result<std::vector<ulid>> parse_ids(std::string_view param, std::string_view text,
                                    std::size_t most);
std::string format_ids(const std::vector<ulid>& ids);

}  // namespace oklog::api
