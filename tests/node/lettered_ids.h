// Stores and ingesters that tests call by a letter.
#pragma once

#include "oklog/base/ulid.h"

namespace oklog::node {

inline constexpr ulid A{1, 1}, B{1, 2}, C{1, 3}, D{1, 4}, I{1, 9};

}  // namespace oklog::node
