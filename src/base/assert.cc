#include "oklog/base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace oklog {
namespace {
thread_local const char* assert_note = "";
}

void set_assert_note(const char* note) {
  assert_note = note;
}

void assert_failed(const char* file, int line, const char* condition, std::string_view message) {
  std::fprintf(stderr, "%s:%d: broken invariant: %s: %.*s %s\n", file, line, condition,
               static_cast<int>(message.size()), message.data(), assert_note);
  std::abort();
}

}  // namespace oklog
