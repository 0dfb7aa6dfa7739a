// The page at /ui/, built from ui/ and held by the binary: whole files in read-only memory, valid
// for the life of the process. Nothing here is read from disk while the node runs.
#pragma once

#include <span>
#include <string_view>

namespace oklog::ui {

struct asset {
  std::string_view path;          // below /ui/: "index.html", "assets/index-B03BEnKi.js"
  std::string_view content_type;  // as the header wants it
  std::string_view bytes;
  bool immutable;  // the name holds a hash of the bytes: may be cached for ever
};

// In order of path; "index.html" is the page itself.
std::span<const asset> assets();

}  // namespace oklog::ui
