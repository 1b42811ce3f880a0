// A PKCS#11 module that forwards to $TOKEN_SHIM_MODULE and obeys files in $TOKEN_SHIM_DIR:
//
//   fail.C_Sign   "<code> <times>": the next calls answer that code instead
//   slow.C_Sign   "<milliseconds> <times>": the next calls take so much longer
//   hang.C_Sign   a FIFO: calls open it for writing, then never return
//   crash.C_Sign  "1 <times>": the next calls end the process
//   fail.flip     "1 <times>": signatures come out wrong, with CKR_OK
//   absent        while it is there, the token is not; its sessions are lost
//   reset         what it says changed: the token has forgotten all sessions and logins
//   logout        what it says changed: the token has forgotten the login
//   logins        grows by one byte with each C_Login
//   seals         grows by one byte with each signature that a P-256 key made of a SHA-256 digest
//   refusals      grows by one byte with each C_Login that was answered CKR_PIN_INCORRECT
//
// Files, not functions, so that a test can rule the token of another process.
#include <dlfcn.h>
#include <fcntl.h>
#include <p11-kit/pkcs11.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <type_traits>

namespace {

CK_FUNCTION_LIST* real = nullptr;
CK_FUNCTION_LIST ours;

std::mutex counting;
// Held shared by each call: sessions are not taken away from under one that is under way.
std::shared_mutex inside;
std::string last_reset;
std::string last_logout;

std::string Control(const std::string& name) {
  const char* folder = std::getenv("TOKEN_SHIM_DIR");  // NOLINT(concurrency-mt-unsafe)
  return std::string(folder == nullptr ? "/nonexistent" : folder) + "/" + name;
}

bool IsAbsent() {
  return ::access(Control("absent").c_str(), F_OK) == 0;
}

std::string Content(const std::string& name) {
  std::string text;
  std::ifstream(Control(name)) >> text;
  return text;
}

void Count(const std::string& name) {
  const std::lock_guard lock(counting);
  std::ofstream(Control(name), std::ios::app) << '.';
}

void HangIfAsked(const std::string& function) {
  if (::open(Control("hang." + function).c_str(), O_WRONLY | O_CLOEXEC) < 0) return;
  while (true) ::pause();
}

// The number of a "<number> <times>" file whose times are not used up, else 0.
CK_ULONG Asked(const std::string& name) {
  const std::lock_guard lock(counting);
  CK_ULONG number = 0;
  int times = 0;
  std::ifstream(Control(name)) >> number >> times;
  if (times <= 0) return 0;
  std::ofstream(Control(name)) << number << ' ' << times - 1;
  return number;
}

void ForgetSessions() {
  std::array<CK_SLOT_ID, 64> slots{};
  CK_ULONG count = slots.size();
  if (real->C_GetSlotList(CK_TRUE, slots.data(), &count) != CKR_OK) return;
  std::for_each_n(slots.begin(), count, [](CK_SLOT_ID slot) { real->C_CloseAllSessions(slot); });
}

// The losses that came since the last call.
void Lose(CK_SESSION_HANDLE session) {
  const std::string reset = Content("reset");
  const std::string logout = Content("logout");
  {
    const std::shared_lock lock(inside);
    if (!IsAbsent() && reset == last_reset && logout == last_logout) return;
  }
  const std::unique_lock lock(inside);
  if (IsAbsent() || reset != last_reset) ForgetSessions();
  last_reset = reset;
  if (logout != last_logout) real->C_Logout(session);
  last_logout = logout;
}

enum class On { kModule, kSlot, kSession };

CK_RV Obey(const std::string& function, On on, CK_SESSION_HANDLE session) {
  HangIfAsked(function);
  if (Asked("crash." + function) != 0)
    ::raise(SIGKILL);  // As if by a wild pointer, without a core.
  if (const CK_ULONG delay = Asked("slow." + function); delay != 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(delay));
  if (on == On::kModule) return Asked("fail." + function);
  Lose(on == On::kSession ? session : CK_INVALID_HANDLE);
  if (IsAbsent()) return on == On::kSlot ? CKR_TOKEN_NOT_PRESENT : CKR_DEVICE_REMOVED;
  return Asked("fail." + function);
}

template <typename First, typename... Others>
CK_SESSION_HANDLE SessionIn(First first, Others...) {
  if constexpr (std::is_same_v<First, CK_SESSION_HANDLE>) return first;
  return CK_INVALID_HANDLE;
}

// A function's name as a template's argument.
template <std::size_t kSize>
struct Name {
  // NOLINTNEXTLINE(google-explicit-constructor): a literal stands for it.
  consteval Name(const char (&literal)[kSize]) { std::copy_n(literal, kSize, text); }
  char text[kSize];
};

template <Name kName, On kOn, auto kFunction, typename Type>
struct Forward;
template <Name kName, On kOn, auto kFunction, typename... Arguments>
struct Forward<kName, kOn, kFunction, CK_RV (*CK_FUNCTION_LIST::*)(Arguments...)> {
  static CK_RV Call(Arguments... arguments) {
    if (const CK_RV rv = Obey(kName.text, kOn, SessionIn(arguments...)); rv != CKR_OK) return rv;
    const std::shared_lock lock(inside);
    return (real->*kFunction)(arguments...);
  }
};

template <Name kName, On kOn, auto kFunction>
void Rule() {
  ours.*kFunction = &Forward<kName, kOn, kFunction, decltype(kFunction)>::Call;
}

CK_RV Initialize(void* arguments) {
  last_reset = Content("reset");
  last_logout = Content("logout");
  if (const CK_RV rv = Obey("C_Initialize", On::kModule, CK_INVALID_HANDLE); rv != CKR_OK)
    return rv;
  return real->C_Initialize(arguments);
}

CK_RV GetSlotList(CK_BBOOL with_token, CK_SLOT_ID* slots, CK_ULONG* count) {
  const CK_RV asked = Obey("C_GetSlotList", On::kSlot, CK_INVALID_HANDLE);
  if (asked == CKR_TOKEN_NOT_PRESENT) {
    *count = 0;
    return CKR_OK;
  }
  return asked != CKR_OK ? asked : real->C_GetSlotList(with_token, slots, count);
}

CK_RV Login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR* pin, CK_ULONG size) {
  if (user == CKU_USER) Count("logins");
  CK_RV rv = Obey("C_Login", On::kSession, session);
  const std::shared_lock lock(inside);
  if (rv == CKR_OK) rv = real->C_Login(session, user, pin, size);
  if (rv == CKR_PIN_INCORRECT) Count("refusals");
  return rv;
}

