// What another store sends as its roster. No input may crash or allocate beyond its limits, and
// what is understood says the same again when it is written.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "oklog/api/roster_api.h"

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace oklog;
  const auto read = api::parse_roster({reinterpret_cast<const char*>(data), size});
  if (!read) return 0;
  const std::string written = api::to_json(*read);
  const auto again = api::parse_roster(written);
  must(again && *again == *read && api::to_json(*again) == written);
  // Whatever it says, it can be asked, and a union with itself is no news.
  cluster::roster merged = *read;
  must(!merged.merge(*read, ulid{}));
  for (const auto& [id, e] : read->stores()) {
    (void)read->may_admit(id, {}, {});
    (void)read->retirable(id);
  }
  (void)read->proved_copies();
  return 0;
}
