// A log file of a stranger's: a byte that says what is wanted, then the file. No input may crash;
// pieces are whole lines; the matches that are shown are those that asking each line alone gives.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "oklog/grep/hit_lines.h"
#include "oklog/grep/text_pieces.h"

namespace {

using namespace oklog;

class memory_input final : public grep::byte_input {
 public:
  explicit memory_input(std::string_view bytes) : bytes_(bytes) {}
  result<std::size_t> read(char* out, std::size_t size) override {
    const std::size_t n = std::min(size, bytes_.size());
    std::memcpy(out, bytes_.data(), n);
    bytes_.remove_prefix(n);
    return n;
  }

 private:
  std::string_view bytes_;
};

void check(bool good) {
  if (!good) std::abort();
}

// Limits what a few bytes of zeros, packed, may become.
constexpr std::size_t text_bytes_max = 8 << 20;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::uint8_t wanted = data[0];
  const std::string_view file(reinterpret_cast<const char*>(data) + 1, size - 1);
  auto pieces = grep::text_pieces::open(std::make_unique<memory_input>(file));
  if (!pieces) return 0;
  const auto match = matcher::make("a", false);
  check(match.has_value());
  grep::hit_lines_options options;
  options.before = wanted & 3;
  options.after = wanted >> 2 & 3;
  options.skip = wanted >> 4 & 3;
  options.numbers = true;
  std::uint64_t found = 0;
  std::uint64_t number = 0;
  grep::hit_lines lines(options, [&](const grep::shown_line& line) {
    check(line.number > number);
    number = line.number;
    if (!line.context) check(match->matches(line.text));
    found += line.context ? 0 : 1;
  });
  lines.begin_file();
  std::string buffer;
  std::uint64_t matches = 0;
  std::size_t bytes = 0;
  while (bytes < text_bytes_max) {
    const auto piece = pieces->next();
    if (!piece || !*piece) break;
    const auto text = (*piece)->load(buffer);
    check(text && text->ends_with('\n'));
    bytes += text->size();
    std::vector<line_hit> hits;
    match->find_in_lines(*text, hits);
    matches += match->count_in_lines(*text);
    lines.feed(*text, hits);
  }
  check(found == (matches > options.skip ? matches - options.skip : 0));
  return 0;
}
