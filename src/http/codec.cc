// Beast 1.81 asserts on what a peer has sent, and once wrongly ("0\r\n" and then "\r": n >= 5), so
// that a stranger could end the process. What follows such an assertion is safe, and is fuzzed.
#define BOOST_DISABLE_ASSERTS

#include "http/codec.h"

#include <algorithm>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/parser.hpp>
#include <functional>
#include <limits>

#include "oklog/http/url.h"

namespace oklog::http {
namespace {

namespace beast = boost::beast;
using beast::error_code;

// The longest chunk header or trailer section that is waited for.
constexpr std::size_t framing_bytes_max = 16 << 10;

// A body as a growing string. Beast's own string_body reserves whatever length the peer announces.
struct pieces_body {
  using value_type = std::string;

  class reader {
   public:
    template <bool IsRequest, class Fields>
    reader(beast::http::header<IsRequest, Fields>&, value_type& body) : body_(body) {}
    void init(const boost::optional<std::uint64_t>&, error_code& ec) { ec = {}; }
    template <class Buffers>
    std::size_t put(const Buffers& buffers, error_code& ec) {
      ec = {};
      std::size_t size = 0;
      for (const auto buffer : beast::buffers_range_ref(buffers)) {
        body_.append(static_cast<const char*>(buffer.data()), buffer.size());
        size += buffer.size();
      }
      return size;
    }
    void finish(error_code& ec) { ec = {}; }

   private:
    value_type& body_;
  };
};

using on_chunk = std::function<void(std::uint64_t, beast::string_view, error_code&)>;

on_chunk limit_extensions(std::size_t bytes_max) {
  return [bytes_max](std::uint64_t, beast::string_view extensions, error_code& ec) {
    if (extensions.size() > bytes_max) ec = beast::http::error::bad_chunk_extension;
  };
}

template <class Parser>
header_list copy_fields(const Parser& parser) {
  header_list out;
  for (const auto& field : parser.get()) {
    out.push_back({std::string(field.name_string()), std::string(field.value())});
  }
  return out;
}

// Feeds body bytes until the parser wants more than there is. `ec` is what stopped it, if anything.
template <class Parser>
std::size_t feed(Parser& parser, std::string_view in, error_code& ec) {
  std::size_t taken = 0;
  ec = {};
  while (!parser.is_done() && taken < in.size()) {
    const boost::asio::const_buffer rest(in.data() + taken, in.size() - taken);
    taken += parser.put(rest, ec);
    if (ec == beast::http::error::need_more) {
      ec = {};
      if (in.size() - taken > framing_bytes_max) ec = beast::http::error::bad_chunk;
      break;
    }
    if (ec) break;
  }
  return taken;
}

}  // namespace

struct request_decoder::impl {
  explicit impl(const server_limits& limits)
      : chunk_header(limit_extensions(limits.chunk_extension_bytes)) {
    parser.header_limit(std::numeric_limits<std::uint32_t>::max());
    parser.body_limit(boost::none);
    parser.on_chunk_header(chunk_header);
  }

