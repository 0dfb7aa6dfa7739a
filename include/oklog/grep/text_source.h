// The text of a log file of somebody else's, whatever it is packed in: plain, gzip (also several
// members in a row) or zstd (also several frames, and our own segments), told by the first bytes.
// Blocking; read by one thread at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "oklog/env/fs.h"

namespace oklog::grep {

enum class packing { plain, gzip, zstd };
packing packing_of(std::string_view first_bytes);
inline constexpr std::size_t packing_bytes = 4;  // what it takes to tell

class byte_input {
 public:
  virtual ~byte_input() = default;
  // At least one byte; 0 at the end. Errors: io; corruption where what is packed is damaged or
  // breaks off: what was read before is good.
  virtual result<std::size_t> read(char* out, std::size_t size) = 0;
};

// A file's bytes as they are.
std::unique_ptr<byte_input> make_file_input(std::shared_ptr<env::file> file);

// What the input holds, unpacked. It takes about 40 KiB for gzip; for zstd what the file asks for,
// at most 128 MiB (a file that was written with --long=28 or more is refused: corruption).
result<std::unique_ptr<byte_input>> unpack(std::unique_ptr<byte_input> packed);

}  // namespace oklog::grep
