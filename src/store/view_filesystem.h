// One read-only file that is a view of bytes in memory, under any name: so that an ingest segment
// that came over the network is read by the same code as one on disk.
#pragma once

#include <string_view>

#include "oklog/env/fs.h"

namespace oklog {

class view_filesystem final : public env::filesystem {
 public:
  // `bytes` must outlive every file opened here.
  explicit view_filesystem(std::string_view bytes) : bytes_(bytes) {}

  result<std::unique_ptr<env::file>> open_read(const std::string& path) override;
  result<std::unique_ptr<env::file>> create(const std::string& path) override;
  result<std::unique_ptr<env::file>> open_append(const std::string& path) override;
  result<> rename(const std::string& from, const std::string& to) override;
  result<> remove(const std::string& path) override;
  result<> sync_dir(const std::string& path) override;
  result<> make_dirs(const std::string& path) override;
  result<std::vector<env::dir_entry>> list(const std::string& path) override;
  result<bool> readable_by_others(const std::string& path) override;
  result<env::disk_space> space(const std::string& path) override;
  result<std::unique_ptr<env::file_lock>> lock(const std::string& path) override;

 private:
  std::string_view bytes_;
};

}  // namespace oklog
