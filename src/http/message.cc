#include "oklog/http/message.h"

#include <algorithm>
#include <array>
#include <utility>

namespace oklog::http {
namespace {

constexpr std::array<std::pair<method, std::string_view>, 7> method_names{{
    {method::get, "GET"},
    {method::head, "HEAD"},
    {method::post, "POST"},
    {method::put, "PUT"},
    {method::del, "DELETE"},
    {method::patch, "PATCH"},
    {method::options, "OPTIONS"},
}};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

}  // namespace

std::string_view name(method m) {
  for (const auto& [value, text] : method_names) {
    if (value == m) return text;
  }
  return "?";
}

std::optional<method> parse_method(std::string_view token) {
  for (const auto& [value, text] : method_names) {
    if (text == token) return value;
  }
  return std::nullopt;
}

std::string format(method_set methods) {
  std::string out;
  for (const auto& [value, text] : method_names) {
    if (!methods.has(value)) continue;
    if (!out.empty()) out += ", ";
    out += text;
  }
  return out;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::string_view> find(const header_list& headers, std::string_view name) {
  for (const auto& h : headers) {
    if (same_name(h.name, name)) return h.value;
  }
  return std::nullopt;
}

std::optional<std::string_view> request::param(std::string_view parameter_name) const {
  for (const auto& p : query) {
    if (p.name == parameter_name) return p.value;
  }
  return std::nullopt;
}

}  // namespace oklog::http
