// SoftHSM 2.6.1 loses 37 bytes with each Ed25519 signature (the parsed curve name); that is
// not ours to mend. Leaks through its code are left out, and stacks unwound far enough to see it.
// Asked for by the sanitizer's runtime; nobody calls them in other builds.
extern "C" const char* __asan_default_options();       // NOLINT(bugprone-reserved-identifier)
extern "C" const char* __lsan_default_suppressions();  // NOLINT(bugprone-reserved-identifier)

extern "C" const char* __asan_default_options() {
  return "fast_unwind_on_malloc=0";
}

extern "C" const char* __lsan_default_suppressions() {
  return "leak:libsofthsm2";
}
