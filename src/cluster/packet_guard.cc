#include "oklog/cluster/packet_guard.h"

namespace oklog::cluster {

static result<> check(encrypt_mode mode, const keyring& keys) {
  if (mode == encrypt_mode::off || !keys.empty()) return {};
  return fail(errc::invalid, "sealed packets need a keyring, and there is none");
}

packet_guard::packet_guard(encrypt_mode mode, keyring keys, const seal_epoch& epoch)
    : mode_(mode), sealer_(std::move(keys), epoch) {}

result<packet_guard> packet_guard::make(encrypt_mode mode, keyring keys, const seal_epoch& epoch) {
  TRY(check(mode, keys));
  return packet_guard(mode, std::move(keys), epoch);
}

result<> packet_guard::reload(keyring keys) {
  TRY(check(mode_, keys));
  sealer_.reload(std::move(keys));
  return {};
}

std::string packet_guard::wrap(wall_time now, std::string_view plain) {
  if (seals()) return sealer_.seal(now, plain);
  std::string out;
  out.reserve(plain.size() + plain_overhead);
  out.push_back(sealer::magic);
  out.push_back(plain_version);
  out += plain;
  return out;
}

error packet_guard::refuse(refusal why) {
  ++counts_.refused[static_cast<std::size_t>(why)];
  return fail(errc::invalid, "packet refused: " + std::string(name(why)));
}

result<std::string> packet_guard::unwrap(wall_time now, std::string_view packet) {
  const bool ours = packet.size() >= plain_overhead && packet[0] == sealer::magic;
  if (ours && packet[1] == plain_version) {
    if (mode_ == encrypt_mode::require) return refuse(refusal::plain);
    ++counts_.plain;
    return std::string(packet.substr(plain_overhead));
  }
  auto opened = sealer_.open(now, packet);
  if (const auto* why = std::get_if<refusal>(&opened)) return refuse(*why);
  ++counts_.sealed;
  return std::get<std::string>(std::move(opened));
}

}  // namespace oklog::cluster
