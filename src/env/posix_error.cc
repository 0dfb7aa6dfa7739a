#include "env/posix_error.h"

#include <system_error>

namespace oklog::env {

errc file_errc(int number) {
  switch (number) {
    case ENOENT:
      return errc::not_found;
    case EEXIST:
    case ENOTEMPTY:
      return errc::conflict;
    case ENOSPC:
    case EDQUOT:
      return errc::no_space;
    case ELOOP:
    case EISDIR:
    case ENOTDIR:
    case ENXIO:
    case EINVAL:
    case ENAMETOOLONG:
      return errc::invalid;
    case EMFILE:
    case ENFILE:
    case EWOULDBLOCK:
      return errc::busy;
    default:
      return errc::io;
  }
}

error file_error(std::string_view verb, const std::string& path, int number) {
  std::string what(verb);
  what += " " + path + ": " + std::generic_category().message(number);
  return fail(file_errc(number), std::move(what));
}

}  // namespace oklog::env
