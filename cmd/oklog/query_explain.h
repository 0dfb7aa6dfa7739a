// What an answer cost, for people, on stderr.
#pragma once

#include <string>
#include <string_view>

#include "cmd/oklog/query_request.h"

namespace oklog::cmd {

// -v, before the answer: as Go's client says it.
void explain_head(const query_session& s, const http::client_request& asked,
                  const http::client_response& r, duration took);

// -v and -explain, behind the answer; nothing without them.
void explain_end(const query_session& s, const http::client_response& r, duration took);

// The table that the JSON of X-Oklog-Summary makes; one line that says so where it is none.
std::string explain_table(std::string_view summary, duration took);

}  // namespace oklog::cmd
