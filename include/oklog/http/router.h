// Which handler answers which request. Built once at start-up, then only read.
//
// A path is taken exactly, or as a prefix that ends in '/'; an exact one wins over a prefix, a
// longer prefix over a shorter. One path may have several routes with different methods. Every
// route declares its scope, so that access can be given by scope; all scopes are open for now.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "oklog/http/message.h"
#include "oklog/http/responder.h"

namespace oklog::http {

enum class scope {
  read,      // ask for records
  write,     // bring records
  internal,  // what nodes say to each other
  admin,     // operate the node
};
std::string_view name(scope s);

// Both references live until the handler's coroutine has ended. Never a capturing lambda coroutine:
// a lambda that calls a named coroutine function is fine.
using handler = std::function<env::awaitable<void>(const request&, responder&)>;

enum class path_kind { exact, prefix };

struct route {
  route(method_set m, std::string p, scope s, handler h)
      : methods(m), path(std::move(p)), needs(s), handle(std::move(h)) {}

  method_set methods;
  std::string path;
  scope needs;
  handler handle;
  path_kind kind = path_kind::exact;
  std::uint64_t body_bytes_max = 0;  // 0: the server's

  // The path as metrics name it: "/ui/*" for a prefix.
  std::string label() const { return kind == path_kind::prefix ? path + "*" : path; }
};

class router {
 public:
  // REQUIRES: no other route has the same path, kind and method. Returns it for refinement until
  // the next add().
  route& add(route r);

  struct match {
    const route* found = nullptr;
    method_set allowed;  // where the path is known and the method is not: 405
  };
  match find(method m, std::string_view path) const;
  const std::vector<route>& routes() const { return routes_; }

 private:
  std::vector<route> routes_;
};

}  // namespace oklog::http
