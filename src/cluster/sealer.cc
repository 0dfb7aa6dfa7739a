#include "oklog/cluster/sealer.h"

#include "cluster/aead.h"
#include "oklog/base/assert.h"
#include "oklog/base/bytes.h"

namespace oklog::cluster {

namespace {

constexpr std::string_view key_label = "oklog gossip 1";

secret key_of(const secret& ring_key, const seal_epoch& epoch) {
  std::string text(key_label);
  text.append(reinterpret_cast<const char*>(epoch.data()), epoch.size());
  return derive(ring_key, text);
}

aead_nonce nonce_of(std::uint64_t counter) {
  aead_nonce out{};
  for (std::size_t i = 0; i < 8; ++i) out[i] = static_cast<std::uint8_t>(counter >> (8 * i));
  return out;
}

std::uint32_t unix_seconds(wall_time t) {
  const auto s = std::chrono::floor<std::chrono::seconds>(t.time_since_epoch()).count();
  return static_cast<std::uint32_t>(s);
}

// Modulo 2^32, so that 2106 is a year like any other.
bool near(std::uint32_t a, std::uint32_t b) {
  const auto apart = static_cast<std::int32_t>(a - b);
  return apart >= -sealer::clock_difference_max_s && apart <= sealer::clock_difference_max_s;
}

}  // namespace

std::string_view name(refusal r) {
  switch (r) {
    case refusal::malformed:
      return "malformed";
    case refusal::unknown_key:
      return "unknown_key";
    case refusal::replayed:
      return "replayed";
    case refusal::stale:
      return "stale";
    case refusal::plain:
      return "plain";
  }
  return "malformed";
}

seal_epoch draw_epoch(prng& random) {
  seal_epoch out;
  for (auto& byte : out) byte = static_cast<std::uint8_t>(random.below(256));
  return out;
}

sealer::sealer(keyring keys, const seal_epoch& epoch) : epoch_(epoch) {
  reload(std::move(keys));
}

void sealer::reload(keyring keys) {
  keys_ = std::move(keys);
  own_key_ = keys_.empty() ? secret() : key_of(keys_.keys().front(), epoch_);
  for (sender& s : senders_) {
    s.key = secret();
    s.has_key = false;
  }
}

std::string sealer::seal(wall_time now, std::string_view plain) {
  ASSERT(!keys_.empty(), "a seal needs a key");
  ASSERT(plain.size() <= packet_bytes_max - overhead, "a packet has a limit");
  std::string out;
  out.reserve(plain.size() + overhead);
  out.push_back(magic);
  out.push_back(version);
  out.append(reinterpret_cast<const char*>(epoch_.data()), epoch_.size());
  put_int(out, ++counter_);
  put_int(out, unix_seconds(now));
  aead_seal(own_key_, nonce_of(counter_), out, plain);
  return out;
}

std::variant<std::string, refusal> sealer::open(wall_time now, std::string_view packet) {
  if (packet.size() < overhead || packet.size() > packet_bytes_max) return refusal::malformed;
  bytes_reader head(packet.substr(2, head_bytes - 2));
  seal_epoch epoch;
  head.take(epoch.size()).copy(reinterpret_cast<char*>(epoch.data()), epoch.size());
  const auto counter = head.take_int<std::uint64_t>();
  const auto seconds = head.take_int<std::uint32_t>();
  if (packet[0] != magic || packet[1] != version || counter == 0) return refusal::malformed;

  const auto known = by_epoch_.find(epoch);
  sender stranger;
  stranger.epoch = epoch;
  sender& from = known == by_epoch_.end() ? stranger : *known->second;
  auto plain = decrypt(from, packet.substr(0, head_bytes), packet.substr(head_bytes), counter);
  if (!plain) return refusal::unknown_key;
  if (&from == &stranger && !near(seconds, unix_seconds(now))) return refusal::stale;
  if (!first_time(from, counter)) return refusal::replayed;
  if (&from == &stranger) {
    remember(std::move(stranger));
  } else {
    senders_.splice(senders_.begin(), senders_, known->second);
  }
  return std::move(*plain);
}

std::optional<std::string> sealer::decrypt(sender& from, std::string_view head,
                                           std::string_view sealed, std::uint64_t counter) const {
  const aead_nonce nonce = nonce_of(counter);
  if (from.has_key) {
    if (auto plain = aead_open(from.key, nonce, head, sealed)) return plain;
  }
  for (const secret& ring_key : keys_.keys()) {
    const secret key = key_of(ring_key, from.epoch);
    if (from.has_key && key == from.key) continue;
    auto plain = aead_open(key, nonce, head, sealed);
    if (!plain) continue;
    from.key = key;
    from.has_key = true;
    return plain;
  }
  return std::nullopt;
}

bool sealer::first_time(sender& from, std::uint64_t counter) {
  if (counter > from.highest) {
    const std::uint64_t ahead = counter - from.highest;
    from.seen = ahead < window ? from.seen << ahead : std::bitset<window>();
    from.seen.set(0);
    from.highest = counter;
    return true;
  }
  const std::uint64_t behind = from.highest - counter;
  if (behind >= window || from.seen.test(behind)) return false;
  from.seen.set(behind);
  return true;
}

void sealer::remember(sender from) {
  if (senders_.size() == epochs_max) {
    by_epoch_.erase(senders_.back().epoch);
    senders_.pop_back();
  }
  senders_.push_front(std::move(from));
  by_epoch_[senders_.front().epoch] = senders_.begin();
}

}  // namespace oklog::cluster
