// result<T>: the one way in which a function that can fail says so.
//
// Expected failures (a torn file, a dead peer, a full disk, a wrong flag) are values. Each carries
// an errc, which is a *decision for the caller*, not a cause, and a sentence for a person. Context
// is prepended while the error rises: "segment X: block at 4096: hash differs". Broken invariants
// are not errors: see assert.h.
#pragma once

#include <boost/system/result.hpp>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>

namespace oklog {

enum class errc {
  not_found,    // normal: there is no such thing
  invalid,      // the caller's input is wrong: 4xx, exit code 2
  corruption,   // bytes fail their checks: quarantine, count, go on
  unavailable,  // try again elsewhere
  timeout,      // try again elsewhere
  busy,         // try again later
  no_space,     // stop accepting writes
  io,           // the disk or the kernel refused: stop accepting writes
  cancelled,    // somebody asked us to stop
  closed,       // the other side has gone, or the end of a stream was reached
  conflict,     // the state has moved on (409)
};

std::string_view name(errc code);

struct error {
  errc code;
  std::string what;
};

// The same error with "context: " in front.
error with_context(std::string_view context, error e);

// Called by result<T>::value() on an error: prints it and aborts, since nobody handled it.
[[noreturn]] void throw_exception_from_error(const error& e, const boost::source_location& where);

template <class T = void>
class [[nodiscard]] result : public boost::system::result<T, error> {
 public:
  using base = boost::system::result<T, error>;
  using base::base;
};

// For test reports: "ok", or the error's sentence.
std::ostream& operator<<(std::ostream& out, const error& e);
template <class T>
std::ostream& operator<<(std::ostream& out, const result<T>& r) {
  return r ? (out << "ok") : (out << r.error());
}

inline error fail(errc code, std::string what) {
  return error{code, std::move(what)};
}

}  // namespace oklog

// TRY(expr): leave the function with expr's error, if it has one.
// TRY_LET(auto x, expr): the same, else x is the value. The CO_ forms are for coroutines.
#define OKLOG_TRY_JOIN2(a, b) a##b
#define OKLOG_TRY_JOIN(a, b) OKLOG_TRY_JOIN2(a, b)
#define OKLOG_TRY_IMPL(leave, tmp, ...) \
  auto tmp = __VA_ARGS__;               \
  if (!tmp) leave std::move(tmp).error()
#define OKLOG_TRY_LET_IMPL(leave, tmp, decl, ...) \
  OKLOG_TRY_IMPL(leave, tmp, __VA_ARGS__);        \
  decl = std::move(*tmp)
#define TRY(...) OKLOG_TRY_IMPL(return, OKLOG_TRY_JOIN(try_, __COUNTER__), __VA_ARGS__)
#define TRY_LET(decl, ...) \
  OKLOG_TRY_LET_IMPL(return, OKLOG_TRY_JOIN(try_, __COUNTER__), decl, __VA_ARGS__)
#define CO_TRY(...) OKLOG_TRY_IMPL(co_return, OKLOG_TRY_JOIN(try_, __COUNTER__), __VA_ARGS__)
#define CO_TRY_LET(decl, ...) \
  OKLOG_TRY_LET_IMPL(co_return, OKLOG_TRY_JOIN(try_, __COUNTER__), decl, __VA_ARGS__)
