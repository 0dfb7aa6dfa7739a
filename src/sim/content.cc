#include "sim/content.h"

#include <algorithm>

namespace oklog::sim {

content::content(std::string bytes)
    : bytes_(std::make_shared<std::string>(std::move(bytes))), size_(bytes_->size()) {}

std::string& content::own() {
  if (bytes_.use_count() > 1) {
    bytes_ = std::make_shared<std::string>(view());
  } else {
    bytes_->resize(size_);
  }
  return *bytes_;
}

void content::append(std::string_view bytes) {
  if (bytes.empty()) return;
  std::string& buffer = size_ == bytes_->size() ? *bytes_ : own();
  buffer.append(bytes);
  size_ = buffer.size();
}

void content::write_at(std::size_t offset, std::string_view bytes) {
  if (offset == size_) return append(bytes);
  std::string& buffer = own();
  buffer.resize(std::max(size_, offset + bytes.size()), '\0');
  bytes.copy(buffer.data() + offset, bytes.size());
  size_ = buffer.size();
}

void content::take_from(const content& from, std::size_t offset, std::size_t size) {
  if (bytes_ == from.bytes_ && size_ == offset) {
    size_ += size;
  } else {
    write_at(offset, from.view().substr(offset, size));
  }
}

void content::resize(std::size_t size) {
  if (size > size_) append(std::string(size - size_, '\0'));
  size_ = size;
}

void content::flip(std::size_t offset, unsigned bit) {
  std::string& buffer = own();
  buffer[offset] = static_cast<char>(buffer[offset] ^ (1u << (bit % 8)));
}

}  // namespace oklog::sim
