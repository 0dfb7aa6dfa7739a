// oklog query -n: the last matches, oldest first.
#pragma once

#include "cmd/oklog/query_print.h"

namespace oklog::cmd {

// Asks newest first for so many, and prints them the other way round. What it says at the end is
// the code of the whole query.
env::awaitable<int> print_last(query_session& s, answer_printer& to);

}  // namespace oklog::cmd
