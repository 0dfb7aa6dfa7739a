// read_file and write_file of fs.h: the same over every filesystem.
#include "oklog/env/fs.h"

namespace oklog::env {

namespace {

constexpr unsigned readings_max = 4;

}  // namespace

// Small files have no checksum, and disks give wrong bytes once in a while: what two readings one
// after the other agree on is the file.
result<std::string> read_file(filesystem& fs, const std::string& path, std::uint64_t limit) {
  TRY_LET(auto in, fs.open_read(path));
  TRY_LET(const std::uint64_t size, in->size());
  if (size > limit) {
    return fail(errc::invalid, path + " has " + std::to_string(size) + " bytes, more than the " +
                                   std::to_string(limit) + " allowed");
  }
  std::string last;
  for (unsigned n = 0; n < readings_max; ++n) {
    std::string out(static_cast<std::size_t>(size), '\0');
    TRY_LET(const std::size_t got, in->read_at(0, out.data(), out.size()));
    out.resize(got);
    if (n > 0 && out == last) return out;
    last = std::move(out);
  }
  return fail(errc::io, path + ": each reading gives other bytes");
}

namespace {

result<> write_new(filesystem& fs, const std::string& path, std::string_view bytes) {
  TRY_LET(auto out, fs.create(path));
  TRY(out->append(bytes));
  return out->sync();
}

}  // namespace

result<> write_file(filesystem& fs, const std::string& dir, const std::string& name,
                    std::string_view bytes) {
  const std::string temporary = dir + "/" + name + ".tmp";
  // What a crash left behind was never published, so it is nobody's.
  if (auto old = fs.remove(temporary); !old && old.error().code != errc::not_found) return old;
  auto written = write_new(fs, temporary, bytes);
  if (written) written = fs.rename(temporary, dir + "/" + name);
  if (!written) {
    // Best effort: the first error is the one to tell, and the next call removes it as well.
    (void)fs.remove(temporary);
    return written;
  }
  return fs.sync_dir(dir);
}

}  // namespace oklog::env
