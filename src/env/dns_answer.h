// What a DNS answer says, from its bytes. They come from the network: nothing in them is trusted.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "oklog/env/net.h"

namespace oklog::env {

// Lowest priority number first, else in the order of the answer. Error: unavailable.
result<std::vector<srv_target>> read_srv_answer(std::string_view answer);
result<std::vector<std::string>> read_ptr_answer(std::string_view answer);

// The name under which an address is looked up: "1.0.0.127.in-addr.arpa". Error: invalid.
result<std::string> reverse_name(const std::string& ip);

}  // namespace oklog::env
