// One question to the system's resolver. Blocking. Error: unavailable (unknown name, no answer),
// invalid, busy.
#pragma once

#include <string>
#include <vector>

#include "oklog/env/net.h"

namespace oklog::env {

result<std::vector<std::string>> look_up_addresses(const std::string& host);
result<std::vector<srv_target>> look_up_services(const std::string& name);
result<std::vector<std::string>> look_up_names(const std::string& ip);

}  // namespace oklog::env
