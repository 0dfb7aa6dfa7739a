#include "env/net_error.h"

#include <boost/asio/error.hpp>
#include <cerrno>

namespace oklog::env {

namespace {

errc system_errc(int number) {
  switch (number) {
    case ECANCELED:
      return errc::cancelled;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
    case ENOTCONN:
    case ESHUTDOWN:
    case EBADF:
    case EPROTO:
      return errc::closed;
    case ETIMEDOUT:
      return errc::timeout;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case EAGAIN:
      return errc::busy;
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case EHOSTDOWN:
    case ENETUNREACH:
    case ENETDOWN:
    case EADDRNOTAVAIL:
      return errc::unavailable;
    case EADDRINUSE:
      return errc::conflict;
    case EINVAL:
    case EAFNOSUPPORT:
      return errc::invalid;
    default:
      return errc::io;
  }
}

}  // namespace

errc net_errc(const boost::system::error_code& ec) {
  if (ec == boost::asio::error::eof) return errc::closed;
  if (ec.category() == boost::system::system_category()) return system_errc(ec.value());
  return errc::io;
}

error net_error(std::string what, const boost::system::error_code& ec) {
  return fail(net_errc(ec), std::move(what) + ": " + ec.message());
}

error net_error(std::string what, int number) {
  return net_error(std::move(what),
                   boost::system::error_code(number, boost::system::system_category()));
}

}  // namespace oklog::env
