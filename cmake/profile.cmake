# What is hot is compiled by a profile of the program at work, cmake/profile.tar.xz, which
# `./dev profile` makes: a tenth less CPU time where log lines are sealed, a twentieth in all.
# Functions that have changed since are compiled as if there was none. The profile is g++ 12's;
# other compilers do without it.
set(PHAROS_PROFILE "" CACHE STRING "use: compile by the profile; generate: for making one")
set(PHAROS_PROFILED base io model text net codec wire store match samples events query ingest)
set(profile_archive ${CMAKE_SOURCE_DIR}/cmake/profile.tar.xz)

if(NOT (CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION MATCHES "^12\\.") OR PHAROS_SANITIZE)
  set(PHAROS_PROFILE "")
endif()
if(PHAROS_PROFILE STREQUAL "use")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${profile_archive})
  file(REMOVE_RECURSE ${CMAKE_BINARY_DIR}/profile)
  file(ARCHIVE_EXTRACT INPUT ${profile_archive} DESTINATION ${CMAKE_BINARY_DIR})
  set(profile_inputs ${profile_archive} ${CMAKE_SOURCE_DIR}/cmake/profiled.sh)
elseif(PHAROS_PROFILE)
  add_link_options(-fprofile-generate)
  set(profile_inputs ${CMAKE_SOURCE_DIR}/cmake/profiled.sh)
endif()

# Functions that are not seen outside their file are known by its path: ccache gives one that is
# the same in all checkouts, so where there is none they have no profile.
function(pharos_profiled name sources)
  if(NOT PHAROS_PROFILE OR NOT name IN_LIST PHAROS_PROFILED)
    return()
  endif()
  set(launcher ${CMAKE_COMMAND} -E env PHAROS_PROFILE=${PHAROS_PROFILE})
  if(PHAROS_PROFILE STREQUAL "generate")  # where counts go stands in the objects
    list(APPEND launcher CCACHE_NAMESPACE=${CMAKE_BINARY_DIR})
  endif()
  if(CCACHE)
    list(JOIN profile_inputs ":" key)
    list(APPEND launcher CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 CCACHE_EXTRAFILES=${key}
         CCACHE_PREFIX=${CMAKE_SOURCE_DIR}/cmake/profiled.sh ${CCACHE})
  else()
    list(APPEND launcher ${CMAKE_SOURCE_DIR}/cmake/profiled.sh)
  endif()
  set_target_properties(pharos_${name} PROPERTIES CXX_COMPILER_LAUNCHER "${launcher}")
  set_source_files_properties(${sources} PROPERTIES OBJECT_DEPENDS "${profile_inputs}")
endfunction()
