// RFC 4648 base64 with padding.
#pragma once

#include <string>
#include <string_view>

namespace oklog {
void append_base64(std::string& out, std::string_view bytes);
}  // namespace oklog
