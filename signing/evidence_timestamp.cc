#include <openssl/err.h>
#include <openssl/ts.h>

#include "signing/evidence.h"
#include "signing/openssl_handles.h"

namespace signing {

base::Bytes BuildTimestampRequest(const base::Sha256Digest& imprint, base::ByteSpan nonce) {
  // TimeStampReq ::= SEQUENCE { version 1, messageImprint, nonce INTEGER, certReq TRUE };
  // every length is below 128, so each header is two bytes.
  base::Bytes request{0x30, 0x00, 0x02, 0x01, 0x01};
  base::Append(base::Bytes{0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03,
                           0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20},
               request);
  base::Append(imprint.bytes, request);
  request.push_back(0x02);
  request.push_back(static_cast<std::uint8_t>(nonce.size()));
  base::Append(nonce, request);
  base::Append(base::Bytes{0x01, 0x01, 0xFF}, request);
  request[1] = static_cast<std::uint8_t>(request.size() - 2);
  return request;
}

}  // namespace signing
