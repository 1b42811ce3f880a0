// A PKCS#11 module that forwards to the real one and obeys files in $TOKEN_SHIM_DIR:
//
//   fail.C_Sign   "<code> <times>": the next calls answer that code instead
//   hang.C_Sign   a FIFO: the next call opens it for writing, then never returns
//   fail.flip     "1 <times>": signatures come out wrong, with CKR_OK
//   logins        grows by one byte with each C_Login
//
// Files, not functions, so that a test can rule the token of another process.
#include <dlfcn.h>
#include <fcntl.h>
#include <p11-kit/pkcs11.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <mutex>
#include <string>

namespace {

CK_FUNCTION_LIST* real = nullptr;
CK_FUNCTION_LIST ours;
std::mutex mutex;

std::string Control(const std::string& name) {
  const char* folder = std::getenv("TOKEN_SHIM_DIR");  // NOLINT(concurrency-mt-unsafe)
  return std::string(folder == nullptr ? "/nonexistent" : folder) + "/" + name;
}

void HangIfAsked(const std::string& function) {
  if (::open(Control("hang." + function).c_str(), O_WRONLY | O_CLOEXEC) < 0) return;
  while (true) ::pause();
}

CK_RV Injected(const std::string& function) {
  HangIfAsked(function);
  const std::lock_guard lock(mutex);
  const std::string path = Control("fail." + function);
  CK_RV code = CKR_OK;
  int times = 0;
  std::ifstream(path) >> code >> times;
  if (times <= 0) return CKR_OK;
  std::ofstream(path) << code << ' ' << times - 1;
  return code;
}

CK_RV OpenSession(CK_SLOT_ID slot, CK_FLAGS flags, void* application, CK_NOTIFY notify,
                  CK_SESSION_HANDLE* session) {
  const CK_RV injected = Injected("C_OpenSession");
  return injected != CKR_OK ? injected
                            : real->C_OpenSession(slot, flags, application, notify, session);
}

CK_RV Login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR* pin, CK_ULONG size) {
  if (user == CKU_USER) std::ofstream(Control("logins"), std::ios::app) << '.';
  const CK_RV injected = Injected("C_Login");
  return injected != CKR_OK ? injected : real->C_Login(session, user, pin, size);
}

CK_RV SignInit(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE key) {
  const CK_RV injected = Injected("C_SignInit");
  return injected != CKR_OK ? injected : real->C_SignInit(session, mechanism, key);
}

CK_RV Sign(CK_SESSION_HANDLE session, CK_BYTE* data, CK_ULONG size, CK_BYTE* value,
           CK_ULONG* value_size) {
  const CK_RV injected = Injected("C_Sign");
  if (injected == CKR_OK) {
    const CK_RV rv = real->C_Sign(session, data, size, value, value_size);
    // A token that signs wrongly and says nothing.
    if (rv == CKR_OK && Injected("flip") != CKR_OK) value[*value_size - 1] ^= 1;
    return rv;
  }
  return injected;
}

CK_RV FindObjectsInit(CK_SESSION_HANDLE session, CK_ATTRIBUTE* pattern, CK_ULONG count) {
  const CK_RV injected = Injected("C_FindObjectsInit");
  return injected != CKR_OK ? injected : real->C_FindObjectsInit(session, pattern, count);
}

CK_RV DecryptInit(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE key) {
  const CK_RV injected = Injected("C_DecryptInit");
  return injected != CKR_OK ? injected : real->C_DecryptInit(session, mechanism, key);
}

}  // namespace

extern "C" CK_RV C_GetFunctionList(CK_FUNCTION_LIST** list) {
  if (real == nullptr) {
    const char* module = std::getenv("TOKEN_SHIM_MODULE");  // NOLINT(concurrency-mt-unsafe)
    void* const library = ::dlopen(module, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return CKR_GENERAL_ERROR;
    const auto get = reinterpret_cast<CK_C_GetFunctionList>(::dlsym(library, "C_GetFunctionList"));
    if (const CK_RV rv = get(&real); rv != CKR_OK) return rv;
    ours = *real;
    ours.C_OpenSession = OpenSession;
    ours.C_Login = Login;
    ours.C_SignInit = SignInit;
    ours.C_Sign = Sign;
    ours.C_FindObjectsInit = FindObjectsInit;
    ours.C_DecryptInit = DecryptInit;
  }
  *list = &ours;
  return CKR_OK;
}
