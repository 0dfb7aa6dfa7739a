// A stream over a descriptor that the process was given.
#pragma once

#include "env/loop.h"
#include "oklog/env/net.h"

namespace oklog::env {

std::unique_ptr<stream> make_input(real_loop& loop, int fd);

}  // namespace oklog::env
