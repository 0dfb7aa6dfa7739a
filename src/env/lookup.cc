#include "env/lookup.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <resolv.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>

#include "env/dns_answer.h"

namespace oklog::env {

namespace {

constexpr int query_timeout_s = 5;
constexpr int query_tries = 2;
constexpr std::size_t answer_bytes_max = 65535;

std::string text_of(const sockaddr* address, socklen_t size) {
  char text[NI_MAXHOST];
  if (::getnameinfo(address, size, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0) return "";
  return text;
}

result<std::string> query(const std::string& name, int type) {
  struct __res_state state {};
  if (res_ninit(&state) != 0) return fail(errc::unavailable, "the resolver is not configured");
  state.retrans = query_timeout_s;
  state.retry = query_tries;
  std::string answer(answer_bytes_max, '\0');
  auto* bytes = reinterpret_cast<unsigned char*>(answer.data());
  const int size =
      res_nquery(&state, name.c_str(), ns_c_in, type, bytes, static_cast<int>(answer.size()));
  const int why = state.res_h_errno;
  res_nclose(&state);
  if (size < 0) return fail(errc::unavailable, ::hstrerror(why));
  answer.resize(std::min(static_cast<std::size_t>(size), answer.size()));
  return answer;
}

// What the hosts file and the system's other sources know.
result<std::string> system_name(const std::string& ip) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* raw = nullptr;
  int rc = ::getaddrinfo(ip.c_str(), nullptr, &hints, &raw);
  if (rc != 0) return fail(errc::invalid, ::gai_strerror(rc));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> address(raw, ::freeaddrinfo);
  char text[NI_MAXHOST];
  rc = ::getnameinfo(raw->ai_addr, raw->ai_addrlen, text, sizeof text, nullptr, 0, NI_NAMEREQD);
  if (rc != 0) return fail(errc::unavailable, ::gai_strerror(rc));
  return std::string(text);
}

}  // namespace

result<std::vector<std::string>> look_up_addresses(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* raw = nullptr;
  const int rc = ::getaddrinfo(host.c_str(), nullptr, &hints, &raw);
  if (rc == EAI_MEMORY) return fail(errc::busy, ::gai_strerror(rc));
  if (rc != 0) return fail(errc::unavailable, ::gai_strerror(rc));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> all(raw, ::freeaddrinfo);
  std::vector<std::string> out;
  for (const addrinfo* each = raw; each != nullptr; each = each->ai_next) {
    std::string text = text_of(each->ai_addr, each->ai_addrlen);
    const bool known = std::find(out.begin(), out.end(), text) != out.end();
    if (!text.empty() && !known) out.push_back(std::move(text));
  }
  if (out.empty()) return fail(errc::unavailable, "the name has no address");
  return out;
}

result<std::vector<srv_target>> look_up_services(const std::string& name) {
  TRY_LET(const std::string answer, query(name, ns_t_srv));
  TRY_LET(auto out, read_srv_answer(answer));
  if (out.empty()) return fail(errc::unavailable, "the name has no service");
  return out;
}

result<std::vector<std::string>> look_up_names(const std::string& ip) {
  TRY_LET(const std::string reversed, reverse_name(ip));
  if (auto answer = query(reversed, ns_t_ptr)) {
    TRY_LET(auto out, read_ptr_answer(*answer));
    if (!out.empty()) return out;
  }
  TRY_LET(std::string one, system_name(ip));
  return std::vector<std::string>(1, std::move(one));
}

}  // namespace oklog::env
