#include "store/view_filesystem.h"

#include <algorithm>
#include <cstring>

namespace oklog {

namespace {

error read_only() {
  return fail(errc::invalid, "a view of bytes in memory is read-only");
}

class view_file final : public env::file {
 public:
  explicit view_file(std::string_view bytes) : bytes_(bytes) {}

  result<> append(std::string_view) override { return read_only(); }
  result<std::size_t> read_at(std::uint64_t offset, char* out, std::size_t size) override {
    if (offset >= bytes_.size()) return std::size_t{0};
    const std::size_t at = static_cast<std::size_t>(offset);
    const std::size_t n = std::min(size, bytes_.size() - at);
    if (n > 0) std::memcpy(out, bytes_.data() + at, n);
    return n;
  }
  result<std::uint64_t> size() override { return std::uint64_t{bytes_.size()}; }
  result<> sync() override { return read_only(); }
  result<> truncate(std::uint64_t) override { return read_only(); }
  result<> preallocate(std::uint64_t) override { return read_only(); }

 private:
  std::string_view bytes_;
};

}  // namespace

result<std::unique_ptr<env::file>> view_filesystem::open_read(const std::string&) {
  return std::unique_ptr<env::file>(std::make_unique<view_file>(bytes_));
}
result<std::unique_ptr<env::file>> view_filesystem::create(const std::string&) {
  return read_only();
}
result<std::unique_ptr<env::file>> view_filesystem::open_append(const std::string&) {
  return read_only();
}
result<> view_filesystem::rename(const std::string&, const std::string&) {
  return read_only();
}
result<> view_filesystem::remove(const std::string&) {
  return read_only();
}
result<> view_filesystem::sync_dir(const std::string&) {
  return read_only();
}
result<> view_filesystem::make_dirs(const std::string&) {
  return read_only();
}
result<std::vector<env::dir_entry>> view_filesystem::list(const std::string&) {
  return read_only();
}
result<bool> view_filesystem::readable_by_others(const std::string&) {
  return read_only();
}

result<env::disk_space> view_filesystem::space(const std::string&) {
  return read_only();
}
result<std::unique_ptr<env::file_lock>> view_filesystem::lock(const std::string&) {
  return read_only();
}

}  // namespace oklog
