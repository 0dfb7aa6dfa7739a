# cmake -DNPM= -DSOURCES= -DUI= -DOUT= -P build_ui.cmake
# Brings UI/dist up to date with SOURCES, copies it to OUT/dist and writes OUT/assets.cc, which takes
# the copy's bytes in with .incbin. Several builds may do so at once: one works, the others wait.
cmake_minimum_required(VERSION 3.25)

function(run what)
  execute_process(COMMAND ${ARGN} WORKING_DIRECTORY ${UI}
    RESULT_VARIABLE status OUTPUT_VARIABLE said ERROR_VARIABLE said)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${what} failed (${status}):\n${said}")
  endif()
endfunction()

# One word for the contents of all the files.
function(hash_of out)
  set(all "")
  foreach(f ${ARGN})
    file(SHA256 ${f} one)
    file(RELATIVE_PATH name ${UI} ${f})
    string(APPEND all "${name} ${one}\n")
  endforeach()
  string(SHA256 all "${all}")
  set(${out} ${all} PARENT_SCOPE)
endfunction()

# True where the stamp holds the hash.
function(is_stamped out stamp hash)
  set(old "")
  if(EXISTS ${stamp})
    file(READ ${stamp} old)
  endif()
  if(old STREQUAL hash)
    set(${out} TRUE PARENT_SCOPE)
  else()
    set(${out} FALSE PARENT_SCOPE)
  endif()
endfunction()

function(build_dist)
  hash_of(sources ${SOURCES})
  is_stamped(fresh ${UI}/node_modules/.built ${sources})
  if(fresh AND EXISTS ${UI}/dist/index.html)
    return()
  endif()
  if(NOT NPM)
    message(FATAL_ERROR "The page needs npm: apt-get install nodejs npm, then run cmake again.")
  endif()
  hash_of(packages ${UI}/package.json ${UI}/package-lock.json)
  is_stamped(installed ${UI}/node_modules/.installed ${packages})
  if(NOT installed)
    run("npm ci" ${NPM} ci --ignore-scripts --no-audit --no-fund)
    file(WRITE ${UI}/node_modules/.installed ${packages})
  endif()
  run("The build of the page" ${NPM} run --silent build)
  file(WRITE ${UI}/node_modules/.built ${sources})
endfunction()

function(content_type out name)
  if(name MATCHES "\\.html$")
    set(type "text/html; charset=utf-8")
  elseif(name MATCHES "\\.js$")
    set(type "text/javascript; charset=utf-8")
  elseif(name MATCHES "\\.css$")
    set(type "text/css; charset=utf-8")
  elseif(name MATCHES "\\.svg$")
    set(type "image/svg+xml")
  else()
    message(FATAL_ERROR "No content type is known for ${name}")
  endif()
  set(${out} ${type} PARENT_SCOPE)
endfunction()

function(write_assets)
  file(GLOB_RECURSE files RELATIVE ${OUT}/dist ${OUT}/dist/*)
  list(SORT files)
  set(declared "")
  set(table "")
  set(n 0)
  foreach(f ${files})
    content_type(type ${f})
    file(SHA256 ${OUT}/dist/${f} hash) # so that this text changes with the bytes
    set(s oklog_ui_asset_${n})
    string(APPEND declared
      "// ${hash}\n"
      "asm(\".section .rodata\\n${s}:\\n.incbin \\\"${OUT}/dist/${f}\\\"\\n\"\n"
      "    \"${s}_end:\\n.byte 0\\n.previous\\n\");\n"
      "extern \"C\" const char ${s}[], ${s}_end[];\n")
    set(immutable false)
    if(f MATCHES "^assets/")
      set(immutable true)
    endif()
    string(APPEND table "      {\"${f}\", \"${type}\", bytes(${s}, ${s}_end), ${immutable}},\n")
    math(EXPR n "${n} + 1")
  endforeach()
  file(WRITE ${OUT}/assets.cc
    "// Made by ui/cmake/build_ui.cmake.\n#include \"oklog/ui/assets.h\"\n\n${declared}\n"
    "namespace oklog::ui {\nnamespace {\n"
    "std::string_view bytes(const char* begin, const char* end) {\n"
    "  return {begin, static_cast<std::size_t>(end - begin)};\n}\n}  // namespace\n\n"
    "std::span<const asset> assets() {\n  static const asset table[] = {\n${table}  };\n"
    "  return table;\n}\n\n}  // namespace oklog::ui\n")
endfunction()

file(LOCK ${UI}/.build.lock TIMEOUT 600)
build_dist()
file(REMOVE_RECURSE ${OUT}/dist)
file(COPY ${UI}/dist DESTINATION ${OUT})
file(LOCK ${UI}/.build.lock RELEASE)
write_assets()
