#include "cmd/oklog/last_lines.h"

#include <algorithm>

#include "cmd/oklog/wire_lines.h"

namespace oklog::cmd {

void last_lines::add(std::string_view record) {
  const auto id = parse_ulid(ulid_text_of(record));
  if (!id) return;  // no record: nothing of ours
  ++count_;
  lowest_ = std::min(lowest_, *id);
  highest_ = std::max(highest_, *id);
  if (!kept_) return;
  if (text_.size() + record.size() + begins_.size() * sizeof(std::size_t) > bytes_max_) {
    kept_ = false;
    text_ = {};
    begins_ = {};
    return;
  }
  begins_.push_back(text_.size());
  text_ += record;
}

}  // namespace oklog::cmd
