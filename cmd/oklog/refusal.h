// What a node says where it does not do what it was asked for, of an answer that was not read yet:
// one line, safe on a terminal.
#pragma once

#include <string>

#include "oklog/env/env.h"
#include "oklog/http/client.h"

namespace oklog::cmd {

// Its own sentence.
env::awaitable<std::string> reason(http::client_response& r);

// "the store answered 400: " and the sentence.
env::awaitable<std::string> refusal(http::client_response& r);

}  // namespace oklog::cmd
