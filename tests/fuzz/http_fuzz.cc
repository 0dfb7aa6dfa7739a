// A connection's bytes, as requests to a server and as answers to a client: however they are cut,
// they mean the same, and what is let through is what a handler may rely on.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "http/codec.h"
#include "oklog/http/url.h"

namespace {

using namespace oklog;
using namespace oklog::http;

constexpr std::size_t input_bytes_max = 8 << 10;
constexpr std::uint64_t body_bytes_max = 2 << 10;

void expect(bool condition) {
  if (!condition) std::abort();
}

// Bytes that arrive `step` at a time.
class feed {
 public:
  feed(std::string_view all, std::size_t step) : rest_(all), step_(step) {}
  bool more(std::string& in) {
    if (rest_.empty()) return false;
    const std::string_view piece = rest_.substr(0, step_);
    rest_.remove_prefix(piece.size());
    in.append(piece);
    return true;
  }

 private:
  std::string_view rest_;
  std::size_t step_;
};

void check_request(const request& r) {
  expect(!r.path.empty() && r.path.front() == '/' && r.path.find("//") == r.path.npos);
  expect((r.path + "/").find("/../") == std::string::npos);
  for (const char c : r.path) expect(static_cast<unsigned char>(c) >= 0x20 && c != '\\');
  for (const auto& h : r.headers) {
    expect(!h.name.empty() && h.name.find_first_of(" \t:\r\n") == h.name.npos);
    expect(h.value.find_first_of("\r\n") == h.value.npos);
  }
  expect(r.http10 || r.header("Host"));
  expect(!(r.header("Content-Length") && r.header("Transfer-Encoding")));
}

std::string describe(const request& r) {
  std::string out = std::string(name(r.method)) + " " + r.path + "?" + format_query(r.query) + "\n";
  for (const auto& h : r.headers) out += h.name + ":" + h.value + "\n";
  return out + "[" + r.body + "]\n";
}

// What a server understands, up to the first refusal.
std::string serve(std::string_view all, std::size_t step) {
  const server_limits limits;
  feed bytes(all, step);
  std::string in, out;
  const auto refused = [&](const refusal& why) {
    expect(why.status >= 400 && why.status < 600 && !why.sentence.empty());
    return out + "refused " + std::to_string(why.status);
  };
  for (;;) {
    head_scan scan(limits.head_bytes);
    auto verdict = scan.look(in);
    while (verdict == head_scan::verdict::more) {
      if (!bytes.more(in)) return out + "end in a head";
      verdict = scan.look(in);
    }
    if (verdict != head_scan::verdict::complete) return refused(as_refusal(verdict));
    const std::string head = in.substr(0, scan.size());
    in.erase(0, scan.size());
    request_decoder decoder(limits);
    request got;
    auto why = refuse_request(head, limits);
    if (!why) why = decoder.head(head, got);
    if (!why && decoder.has_body()) why = decoder.limit_body(body_bytes_max);
    if (why) return refused(*why);
    while (decoder.has_body()) {
      std::size_t taken = 0;
      why = decoder.body(in, taken, got.body);
      expect(taken <= in.size());
      in.erase(0, taken);
      if (why) return refused(*why);
      if (decoder.has_body() && !bytes.more(in)) return out + "end in a body";
    }
    expect(got.body.size() <= body_bytes_max);
    check_request(got);
    out += describe(got);
  }
}

// What a client understands.
std::string receive(std::string_view all, std::size_t step) {
  feed bytes(all, step);
  std::string in, body;
  head_scan scan(input_bytes_max);
  auto verdict = scan.look(in);
  while (verdict == head_scan::verdict::more) {
    if (!bytes.more(in)) return "end in the head";
    verdict = scan.look(in);
  }
  if (verdict != head_scan::verdict::complete) return "not HTTP";
  response_decoder decoder(false);
  response_head head;
  if (!decoder.head(std::string_view(in).substr(0, scan.size()), head)) return "not HTTP";
  in.erase(0, scan.size());
  while (!decoder.done()) {
    std::size_t taken = 0;
    if (!decoder.body(in, taken, body)) return "not valid";
    in.erase(0, taken);
    if (decoder.done()) break;
    if (bytes.more(in)) continue;
    if (!decoder.end_of_stream()) return "cut off [" + body + "]";
    break;
  }
  std::string out = std::to_string(head.status) + " [" + body + "]";
  for (const auto& t : decoder.trailers()) out += t.name + ":" + t.value + "\n";
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1 || size > input_bytes_max) return 0;
  const std::size_t step = 1 + data[size - 1] % 61U;
  const std::string all(reinterpret_cast<const char*>(data), size);
  expect(serve(all, all.size() + 1) == serve(all, step));
  expect(receive(all, all.size() + 1) == receive(all, step));
  const auto decoded = form_decode(all);
  if (decoded) expect(*form_decode(percent_encode(*decoded)) == *decoded);
  return 0;
}
