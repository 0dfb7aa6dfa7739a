// The columns of a block: what is known of its records besides their text. docs/format.md, section
// "Columns", draws them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "oklog/segment/block.h"

namespace oklog {

enum class column_type : std::uint8_t {
  topics = 0x81,
  ids = 0x82,
  lengths = 0x83,
  continuations = 0x84,
};
inline constexpr std::uint8_t column_required = 0x80;

// Appends each column with its type and length.
void put_columns(std::string& out, const batch& records);

// Bounded by `records` and by the bytes themselves: no claim allocates more than they could hold.
// Whether the parts agree with the text is batch::from_parts' to say.
// Errors: corruption; invalid for a required column that this build does not know.
result<block_columns> read_columns(std::string_view bytes, std::uint32_t records);

// Whether a column of this type is there, as far as the bytes can be told apart.
bool has_column(std::string_view bytes, column_type type);

// The column "ids" alone.
void put_ids(std::string& out, const batch& records);
result<std::vector<id_run>> read_ids(std::string_view bytes, std::uint32_t records);

}  // namespace oklog
