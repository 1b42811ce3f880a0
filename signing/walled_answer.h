// Walled answer: named texts and objects, or an error, on their way out of the walls.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "signing/bundle_members.h"
#include "signing/stored_zip.h"

namespace signing {

base::Bytes AnswerOf(const std::vector<MadeMember>& members);
base::Bytes AnswerOf(const base::Error& error);

// Borrows from `answer`. The error that was sent, or kInternal "bundle.malformed" for bytes that
// are no answer.
base::Result<std::vector<StoredMember>> ReadAnswer(base::ByteSpan answer);

}  // namespace signing
