// errno as a result: what was tried, on what, and the system's own words.
#pragma once

#include <cerrno>
#include <string>
#include <string_view>

#include "oklog/base/result.h"

namespace oklog::env {

// The decision that an errno of a file operation means.
errc file_errc(int number);
// "open /data/LOCK: Permission denied"
error file_error(std::string_view verb, const std::string& path, int number);

// Repeats a system call that a signal interrupted.
template <class Call>
auto uninterrupted(Call&& call) {
  for (;;) {
    const auto r = call();
    if (r >= 0 || errno != EINTR) return r;
  }
}

}  // namespace oklog::env
