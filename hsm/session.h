// Session: one PKCS#11 session, with the calls we make on it.
#pragma once

#include <p11-kit/pkcs11.h>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "hsm/attributes.h"
#include "hsm/token_calls.h"

namespace hsm {

enum class SessionMode { kReadOnly, kReadWrite };

struct KeyPairHandles {
  CK_OBJECT_HANDLE public_key;
  CK_OBJECT_HANDLE private_key;
};

// One thread at a time. Movable. Closes the session when destroyed.
//
// Every error is kUnavailable "token.*" (token_error.h) unless said otherwise.
class Session {
 public:
  static base::Result<Session> Open(const TokenCalls& calls, CK_SLOT_ID slot, SessionMode mode);

  ~Session();
  Session(Session&& other) noexcept;
  Session& operator=(Session&&) = delete;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Another session of the same token, that may make and destroy objects.
  base::Result<Session> OpenReadWrite();

  CK_SESSION_HANDLE handle() const { return handle_; }

  // Did a call show that sessions, login or token are gone?
  bool lost() const { return lost_; }
  // Did any call fail? An operation may then still be active, so the session is not reused.
  bool failed() const { return failed_; }

  base::Result<base::Bytes> Sign(CK_MECHANISM mechanism, CK_OBJECT_HANDLE key, base::ByteSpan data);
  base::Result<base::Bytes> Encrypt(CK_MECHANISM mechanism, CK_OBJECT_HANDLE key,
                                    base::ByteSpan text);
  base::Result<base::Bytes> Decrypt(CK_MECHANISM mechanism, CK_OBJECT_HANDLE key,
                                    base::ByteSpan text);
  base::Result<base::Bytes> Random(std::size_t count);

  // All objects that match. An empty answer from a session that is no longer logged in is
  // an error: private objects are invisible to it, not absent.
  base::Result<std::vector<CK_OBJECT_HANDLE>> Find(Attributes pattern);

  base::Result<base::Bytes> Attribute(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type);

  base::Result<CK_OBJECT_HANDLE> GenerateKey(CK_MECHANISM mechanism, Attributes key);
  base::Result<KeyPairHandles> GenerateKeyPair(CK_MECHANISM mechanism, Attributes public_key,
                                               Attributes private_key);
  base::Result<CK_OBJECT_HANDLE> Create(Attributes object);
  base::Status Destroy(CK_OBJECT_HANDLE object);

  // Handles of keys already found by this session, by CKA_ID. Die with the session.
  std::map<std::string, CK_OBJECT_HANDLE, std::less<>> known_keys;

 private:
  Session(const TokenCalls& calls, CK_SESSION_HANDLE handle) : calls_(calls), handle_(handle) {}

  base::Status Check(CK_RV rv, std::string_view attempted);
  // Calls a function of the module on this session.
  template <typename... Arguments>
  base::Status Do(std::string_view name,
                  CK_RV (*CK_FUNCTION_LIST::*function)(CK_SESSION_HANDLE, Arguments...),
                  std::type_identity_t<Arguments>... arguments) {
    return Check(calls_.Call(name, function, handle_, arguments...), name);
  }
  bool IsLoggedIn() const;
  base::Result<base::Bytes> Finish(CK_RV rv, base::Bytes output, CK_ULONG size,
                                   std::string_view attempted);

  TokenCalls calls_;
  CK_SESSION_HANDLE handle_;
  bool lost_ = false;
  bool failed_ = false;
};

}  // namespace hsm
