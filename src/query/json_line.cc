#include "oklog/query/json_line.h"

#include <nlohmann/json.hpp>

#include "query/base64.h"
#include "query/utf8.h"

namespace oklog {
namespace {

// JSON needs no escape for any of it.
bool needs_no_escape(std::string_view text) {
  for (const char c : text) {
    if (c < 0x20 || c == 0x7f || c == '"' || c == '\\') return false;
  }
  return true;
}

}  // namespace

void append_json_text(std::string& out, std::string_view text) {
  using nlohmann::json;
  if (needs_no_escape(text)) {
    out.append("\"").append(text).append("\"");
  } else {
    out.append(json(text).dump(-1, ' ', false, json::error_handler_t::replace));
  }
}

void append_json_line(std::string& out, std::string_view text) {
  if (needs_no_escape(text)) {
    out.append("\"line\":\"").append(text).append("\"");
  } else if (valid_utf8(text)) {
    out.append("\"line\":").append(nlohmann::json(text).dump());
  } else {
    out.append("\"line_base64\":\"");
    append_base64(out, text);
    out += '"';
  }
}

}  // namespace oklog
