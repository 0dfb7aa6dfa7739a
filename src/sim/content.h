// The bytes of a simulated file: a handle on a shared buffer of which it sees the first size()
// bytes. Copies cost nothing. Whoever stands at the buffer's end appends in place; the others do
// not see it, since each knows its own size. Every other change is made in a copy.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace oklog::sim {

class content {
 public:
  content() : bytes_(std::make_shared<std::string>()) {}
  explicit content(std::string bytes);

  std::string_view view() const { return {bytes_->data(), size_}; }
  std::size_t size() const { return size_; }

  void append(std::string_view bytes);
  // Writes over what is there and beyond; a gap reads as zeros.
  void write_at(std::size_t offset, std::string_view bytes);
  // The same with bytes that are `from`'s own at that offset: free where the buffer is one.
  void take_from(const content& from, std::size_t offset, std::size_t size);
  void resize(std::size_t size);
  void flip(std::size_t offset, unsigned bit);

 private:
  std::string& own();  // a buffer that nobody else sees, of exactly size_ bytes
  std::shared_ptr<std::string> bytes_;
  std::size_t size_ = 0;
};

}  // namespace oklog::sim
