# Everything here is a Debian 12 package; scripts/install-dependencies names them.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(prometheus-cpp REQUIRED COMPONENTS core)
find_package(nlohmann_json REQUIRED)
find_package(Catch2 2.13 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto)
pkg_check_modules(re2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)

# Asio is compiled once, in src/env/asio.cc; everybody else only declares it.
add_library(oklog_asio INTERFACE)
target_link_libraries(oklog_asio INTERFACE Boost::headers Threads::Threads)
target_compile_definitions(oklog_asio INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_BEAST_SEPARATE_COMPILATION)
if(OKLOG_SANITIZE STREQUAL thread)
  # TSan knows no fences (g++ says so and stops); Asio's queues have locks besides.
  target_compile_definitions(oklog_asio INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
endif()
# g++ 12 takes the frames of coroutines, which Asio allocates, for mismatched.
target_compile_options(oklog_asio INTERFACE
  $<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete>)
