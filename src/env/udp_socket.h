// env::datagram over UDP.
#pragma once

#include "env/loop.h"
#include "oklog/env/net.h"

namespace oklog::env {

result<std::unique_ptr<datagram>> bind_udp(real_loop& loop, const endpoint& at);

}  // namespace oklog::env
