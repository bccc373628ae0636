# Debian's libraries, each behind one name. docs/dependencies.md says why each is here.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(CURL REQUIRED)
find_package(absl REQUIRED)
find_package(GTest REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(simdjson REQUIRED)
find_package(spdlog REQUIRED)
pkg_check_modules(GRPC REQUIRED IMPORTED_TARGET grpc++)

add_library(lib_base INTERFACE)
target_link_libraries(lib_base INTERFACE Threads::Threads spdlog::spdlog fmt::fmt xxhash zstd z snappy)

add_library(lib_re2 INTERFACE)
target_link_libraries(lib_re2 INTERFACE re2)

add_library(lib_simdjson INTERFACE)
target_link_libraries(lib_simdjson INTERFACE simdjson::simdjson)

add_library(lib_yaml INTERFACE)
target_link_libraries(lib_yaml INTERFACE yaml-cpp)

add_library(lib_protozero INTERFACE)  # headers only

add_library(lib_net INTERFACE)        # Boost.Beast and Asio are headers only
target_link_libraries(lib_net INTERFACE CURL::libcurl OpenSSL::SSL OpenSSL::Crypto PkgConfig::GRPC)

add_library(lib_cli INTERFACE)        # CLI11 is headers only
