#include "oklog/base/result.h"

#include <cstdio>
#include <cstdlib>
#include <ostream>

namespace oklog {

std::string_view name(errc code) {
  switch (code) {
    case errc::not_found:
      return "not found";
    case errc::invalid:
      return "invalid";
    case errc::corruption:
      return "corruption";
    case errc::unavailable:
      return "unavailable";
    case errc::timeout:
      return "timeout";
    case errc::busy:
      return "busy";
    case errc::no_space:
      return "no space";
    case errc::io:
      return "io";
    case errc::cancelled:
      return "cancelled";
    case errc::closed:
      return "closed";
    case errc::conflict:
      return "conflict";
  }
  return "unknown";
}

error with_context(std::string_view context, error e) {
  e.what = std::string(context) + ": " + e.what;
  return e;
}

std::ostream& operator<<(std::ostream& out, const error& e) {
  return out << name(e.code) << ": " << e.what;
}

void throw_exception_from_error(const error& e, const boost::source_location& where) {
  std::fprintf(stderr, "%s:%u: value() of a failed result: %s: %s\n", where.file_name(),
               static_cast<unsigned>(where.line()), name(e.code).data(), e.what.c_str());
  std::abort();
}

}  // namespace oklog
