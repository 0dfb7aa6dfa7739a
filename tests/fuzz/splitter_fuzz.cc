// The line splitter: whatever the bytes and however they arrive, the records put together again are
// the bytes, none is over the limit, and only whole lines come many at once.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "oklog/record/splitter.h"

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

struct joined {
  std::string bytes;
  bool open = false;  // a record was added whose line feed is not yet known to be there

  void take(const oklog::line_piece& p, std::size_t max) {
    const bool continuation = p.kind == oklog::line_piece::kind::continuation;
    expect(!continuation || (open && !p.text.empty()));
    if (open && !continuation) bytes += '\n';
    open = p.kind != oklog::line_piece::kind::lines;
    if (open) expect(p.text.size() <= max && p.text.find('\n') == std::string_view::npos);
    if (!open) expect(!p.text.empty() && p.text.back() == '\n' && p.text.size() <= max + 1);
    bytes += p.text;
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t max = 1 + data[0] % 64U;
  const std::size_t step = 1 + data[1] % 97U;
  const std::string all(reinterpret_cast<const char*>(data) + 2, size - 2);
  oklog::line_splitter splitter(max);
  oklog::line_piece piece;
  joined out;
  for (std::size_t at = 0; at < all.size(); at += step) {
    const std::string chunk = all.substr(at, step);
    std::string_view rest = chunk;
    while (splitter.next(rest, piece)) out.take(piece, max);
    expect(rest.empty() && splitter.held_bytes() <= max);
  }
  if (splitter.finish(piece)) out.take(piece, max);
  if (out.open && !all.empty() && all.back() == '\n') out.bytes += '\n';
  expect(out.bytes == all);
  return 0;
}
