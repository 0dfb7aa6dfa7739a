#include "cluster/aead.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <memory>

#include "oklog/base/assert.h"

namespace oklog::cluster {

namespace {

using context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

context new_context() {
  context c(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  ASSERT(c != nullptr, "libcrypto has room for a context");
  return c;
}

const std::uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}
std::uint8_t* bytes_of(std::string& text) {
  return reinterpret_cast<std::uint8_t*>(text.data());
}

}  // namespace

secret derive(const secret& key, std::string_view text) {
  secret out;
  unsigned size = 0;
  const auto* done = HMAC(EVP_sha256(), key.data(), static_cast<int>(secret::size), bytes_of(text),
                          text.size(), out.data(), &size);
  ASSERT(done != nullptr && size == secret::size, "HMAC-SHA256 gives 32 bytes");
  return out;
}

void aead_seal(const secret& key, const aead_nonce& nonce, std::string& head,
               std::string_view plain) {
  const context c = new_context();
  const std::size_t head_size = head.size();
  int n = 0;
  bool ok = EVP_EncryptInit_ex(c.get(), EVP_aes_256_gcm(), nullptr, key.data(), nonce.data()) == 1;
  ok = ok && EVP_EncryptUpdate(c.get(), nullptr, &n, bytes_of(std::string_view(head)),
                               static_cast<int>(head_size)) == 1;
  head.resize(head_size + plain.size() + aead_tag_bytes);
  std::uint8_t* out = bytes_of(head) + head_size;
  if (!plain.empty()) {
    ok = ok &&
         EVP_EncryptUpdate(c.get(), out, &n, bytes_of(plain), static_cast<int>(plain.size())) == 1;
  }
  out += plain.size();
  ok = ok && EVP_EncryptFinal_ex(c.get(), out, &n) == 1;
  ok = ok && EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_GCM_GET_TAG, aead_tag_bytes, out) == 1;
  ASSERT(ok, "AES-256-GCM of valid parameters does not fail");
}

std::optional<std::string> aead_open(const secret& key, const aead_nonce& nonce,
                                     std::string_view head, std::string_view sealed) {
  if (sealed.size() < aead_tag_bytes) return std::nullopt;
  const std::string_view body = sealed.substr(0, sealed.size() - aead_tag_bytes);
  std::string tag(sealed.substr(body.size()));
  std::string plain(body.size(), '\0');
  const context c = new_context();
  int n = 0;
  bool ok = EVP_DecryptInit_ex(c.get(), EVP_aes_256_gcm(), nullptr, key.data(), nonce.data()) == 1;
  ok = ok &&
       EVP_DecryptUpdate(c.get(), nullptr, &n, bytes_of(head), static_cast<int>(head.size())) == 1;
  if (!body.empty()) {
    ok = ok && EVP_DecryptUpdate(c.get(), bytes_of(plain), &n, bytes_of(body),
                                 static_cast<int>(body.size())) == 1;
  }
  ok = ok && EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_GCM_SET_TAG, aead_tag_bytes, bytes_of(tag)) == 1;
  std::uint8_t none[aead_tag_bytes];
  if (!ok || EVP_DecryptFinal_ex(c.get(), none, &n) != 1) return std::nullopt;
  return plain;
}

}  // namespace oklog::cluster
