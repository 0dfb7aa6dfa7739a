// Finds a topic's index among a batch's topics: an open-addressed table of indices. The names stay
// where they are and nothing is allocated a topic: dynamic topics are looked up once a line, and
// every batch makes its own table.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace oklog {

class topic_table {
 public:
  std::optional<std::uint32_t> find(std::string_view topic,
                                    const std::vector<std::string>& topics) const;
  // Takes the next of `topics`: index size(). REQUIRES: it is there. False where an equal one was
  // taken before; it is counted all the same.
  bool add(const std::vector<std::string>& topics);
  // Room for so many without growing.
  void reserve(std::size_t topics);
  void clear();  // keeps the memory

  std::size_t size() const { return size_; }

 private:
  struct slot {
    std::uint32_t mark = 0;     // of the hash, so that names are seldom compared in vain
    std::uint32_t index_1 = 0;  // index + 1; 0: free
  };
  std::size_t place(std::uint64_t hash, std::string_view topic,
                    const std::vector<std::string>& topics) const;
  void grow(std::size_t slots, const std::vector<std::string>& topics);

  std::vector<slot> slots_;  // a power of two, at most half full
  std::size_t size_ = 0;
};

}  // namespace oklog
