// An engine whose parts a test makes one by one.
#pragma once

#include <memory>
#include <vector>

#include "events/world_test.h"

namespace pharos::events {

class SealedPartsTest : public testing::Test {
 protected:
  void SetUp() override {
    EngineOptions options;
    options.final_part_rows = 1;  // Flush seals, and merges nothing
    world_ = std::make_unique<World>(options);
    const auto started = world_->Start();
    ASSERT_TRUE(started.has_value()) << started.error().message;
  }
  void Append(const model::Labels& stream, const model::Event& event) {
    const auto result = world_->engine->Append("default", OneEvent(stream, event));
    ASSERT_TRUE(result.has_value()) << result.error().message;
  }
  /// What was appended becomes a part.
  void Seal() {
    const auto flushed = world_->engine->Flush();
    ASSERT_TRUE(flushed.has_value()) << flushed.error().message;
  }
  std::vector<io::PartEntry> Entries() const { return world_->manifest->Live(io::Signal::kEvents); }
  std::shared_ptr<const Part> Open(const io::PartEntry& entry,
                                   std::shared_ptr<SharedPages> pages = nullptr) const {
    auto part = Part::Open(world_->fs, "data", entry, std::move(pages));
    EXPECT_TRUE(part.has_value()) << part.error().message;
    return part ? *part : nullptr;
  }

  std::unique_ptr<World> world_;
};

}  // namespace pharos::events
