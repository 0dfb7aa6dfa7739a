// Reading what is there, by way of the stack: most of what comes is far shorter than the room that
// would be made for it.
#pragma once

#include <string>

#include "oklog/env/net.h"

namespace oklog::http {

inline constexpr std::size_t append_bytes_max = 64 << 10;

// At most `bytes_max` more of `from` to the end of `in`. 0 at the end of the stream. Error: busy
// where nothing is there.
result<std::size_t> append_now(env::stream& from, std::string& in,
                               std::size_t bytes_max = append_bytes_max);

}  // namespace oklog::http
