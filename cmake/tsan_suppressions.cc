// What ThreadSanitizer must not report in tests: libgrpc and the libraries it stands on come
// without its instrumentation, so what they hand from thread to thread looks like a race. Often
// only the library that frees or copies is on the stack, for theirs are not unwound. Linked into
// every test program of the tsan preset; TSAN_OPTIONS=suppressions=FILE adds to it.
extern "C" const char* __tsan_default_suppressions();  // asked for by the sanitizer's runtime
extern "C" const char* __tsan_default_suppressions() {
  return "called_from_lib:libgrpc.so\n"
         "race:libgrpc.so\n"
         "race:libgrpc++.so\n"
         "race:libgpr.so\n"
         "race:libupb.so\n"
         "race:libabsl_\n";
}
