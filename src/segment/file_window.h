// Reads a file from front to back through a buffer, so that a scan of small blocks costs few reads.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "oklog/env/fs.h"

namespace oklog {

class file_window {
 public:
  file_window(env::file& file, std::uint64_t file_bytes) : file_(file), file_bytes_(file_bytes) {}

  // The bytes [offset, offset + size), fewer only where the file ends. Valid until the next call.
  result<std::string_view> view(std::uint64_t offset, std::uint64_t size) {
    if (offset >= file_bytes_) return std::string_view();
    size = std::min(size, file_bytes_ - offset);
    if (offset < begin_ || offset + size > begin_ + buffer_.size()) {
      TRY(fill(offset, size));
    }
    return std::string_view(buffer_).substr(offset - begin_, size);
  }

 private:
  static constexpr std::uint64_t read_bytes = 1024 * 1024;

  result<> fill(std::uint64_t offset, std::uint64_t size) {
    begin_ = offset;
    buffer_.resize(std::min(std::max(size, read_bytes), file_bytes_ - offset));
    auto got = file_.read_at(offset, buffer_.data(), buffer_.size());
    if (!got) {
      buffer_.clear();
      return std::move(got).error();
    }
    buffer_.resize(*got);
    if (*got < size) return fail(errc::io, "the file has become shorter while it was read");
    return {};
  }

  env::file& file_;
  std::uint64_t file_bytes_;
  std::uint64_t begin_ = 0;
  std::string buffer_;
};

}  // namespace oklog
