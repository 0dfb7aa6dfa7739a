// What another store asks about (confirm_api.h), and what one says while it is verified. No input
// may crash or allocate beyond its limits, and what is understood says the same again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "oklog/api/confirm_api.h"
#include "oklog/api/verify_api.h"

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace oklog;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  api::verify_answer said;
  (void)api::read_line(text, said);
  const auto read = api::parse_records(text);
  if (!read) return 0;
  must(!read->hashes.empty() && read->hashes.size() <= api::confirm_hashes_max);
  const auto again = api::parse_records(api::to_json(*read));
  must(again && again->hashes == read->hashes && again->min == read->min);
  return 0;
}