  on_chunk chunk_header;
  beast::http::request_parser<pieces_body> parser;
};

request_decoder::request_decoder(const server_limits& limits)
    : impl_(std::make_unique<impl>(limits)) {}
request_decoder::~request_decoder() = default;

std::optional<refusal> request_decoder::head(std::string_view bytes, request& out) {
  constexpr refusal not_http{400, "this is not a request of HTTP"};
  auto& parser = impl_->parser;
  error_code ec;
  const std::size_t used = parser.put(boost::asio::const_buffer(bytes.data(), bytes.size()), ec);
  if (ec || used != bytes.size() || !parser.is_header_done()) return not_http;
  const auto& message = parser.get();
  const auto known = parse_method(message.method_string());
  if (!known) return refusal{405, "this method is not served here"};
  out.method = *known;
  out.target = std::string(message.target());
  out.http10 = message.version() == 10;
  out.headers = copy_fields(parser);
  auto where = parse_target(out.target);
  if (!where) return refusal{400, "the request target is not valid"};
  out.path = std::move(where->path);
  out.query = std::move(where->query);
  return std::nullopt;
}

bool request_decoder::keep_alive() const {
  return impl_->parser.keep_alive() && impl_->parser.get().version() == 11;
}

bool request_decoder::expects_continue() const {
  return impl_->parser.get().version() == 11 &&
         !impl_->parser.get()[beast::http::field::expect].empty();
}

bool request_decoder::has_body() const {
  return !impl_->parser.is_done();
}

std::optional<refusal> request_decoder::limit_body(std::uint64_t bytes) {
  const auto announced = impl_->parser.content_length();
  if (announced && *announced > bytes) return refusal{413, "the body is too large"};
  impl_->parser.body_limit(bytes);
  return std::nullopt;
}

std::optional<refusal> request_decoder::body(std::string_view in, std::size_t& taken,
                                             std::string& out) {
  error_code ec;
  taken = feed(impl_->parser, in, ec);
  if (ec == beast::http::error::body_limit) return refusal{413, "the body is too large"};
  if (ec) return refusal{400, "the body's chunks are not valid"};
  if (impl_->parser.is_done()) out = std::move(impl_->parser.get().body());
  return std::nullopt;
}

struct response_decoder::impl {
  explicit impl(bool no_body) : chunk_header(limit_extensions(framing_bytes_max)) {
    parser.header_limit(std::numeric_limits<std::uint32_t>::max());
    parser.body_limit(boost::none);
    parser.on_chunk_header(chunk_header);
    if (no_body) parser.skip(true);
  }

  on_chunk chunk_header;
  beast::http::response_parser<pieces_body> parser;
  header_list head;
};

response_decoder::response_decoder(bool no_body) : impl_(std::make_unique<impl>(no_body)) {}
response_decoder::~response_decoder() = default;
response_decoder::response_decoder(response_decoder&&) noexcept = default;
response_decoder& response_decoder::operator=(response_decoder&&) noexcept = default;

result<> response_decoder::head(std::string_view bytes, response_head& out) {
  auto& parser = impl_->parser;
  error_code ec;
  std::size_t used = 0;
  if (accept_response(bytes)) {
    used = parser.put(boost::asio::const_buffer(bytes.data(), bytes.size()), ec);
  }
  if (ec || used != bytes.size() || !parser.is_header_done()) {
    return fail(errc::corruption, "the answer is not HTTP");
  }
  out.status = parser.get().result_int();
  out.headers = copy_fields(parser);
  impl_->head = out.headers;
  return {};
}

bool response_decoder::done() const {
  return impl_->parser.is_done();
}
bool response_decoder::keep_alive() const {
  return impl_->parser.keep_alive() && impl_->parser.get().version() == 11;
}

result<> response_decoder::body(std::string_view in, std::size_t& taken, std::string& out) {
  error_code ec;
  taken = feed(impl_->parser, in, ec);
  auto& piece = impl_->parser.get().body();
  if (out.empty()) {
    out.swap(piece);
  } else {
    out += piece;
  }
  piece.clear();
  if (ec) return fail(errc::corruption, "the answer's body is not valid: " + ec.message());
  return {};
}

result<> response_decoder::end_of_stream() {
  error_code ec;
  if (!impl_->parser.is_done()) impl_->parser.put_eof(ec);
  if (ec) return fail(errc::closed, "the connection ended in the middle of the answer");
  return {};
}

// Beast adds trailers to the header fields, each after the last of its name.
header_list response_decoder::trailers() const {
  header_list out;
  header_list heads = impl_->head;
  for (auto& field : copy_fields(impl_->parser)) {
    const auto same = std::find(heads.begin(), heads.end(), field);
    if (same == heads.end()) {
      out.push_back(std::move(field));
    } else {
      heads.erase(same);
    }
  }
  return out;
}

}  // namespace oklog::http
