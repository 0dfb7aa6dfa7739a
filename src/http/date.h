// The Date header: "Sun, 06 Nov 1994 08:49:37 GMT".
#pragma once

#include <string>

#include "oklog/base/time.h"

namespace oklog::http {

std::string format_date(wall_time t);

}  // namespace oklog::http
