// What ThreadSanitizer must not report in tests: libgrpc comes without its instrumentation, so what
// it hands from thread to thread looks like a race. Linked into every test program of the tsan
// preset; TSAN_OPTIONS=suppressions=FILE adds to it.
extern "C" const char* __tsan_default_suppressions();  // asked for by the sanitizer's runtime
extern "C" const char* __tsan_default_suppressions() {
  return "called_from_lib:libgrpc.so\n"
         "race:libgrpc.so\n"
         "race:libgrpc++.so\n";
}
