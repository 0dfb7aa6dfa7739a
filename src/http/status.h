// The reason phrases of the status codes that we send.
#pragma once

#include <string_view>

namespace oklog::http {

std::string_view reason(unsigned status);

}  // namespace oklog::http
