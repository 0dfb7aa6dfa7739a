#include "env/dns_answer.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <resolv.h>

#include <algorithm>
#include <functional>

namespace oklog::env {

namespace {

constexpr std::size_t srv_fixed_bytes = 6;  // priority, weight, port

error damaged() {
  return fail(errc::unavailable, "the DNS answer is damaged");
}

// Calls `see` with each record of `type`; it returns false where the record is damaged.
result<> for_each_answer(std::string_view answer, int type,
                         const std::function<bool(const ns_msg&, const ns_rr&)>& see) {
  ns_msg message{};
  const auto* bytes = reinterpret_cast<const unsigned char*>(answer.data());
  if (ns_initparse(bytes, static_cast<int>(answer.size()), &message) != 0) return damaged();
  const int count = ns_msg_count(message, ns_s_an);
  for (int i = 0; i < count; ++i) {
    ns_rr record{};
    if (ns_parserr(&message, ns_s_an, i, &record) != 0) return damaged();
    if (ns_rr_type(record) == type && !see(message, record)) return damaged();
  }
  return {};
}

bool read_name(const ns_msg& message, const unsigned char* at, std::string* out) {
  char text[NS_MAXDNAME];
  if (ns_name_uncompress(ns_msg_base(message), ns_msg_end(message), at, text, sizeof text) < 0) {
    return false;
  }
  *out = text;
  return true;
}

struct srv_record {
  unsigned priority;
  srv_target target;
};

}  // namespace

result<std::vector<srv_target>> read_srv_answer(std::string_view answer) {
  std::vector<srv_record> records;
  TRY(for_each_answer(answer, ns_t_srv, [&](const ns_msg& message, const ns_rr& record) {
    const unsigned char* data = ns_rr_rdata(record);
    if (ns_rr_rdlen(record) <= srv_fixed_bytes) return false;
    srv_record found{ns_get16(data), {"", static_cast<std::uint16_t>(ns_get16(data + 4))}};
    if (!read_name(message, data + srv_fixed_bytes, &found.target.host)) return false;
    // The root as target says: this service is not offered here (RFC 2782).
    if (!found.target.host.empty() && found.target.host != ".") records.push_back(found);
    return true;
  }));
  std::stable_sort(records.begin(), records.end(), [](const srv_record& a, const srv_record& b) {
    return a.priority < b.priority;
  });
  std::vector<srv_target> out;
  for (auto& record : records) out.push_back(std::move(record.target));
  return out;
}

result<std::vector<std::string>> read_ptr_answer(std::string_view answer) {
  std::vector<std::string> out;
  TRY(for_each_answer(answer, ns_t_ptr, [&](const ns_msg& message, const ns_rr& record) {
    std::string host;
    if (!read_name(message, ns_rr_rdata(record), &host)) return false;
    out.push_back(std::move(host));
    return true;
  }));
  return out;
}

result<std::string> reverse_name(const std::string& ip) {
  unsigned char raw[16];
  std::string out;
  if (::inet_pton(AF_INET, ip.c_str(), raw) == 1) {
    for (int i = 3; i >= 0; --i) out += std::to_string(raw[i]) + ".";
    return out + "in-addr.arpa";
  }
  if (::inet_pton(AF_INET6, ip.c_str(), raw) == 1) {
    constexpr char digits[] = "0123456789abcdef";
    for (int i = 15; i >= 0; --i) {
      out += {digits[raw[i] & 15], '.', digits[raw[i] >> 4], '.'};
    }
    return out + "ip6.arpa";
  }
  return fail(errc::invalid, "\"" + ip + "\" is not an IP address");
}

}  // namespace oklog::env
