#include "oklog/http/router.h"

#include "oklog/base/assert.h"

namespace oklog::http {

std::string_view name(scope s) {
  switch (s) {
    case scope::read:
      return "read";
    case scope::write:
      return "write";
    case scope::internal:
      return "internal";
    case scope::admin:
      return "admin";
  }
  return "?";
}

route& router::add(route r) {
  ASSERT(!r.path.empty() && r.path.front() == '/', "a route's path begins with '/'");
  ASSERT(r.kind == path_kind::exact || r.path.back() == '/', "a prefix ends with '/'");
  ASSERT(!r.methods.empty() && r.handle, "a route has a method and a handler");
  return routes_.emplace_back(std::move(r));
}

router::match router::find(method m, std::string_view path) const {
  match out;
  std::size_t best = 0;  // an exact path counts one more than a prefix of its length
  for (const auto& r : routes_) {
    const bool fits = r.kind == path_kind::exact ? path == r.path : path.starts_with(r.path);
    const std::size_t weight = r.path.size() + (r.kind == path_kind::exact ? 1 : 0);
    if (!fits || weight < best) continue;
    if (weight > best) out = match();
    best = weight;
    out.allowed = out.allowed | r.methods;
    if (r.methods.has(m)) out.found = &r;
  }
  return out;
}

}  // namespace oklog::http
