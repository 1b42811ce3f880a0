// TokenRoots: the root keys in the token. The first has the label that is configured, those of
// later generations have it with "-2", "-3"...
#pragma once

#include <string>
#include <utility>

#include "hsm/root_keys.h"
#include "hsm/session_pool.h"
#include "hsm/signer.h"

namespace hsm {

class TokenRoots final : public RootKeys {
 public:
  // `pool` outlives this.
  TokenRoots(SessionPool& pool, KeyLabel label) : pool_(pool), label_(std::move(label)) {}

  base::Result<base::Bytes> Wrap(std::uint64_t generation, const base::Secret& key,
                                 base::ByteSpan associated) override;
  base::Result<base::Secret> Unwrap(std::uint64_t generation, base::ByteSpan wrapped,
                                    base::ByteSpan associated) override;
  // Also kConflict "key.second-token" while a second token is configured: it would not have the
  // key.
  base::Status Make(std::uint64_t generation) override;
  base::Status DestroyOthers(std::uint64_t generation) override;

 private:
  KeyLabel LabelOf(std::uint64_t generation) const;
  base::Result<CK_OBJECT_HANDLE> Find(Session& session, std::uint64_t generation) const;
  bool IsRoot(std::string_view id) const;
  base::Result<std::vector<CK_OBJECT_HANDLE>> Others(Session& session,
                                                     std::uint64_t generation) const;
  base::Result<bool> OpensInAWorkingToken(std::uint64_t generation, base::ByteSpan wrapped,
                                          base::ByteSpan associated);

  SessionPool& pool_;
  const KeyLabel label_;
};

}  // namespace hsm
