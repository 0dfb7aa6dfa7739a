// RE2's parse errors in the words of Go's regexp, which OK Log's users know.
#pragma once

#include <re2/re2.h>

#include "oklog/base/result.h"

namespace oklog {
// "compiling regex: error parsing regexp: missing closing ): `(`". REQUIRES: !re.ok().
error regex_error(const re2::RE2& re);
}  // namespace oklog
