// "-addr.file": the addresses in use as one JSON object, {"api":"127.0.0.1:1234", ...}, for tests
// and scripts that let the system choose the ports.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "oklog/env/env.h"

namespace oklog::node {

using named_addresses = std::vector<std::pair<std::string, env::endpoint>>;

// "api=127.0.0.1:1234 fast=...", for the log.
std::string format(const named_addresses& addresses);
// Nothing where `path` is empty. Success: the whole file is there under its name.
env::awaitable<result<>> write_addresses(env::environment env, std::string path,
                                         named_addresses addresses);

}  // namespace oklog::node
