#!/bin/sh
# The compiler of the folders that are compiled by the program's profile (cmake/profile.cmake):
# profiled.sh COMPILER ARGUMENTS…, in the build directory. PHAROS_PROFILE: use or generate.
# ccache, which does not know these flags, runs it in the compiler's place; the profile is part of
# its key.
case "$PHAROS_PROFILE" in
  use)
    exec "$@" -fprofile-use="$PWD/profile" -fprofile-prefix-path="$PWD" -fprofile-partial-training \
      -Wno-missing-profile -Wno-coverage-mismatch
    ;;
  generate)
    exec "$@" -fprofile-generate="$PWD/profile" -fprofile-prefix-path="$PWD" -fprofile-update=prefer-atomic
    ;;
esac
echo "PHAROS_PROFILE is '$PHAROS_PROFILE': use or generate" >&2
exit 2