CK_RV Sign(CK_SESSION_HANDLE session, CK_BYTE* data, CK_ULONG size, CK_BYTE* value,
           CK_ULONG* value_size) {
  if (const CK_RV rv = Obey("C_Sign", On::kSession, session); rv != CKR_OK) return rv;
  const std::shared_lock lock(inside);
  const CK_RV rv = real->C_Sign(session, data, size, value, value_size);
  // Only ECDSA with P-256 makes 64 bytes of a digest of 32.
  if (rv == CKR_OK && value != nullptr && size == 32 && *value_size == 64) Count("seals");
  // A token that signs wrongly and says nothing.
  if (rv == CKR_OK && Asked("fail.flip") != 0) value[*value_size - 1] ^= 1;
  return rv;
}

void TakeOver() {
  ours = *real;
  using List = CK_FUNCTION_LIST;
  Rule<"C_Finalize", On::kModule, &List::C_Finalize>();
  Rule<"C_GetTokenInfo", On::kSlot, &List::C_GetTokenInfo>();
  Rule<"C_OpenSession", On::kSlot, &List::C_OpenSession>();
  Rule<"C_CloseSession", On::kModule, &List::C_CloseSession>();
  Rule<"C_GetSessionInfo", On::kSession, &List::C_GetSessionInfo>();
  Rule<"C_FindObjectsInit", On::kSession, &List::C_FindObjectsInit>();
  Rule<"C_FindObjects", On::kSession, &List::C_FindObjects>();
  Rule<"C_FindObjectsFinal", On::kSession, &List::C_FindObjectsFinal>();
  Rule<"C_GetAttributeValue", On::kSession, &List::C_GetAttributeValue>();
  Rule<"C_SignInit", On::kSession, &List::C_SignInit>();
  Rule<"C_EncryptInit", On::kSession, &List::C_EncryptInit>();
  Rule<"C_Encrypt", On::kSession, &List::C_Encrypt>();
  Rule<"C_DecryptInit", On::kSession, &List::C_DecryptInit>();
  Rule<"C_Decrypt", On::kSession, &List::C_Decrypt>();
  Rule<"C_GenerateRandom", On::kSession, &List::C_GenerateRandom>();
  ours.C_Initialize = Initialize;
  ours.C_GetSlotList = GetSlotList;
  ours.C_Login = Login;
  ours.C_Sign = Sign;
}

}  // namespace

// Anew each time: the next test of a process may want another module.
extern "C" CK_RV C_GetFunctionList(CK_FUNCTION_LIST** list) {
  const char* module = std::getenv("TOKEN_SHIM_MODULE");  // NOLINT(concurrency-mt-unsafe)
  void* const library = ::dlopen(module, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (library == nullptr) return CKR_GENERAL_ERROR;
  const auto get = reinterpret_cast<CK_C_GetFunctionList>(::dlsym(library, "C_GetFunctionList"));
  if (const CK_RV rv = get(&real); rv != CKR_OK) return rv;
  TakeOver();
  *list = &ours;
  return CKR_OK;
}
