#include "http/append_now.h"

#include <algorithm>

namespace oklog::http {

result<std::size_t> append_now(env::stream& from, std::string& in, std::size_t bytes_max) {
  char piece[append_bytes_max];
  auto got = from.read_now(piece, std::min(bytes_max, sizeof piece));
  if (got) in.append(piece, *got);
  return got;
}

}  // namespace oklog::http
