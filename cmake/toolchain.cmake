# Compiler, linker and flags. ccache and mold are used where they are.
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
endif()
find_program(MOLD mold)
if(MOLD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-march=x86-64-v2 -Wall -Wextra -Wno-missing-field-initializers -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-Wno-restrict -Wno-maybe-uninitialized)  # g++ 12's false alarms
  # Its own choice for objects of more than a few words is `rep stos` and `rep movs`, which begin slowly.
  set(loop vector_loop:512:noalign,libcall:-1:noalign)
  add_compile_options(-mmemset-strategy=${loop} -mmemcpy-strategy=${loop})
endif()
add_compile_definitions(PHAROS_VERSION="${PROJECT_VERSION}")

set(PHAROS_SANITIZE "" CACHE STRING "address;undefined, thread or fuzzer")
if(PHAROS_SANITIZE)
  string(REPLACE ";" "," joined "${PHAROS_SANITIZE}")
  add_compile_options(-fsanitize=${joined} -g -O1)
  add_link_options(-fsanitize=${joined})
endif()
