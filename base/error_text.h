// The sentence a person reads for each stable reason of an Error, in Latvian and English.
#pragma once

#include <span>
#include <string_view>

namespace base {

enum class Language { kLatvian, kEnglish };

struct ErrorText {
  std::string_view reason;
  std::string_view lv;
  std::string_view en;
};

// All of them, sorted by reason within each part of the product.
std::span<const ErrorText> ErrorTexts();

// What happened and what to do. A reason without a sentence gives a general one;
// tests/layout/error_texts.py keeps that from happening.
std::string_view TextOf(std::string_view reason, Language language);

}  // namespace base
