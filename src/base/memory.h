// Giving memory back to the system after a large piece of work.
#pragma once

namespace pharos::base {

/// Returns what this thread's allocator keeps for reuse. A thread that has just finished a
/// heavy query holds its peak otherwise, and sixteen workers sixteen peaks. Cost: some
/// milliseconds after a large query; not for hot paths.
void ReturnFreedMemory();

}  // namespace pharos::base
