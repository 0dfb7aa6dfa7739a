// oklog query -f: what is stored, then what comes in, without a gap and with nothing twice.
#pragma once

#include "cmd/oklog/query_print.h"

namespace oklog::cmd {

// Ends only where nobody reads our output, or the store refuses for good. A stream that breaks is
// taken up again where it broke, after a wait that grows to a second.
env::awaitable<int> follow(query_session& s);

}  // namespace oklog::cmd
