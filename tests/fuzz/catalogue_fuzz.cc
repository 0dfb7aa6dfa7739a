// What another store says that it holds. No input may crash or allocate beyond its limits, and what
// is understood says the same again when it is written.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "oklog/api/catalogue_api.h"

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace oklog;
  const auto read = api::parse_catalogue({reinterpret_cast<const char*>(data), size});
  if (!read) return 0;
  for (const catalogue_partition& p : read->partitions) {
    must(p.sound());
    must(read->find(p.where) == &p);
  }
  const std::string written = api::to_json(*read);
  const auto again = api::parse_catalogue(written);
  must(again && api::to_json(*again) == written);
  must(again->segments() == read->segments());
  return 0;
}
