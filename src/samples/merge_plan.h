// Which parts to merge next. A pure function of the parts, the day and the wish to be done.
#pragma once

#include "samples/tenant.h"

namespace pharos::samples {

enum class MergeMode : uint8_t { kBusy, kQuiet, kFinal };

/// A run of at least two parts of one day, neighbours in generation, that should become one;
/// empty when nothing is due. `parts` oldest generation first. kFinal: one part a day. kQuiet: the
/// day counts as over, since nothing comes.
///
/// While a day lasts, kMergeWidth neighbours of one level become one of the next (30 min →
/// 2 h → 8 h → day). A day that is over becomes one part; a late part joins the day's when
/// late parts are many or together no longer small, so that a trickle does not rewrite it
/// again and again. Broken parts are left alone.
PartList PickMerge(const PartList& parts, int64_t today, MergeMode mode);

}  // namespace pharos::samples
