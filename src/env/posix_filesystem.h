// env::filesystem over POSIX. Holds no state.
#pragma once

#include "oklog/env/fs.h"

namespace oklog::env {

class posix_filesystem final : public filesystem {
 public:
  result<std::unique_ptr<file>> open_read(const std::string& path) override;
  result<std::unique_ptr<file>> create(const std::string& path) override;
  result<std::unique_ptr<file>> open_append(const std::string& path) override;
  result<> rename(const std::string& from, const std::string& to) override;
  result<> remove(const std::string& path) override;
  result<> sync_dir(const std::string& path) override;
  result<> make_dirs(const std::string& path) override;
  result<std::vector<dir_entry>> list(const std::string& path) override;
  result<disk_space> space(const std::string& path) override;
  result<bool> readable_by_others(const std::string& path) override;
  result<std::unique_ptr<file_lock>> lock(const std::string& path) override;
};

}  // namespace oklog::env
