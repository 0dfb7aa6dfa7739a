// The records of an answer as lines, and what can be read off one without parsing it.
#pragma once

#include <string>
#include <string_view>

#include "oklog/base/ulid.h"

namespace oklog::cmd {

// Cuts what comes in pieces into lines.
class line_cutter {
 public:
  // fn(line without its line feed) for each that is complete.
  template <class Fn>
  void feed(std::string_view bytes, Fn&& fn) {
    while (!bytes.empty()) {
      const std::size_t lf = bytes.find('\n');
      if (lf == std::string_view::npos) {
        carry_.append(bytes);
        return;
      }
      if (carry_.empty()) {
        fn(bytes.substr(0, lf));
      } else {
        carry_.append(bytes.substr(0, lf));
        fn(std::string_view(carry_));
        carry_.clear();
      }
      bytes.remove_prefix(lf + 1);
    }
  }

 private:
  std::string carry_;
};

// The ULID of a record, as text ("ULID ..." or {"ulid":"ULID",...); empty where there is none.
inline std::string_view ulid_text_of(std::string_view line) {
  constexpr std::string_view json = "{\"ulid\":\"";
  if (line.starts_with(json)) line.remove_prefix(json.size());
  return line.size() > ulid::text_size ? line.substr(0, ulid::text_size) : std::string_view();
}

}  // namespace oklog::cmd
