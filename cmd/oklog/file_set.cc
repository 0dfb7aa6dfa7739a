#include "cmd/oklog/file_set.h"

#include <glob.h>

#include <cstring>
#include <filesystem>

#include "oklog/grep/rotated_names.h"
#include "oklog/query/terminal.h"

namespace oklog::cmd {
namespace {

namespace fs = std::filesystem;

bool is_glob(const std::string& text) {
  return text.find_first_of("*?[") != std::string::npos;
}

result<named_file> find_file(const std::string& name) {
  named_file f;
  f.name = name;
  if (name == "-") {
    f.name = "(standard input)";
    f.is = named_file::kind::pipe;
    return f;
  }
  std::error_code bad;
  f.path = fs::canonical(name, bad).string();
  // What a shell gives for <(...) is a link to no path.
  if (bad && fs::exists(name)) f.path = name;
  const fs::file_status status = fs::status(name, bad);
  if (!fs::exists(status)) {
    return fail(errc::invalid, excerpt(name) + ": " + (bad ? bad.message() : "no such file"));
  }
  if (fs::is_directory(status)) {
    f.is = named_file::kind::directory;
  } else if (!fs::is_regular_file(status)) {
    f.is = named_file::kind::pipe;
  }
  return f;
}

result<std::vector<std::string>> expand(const std::string& pattern) {
  glob_t found{};
  const int failed = ::glob(pattern.c_str(), GLOB_ERR, nullptr, &found);
  std::vector<std::string> names(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  if (failed == GLOB_NOMATCH || (failed == 0 && names.empty())) {
    return fail(errc::invalid, "no file matches " + excerpt(pattern));
  }
  if (failed != 0) {
    return fail(errc::invalid, "cannot look for " + excerpt(pattern) + ": " + std::strerror(errno));
  }
  grep::sort_rotated(names);
  return names;
}

}  // namespace

result<std::vector<named_file>> find_files(const std::vector<std::string>& arguments) {
  std::vector<named_file> all;
  for (const std::string& argument : arguments) {
    std::error_code ignored;
    if (!is_glob(argument) || fs::exists(argument, ignored)) {
      TRY_LET(named_file f, find_file(argument));
      all.push_back(std::move(f));
      continue;
    }
    TRY_LET(const std::vector<std::string> names, expand(argument));
    for (const std::string& name : names) {
      TRY_LET(named_file f, find_file(name));
      if (f.is != named_file::kind::directory) all.push_back(std::move(f));
    }
  }
  if (all.empty()) return fail(errc::invalid, "only directories match");
  return all;
}

}  // namespace oklog::cmd
