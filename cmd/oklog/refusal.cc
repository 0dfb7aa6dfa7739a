#include "cmd/oklog/refusal.h"

#include "oklog/query/terminal.h"

namespace oklog::cmd {
namespace {

constexpr std::uint64_t refusal_bytes_max = 64 * 1024;
constexpr std::size_t shown_bytes_max = 1000;

}  // namespace

env::awaitable<std::string> reason(http::client_response& r) {
  const auto said = co_await r.read_all(refusal_bytes_max);
  if (!said) co_return "its reason broke off";
  const std::string_view sentence(*said);
  co_return excerpt(sentence.substr(0, sentence.find_last_not_of('\n') + 1), shown_bytes_max);
}

env::awaitable<std::string> refusal(http::client_response& r) {
  const std::string why = co_await reason(r);
  co_return "the store answered " + std::to_string(r.status()) + ": " + why;
}

}  // namespace oklog::cmd
