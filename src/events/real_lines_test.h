// Corpora of real log lines, made larger: the 2,000 lines of a set of loghub again and again,
// their order mixed, their numbers and ids drawn anew. Used by tests and benchmarks.
#pragma once

#include <cctype>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "base/compress.h"

namespace pharos::events {

inline constexpr const char* kRealSets[] = {
    "Android", "Apache",  "BGL",       "HDFS",  "HPC",     "Hadoop",   "Linux",
    "Mac",     "OpenSSH", "OpenStack", "Spark", "Windows", "Zookeeper"};

/// The lines of a set; none where it is not there.
inline std::vector<std::string> RealLines(const std::string& name) {
  std::ifstream in("../shared/data/loghub/" + name + "/" + name + "_2k.log", std::ios::binary);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// Draws digits anew, and hex ids; clock times and what belongs to them stay.
inline std::string Redrawn(const std::string& line, std::mt19937_64& random) {
  std::string out = line;
  size_t at = 0;
  while (at < out.size()) {
    if (!std::isalnum(static_cast<unsigned char>(out[at]))) {
      ++at;
      continue;
    }
    size_t end = at;
    bool digit = false, other = false;
    for (; end < out.size() && std::isalnum(static_cast<unsigned char>(out[end])); ++end) {
      digit = digit || std::isdigit(static_cast<unsigned char>(out[end]));
      other = other || !std::isxdigit(static_cast<unsigned char>(out[end]));
    }
    const bool clock = (at > 0 && out[at - 1] == ':') || (end < out.size() && out[end] == ':');
    const bool hex = digit && !other && end - at >= 8;
    for (size_t i = at; i < end && !clock; ++i) {
      if (std::isdigit(static_cast<unsigned char>(out[i]))) {
        if (hex) {
          out[i] = "0123456789abcdef"[random() % 10];
        } else if (out[i] != '0' || i + 1 < end) {
          out[i] = static_cast<char>(out[i] == '0' ? '0' : '1' + random() % 9);
        }
      } else if (hex) {
        out[i] = static_cast<char>((out[i] < 'a' ? 'A' : 'a') + random() % 6);
      }
    }
    at = end;
  }
  return out;
}

struct RealCorpus {
  std::vector<std::string> lines;
  size_t bytes = 0;       ///< with line ends
  size_t zstd_bytes = 0;  ///< zstd -3 over pieces of 256 KiB, each on its own
};

inline RealCorpus MakeRealCorpus(const std::string& name, size_t bytes) {
  RealCorpus out;
  const std::vector<std::string> lines = RealLines(name);
  std::mt19937_64 random(7);
  std::string piece;
  const auto pack = [&] {
    out.zstd_bytes += base::ZstdCompress(piece, 3).size();
    piece.clear();
  };
  while (!lines.empty() && out.bytes < bytes) {
    out.lines.push_back(Redrawn(lines[random() % lines.size()], random));
    out.bytes += out.lines.back().size() + 1;
    piece.append(out.lines.back()).push_back('\n');
    if (piece.size() >= (256u << 10)) pack();
  }
  if (!piece.empty()) pack();
  return out;
}

}  // namespace pharos::events
