// "-store": how people name a store ("localhost:7650", "[::1]:7650", "http://host"), as the URL
// that requests begin with. The port is 7650 where none is given.
#pragma once

#include <string>

#include "oklog/base/result.h"

namespace oklog::cmd {

result<std::string> store_url(const std::string& text);

}  // namespace oklog::cmd
