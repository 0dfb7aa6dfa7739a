// What came of many histories, added up.
#pragma once

#include <string>

#include "oklog/history/history.h"

namespace oklog::simulate {

struct totals {
  std::uint64_t histories = 0;
  std::uint64_t failed = 0;
  history::outcome sum;
  duration slowest_quiet{};

  void add(const history::outcome& o);
  void add(const totals& other);
  // Numbers in one line, and back again; false where it is none.
  std::string line() const;
  bool read(const std::string& line);
  // For people, over so many real seconds.
  void print(double real_seconds) const;
};

}  // namespace oklog::simulate
