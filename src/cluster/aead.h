// AES-256-GCM and HMAC-SHA256, as the seal of gossip uses them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "oklog/cluster/keyring.h"

namespace oklog::cluster {

using aead_nonce = std::array<std::uint8_t, 12>;
inline constexpr std::size_t aead_tag_bytes = 16;

// HMAC-SHA256(key, text).
secret derive(const secret& key, std::string_view text);
// Appends the ciphertext of `plain` and the tag to `head`, which is authenticated with it.
void aead_seal(const secret& key, const aead_nonce& nonce, std::string& head,
               std::string_view plain);
// Nothing unless `sealed` (ciphertext and tag) is what aead_seal made with the same key, nonce and
// head.
std::optional<std::string> aead_open(const secret& key, const aead_nonce& nonce,
                                     std::string_view head, std::string_view sealed);

}  // namespace oklog::cluster
