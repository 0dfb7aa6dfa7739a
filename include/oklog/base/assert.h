// ASSERT(cond, message): a broken invariant ends the process, in release builds too, because to go
// on would write wrong data. Never used on bytes from disk, wire or user: those fail with a result.
#pragma once

#include <string_view>

namespace oklog {
[[noreturn]] void assert_failed(const char* file, int line, const char* condition,
                                std::string_view message);
// Appended to the report: the simulator puts its seed and virtual time here.
void set_assert_note(const char* note);
}  // namespace oklog

#define ASSERT(cond, message)                                     \
  do {                                                            \
    if (!(cond)) [[unlikely]]                                     \
      ::oklog::assert_failed(__FILE__, __LINE__, #cond, message); \
  } while (false)
