// Gives memory back that a file mapping took, so that a large file is read in little memory.
#pragma once

#include "base/bytes.h"

namespace base {

// The pages that lie wholly in `read` are dropped, if they belong to a MappedFile; they come back
// from the file when they are looked at again. Any other memory is left alone. Thread-safe.
void GiveBackPages(ByteSpan read);

// For MappedFile: which memory is the mapping of a file.
void NoteMapping(ByteSpan mapping);
void ForgetMapping(ByteSpan mapping);

}  // namespace base
