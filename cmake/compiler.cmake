# One language level and one set of warnings for every target.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# Files of a target are compiled some at a time: half of what most of them cost is headers. With OFF
# each stands for itself (docs/decisions/0021-files-compiled-together.md).
set(CMAKE_UNITY_BUILD ON CACHE BOOL "compile several files as one")
set(CMAKE_UNITY_BUILD_BATCH_SIZE 8)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

set(OKLOG_SANITIZE "" CACHE STRING "sanitizers, as -fsanitize takes them")
if(OKLOG_SANITIZE)
  add_compile_options(-fsanitize=${OKLOG_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${OKLOG_SANITIZE})
  if(OKLOG_SANITIZE MATCHES undefined)
    add_compile_options(-fno-sanitize-recover=undefined)
    # Of these three g++ makes a third of all code. ASan sees the first two's faults, and the fuzz
    # preset, which is clang's, keeps the third on everything that reads bytes.
    add_compile_options($<$<CXX_COMPILER_ID:GNU>:-fno-sanitize=null,vptr,alignment>)
    # clang 14 cannot assemble this check of coroutines ("a difference across sections")
    add_compile_options($<$<CXX_COMPILER_ID:Clang>:-fno-sanitize=function>)
  endif()
endif()

set(shadow_warnings -Wshadow)
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # A local name may be that of something in another file, and unnamed namespaces are included.
  set(shadow_warnings -Wshadow=local -Wno-subobject-linkage)
endif()
add_library(oklog_flags INTERFACE)
target_compile_options(oklog_flags INTERFACE
  -Wall -Wextra -Wconversion -Wnon-virtual-dtor -Werror
  ${shadow_warnings}
  # g++ 12 reports false positives of these three from inlined library code
  $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow>
  # clang builds the fuzzers only; g++ is the judge of warnings
  $<$<CXX_COMPILER_ID:Clang>:-Wno-error>)
target_include_directories(oklog_flags INTERFACE ${CMAKE_SOURCE_DIR}/include)
target_compile_definitions(oklog_flags INTERFACE OKLOG_VERSION="${PROJECT_VERSION}")
