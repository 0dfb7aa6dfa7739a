#include "query/base64.h"

#include <boost/archive/iterators/base64_from_binary.hpp>
#include <boost/archive/iterators/transform_width.hpp>

namespace oklog {

void append_base64(std::string& out, std::string_view bytes) {
  using namespace boost::archive::iterators;
  using encoder = base64_from_binary<transform_width<const char*, 6, 8>>;
  if (bytes.empty()) return;
  // transform_width reads up to a whole group of three bytes: the copy has them.
  const std::size_t padding = (3 - bytes.size() % 3) % 3;
  std::string groups(bytes);
  groups.append(padding, '\0');
  out.append(encoder(groups.data()), encoder(groups.data() + groups.size()));
  out.replace(out.size() - padding, padding, padding, '=');
}

}  // namespace oklog
