// The words in which the inspector is asked for what has members of its own, and answers.
//
// Every ...From() that can fail fails with kInternal "channel.malformed": both sides are ours.
#pragma once

#include "api/flow/release_rule.h"
#include "base/json.h"
#include "base/result.h"
#include "signing/extender.h"
#include "signing/signing_place.h"

namespace api {

// Without the document, which goes beside it.
base::Json ToJson(const signing::SigningOrder& order);
base::Json ToJson(const signing::ExtensionOrder& order);

// `document` is borrowed: it stands in what is returned.
base::Result<signing::SigningOrder> SigningOrderFrom(const base::Json& json,
                                                     base::ByteSpan document);
base::Result<signing::ExtensionOrder> ExtensionOrderFrom(const base::Json& json,
                                                         base::ByteSpan document);

base::Json ToJson(const signing::SignatureSelector& selector);
signing::SignatureSelector SelectorFrom(const base::Json* json);

base::Json ToJson(const std::vector<signing::DocumentDigest>& documents);
base::Result<std::vector<signing::DocumentDigest>> DocumentsFrom(const base::Json* json);

base::Json ToJson(const signing::SigningPlace& place);
base::Result<signing::SigningPlace> PlaceFrom(const base::Json& json);

base::Json ToJson(const ExpectedSignature& expected);
base::Result<ExpectedSignature> ExpectedFrom(const base::Json& json);

// The JSON of what is about the document, its length in eight bytes before it, then the document.
base::Bytes Pack(const signing::Extended& extended);
base::Result<signing::Extended> ExtendedFrom(base::ByteSpan packed);

}  // namespace api
