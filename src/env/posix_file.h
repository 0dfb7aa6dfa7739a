// env::file over one descriptor of a plain file.
#pragma once

#include <string>

#include "env/descriptor.h"
#include "oklog/env/fs.h"

namespace oklog::env {

class posix_file final : public file {
 public:
  // REQUIRES: `fd` is a regular file, opened with O_APPEND where it will be appended to.
  posix_file(descriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  result<> append(std::string_view bytes) override;
  result<std::size_t> read_at(std::uint64_t offset, char* out, std::size_t size) override;
  result<std::uint64_t> size() override;
  result<> sync() override;
  result<> truncate(std::uint64_t size) override;
  result<> preallocate(std::uint64_t bytes) override;

 private:
  descriptor fd_;
  std::string path_;
  bool sync_failed_ = false;
};

}  // namespace oklog::env
