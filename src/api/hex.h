// A 128-bit hash as HTTP carries it: 32 hexadecimal digits, most significant first.
#pragma once

#include <optional>
#include <string_view>

#include "oklog/base/hash.h"

namespace oklog::api {

std::optional<hash128> parse_hash128(std::string_view text);

}  // namespace oklog::api
