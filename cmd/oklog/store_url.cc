#include "cmd/oklog/store_url.h"

#include "oklog/env/address.h"

namespace oklog::cmd {

result<std::string> store_url(const std::string& text) {
  TRY_LET(const env::address at, env::parse_api_address(text, 7650));
  const env::endpoint place{at.host, at.port};
  return "http://" + format(place);
}

}  // namespace oklog::cmd
