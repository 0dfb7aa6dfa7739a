#include "node/addresses.h"

#include <nlohmann/json.hpp>

namespace oklog::node {

std::string format(const named_addresses& addresses) {
  std::string text;
  for (const auto& [name, at] : addresses) {
    if (!text.empty()) text += ' ';
    text += name + "=" + env::format(at);
  }
  return text;
}

env::awaitable<result<>> write_addresses(env::environment env, std::string path,
                                         named_addresses addresses) {
  if (path.empty()) co_return result<>{};
  nlohmann::ordered_json object;
  for (const auto& [name, at] : addresses) object[name] = env::format(at);
  const std::string bytes = object.dump() + "\n";
  const std::size_t slash = path.rfind('/');
  const std::string dir = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const std::string file = slash == std::string::npos ? path : path.substr(slash + 1);
  const auto written =
      co_await env::offload(env.loop, [&] { return env::write_file(env.fs, dir, file, bytes); });
  if (!written) co_return with_context("-addr.file " + path, written.error());
  co_return result<>{};
}

}  // namespace oklog::node
