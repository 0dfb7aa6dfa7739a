// One line of a log as a member of a JSON object.
#pragma once

#include <string>
#include <string_view>

namespace oklog {

// "line":"..."; where the text is not UTF-8, "line_base64":"...".
void append_json_line(std::string& out, std::string_view text);

// A JSON string with its quotes; what is not UTF-8 is replaced.
void append_json_text(std::string& out, std::string_view text);

}  // namespace oklog
