// Puts one member into an archive that somebody else wrote, and leaves all others as they are.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"

namespace signing {

// The archive with the member as the last one in it; one of that name is taken out. Headers and
// content of all other members, and their records in the central directory but for the offsets of
// those behind what was taken out, are the same bytes. `modified` is the time beside the member.
//
// REQUIRES: IsSafeMemberName(name).
// kInvalidInput: those of ReadZipStructure(), and "zip.unsupported" when it would need ZIP64.
base::Result<base::Bytes> PutMember(base::ByteSpan archive, const std::string& name,
                                    base::ByteSpan content, base::Time modified);

}  // namespace signing
