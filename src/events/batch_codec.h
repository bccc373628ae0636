// A batch as one WAL frame: a group of records a stream, then its origins and what attributes
// several records share, once. The frame's bytes stay as they are in the memtable. Format:
// docs/format/events.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "events/attribute_forms.h"
#include "model/event.h"

namespace pharos::events {

inline constexpr uint8_t kBatchCodec = 8;  ///< WalFrame::codec: a frame
/// A frame whose lines have their places in a text, and behind it that text as the sender
/// compressed it.
inline constexpr uint8_t kSentBatchCodec = 9;

/// Builds a frame. Owns: the frame in the making; keeps views of the events. Threads: one.
class BatchWriter {
 public:
  /// `memory` is where the frame is made. Lines that lie in `text` are written as their places.
  explicit BatchWriter(std::string memory = {}, std::string_view text = {});
  BatchWriter(const BatchWriter&) = delete;
  /// Opens a group; an empty one leaves nothing behind.
  void BeginStream(model::EventKind kind, const model::Labels& labels);
  /// False, with nothing added, for an event that is too large, deep or wide.
  bool Add(const model::Event& event);
  size_t rows() const { return rows_; }
  /// The frame; once.
  std::string Finish();

 private:
  /// False, with nothing added, for an event that is not plain.
  bool AddPlain(const model::Event& event, const SetRef& set);
  bool AddAny(const model::Event& event, const SetRef& set);
  uint64_t OriginNumber(const model::Origin* origin);
  void CloseGroup();
  void Patch(size_t at, size_t value);

  std::string frame_;
  const std::string_view text_;
  std::string origins_;
  AttributeForms forms_;
  std::unordered_map<const model::Origin*, uint64_t> origin_numbers_;
  const model::Origin* last_origin_ = nullptr;
  uint64_t last_origin_number_ = 0;
  uint32_t group_count_ = 0;
  size_t group_start_ = 0;    // of the open group in frame_
  size_t group_rows_at_ = 0;  // of its row count and length
  uint32_t group_rows_ = 0;
  size_t rows_ = 0;
  bool open_ = false;
};

/// A frame taken apart; views into it.
struct BatchView {
  struct Group {
    model::EventKind kind{};
    std::string_view labels;  ///< as Labels::bytes gives them; unchecked
    uint32_t rows = 0;
    std::string_view records;  ///< each: u32 length, record; unchecked
  };
  std::vector<std::string_view> origins;
  std::vector<std::string_view> attribute_sets;
  std::vector<Group> groups;

  static base::Result<BatchView> Parse(std::string_view frame);
};

/// A payload of kSentBatchCodec taken apart.
struct SentFrame {
  std::string_view frame, compressed;
  static base::Result<SentFrame> Parse(std::string_view payload);
};

}  // namespace pharos::events
