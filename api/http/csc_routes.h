// The interface of the Cloud Signature Consortium, API v2, for signing applications: what its
// requests say, and its answers. Errors are answered as it wants them (10.1), not as problems.
//
// Authorisation of the service is mutual TLS; a credential is a remote key of the caller's. The
// Signature Activation Data is the approval itself (hsm/approval.h): `credentials/authorize` takes
// it as the authentication factor "approval", checks that it fits, and hands it back as the SAD.
#pragma once

#include "api/flow/remote_signing.h"
#include "api/http/message.h"

namespace api {

// Each takes the body of its POST.
base::Result<Response> CscInfo(const CscService& service, const Request& request);
base::Result<Response> CscList(const RemoteSigning& signing, const Request& request);
base::Result<Response> CscCredential(const RemoteSigning& signing, const Request& request);
base::Result<Response> CscAuthorize(const RemoteSigning& signing, const base::Clock& clock,
                                    const Request& request);
base::Result<Response> CscSignHash(RemoteSigning& signing, const Request& request);

// {"error","error_description"}: "invalid_request" with 400, "temporarily_unavailable" with 503,
// "server_error" with 500. The description begins with our stable reason.
Response CscProblem(const base::Error& error, const Request& request);

}  // namespace api
