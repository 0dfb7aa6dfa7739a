// The addresses of this machine's interfaces.
#pragma once

#include <string>
#include <vector>

namespace oklog::env {

// As network::local_addresses. Empty also where the system refuses to tell.
std::vector<std::string> interface_addresses();

}  // namespace oklog::env
