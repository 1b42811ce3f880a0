// The report "edocvault.verification/1" as a page for people, and as ETSI TS 119 102-2 XML for
// machines.
//
// Pure functions of the report alone: they open no document, so they may run outside the walls.
// Whatever a document put into the report (names, identifiers, problems) stands in the result as
// text only, never as markup; characters that steer a display are shown as U+FFFD.
#pragma once

#include <string>
#include <string_view>

#include "base/error_text.h"
#include "base/json.h"

namespace signing {

// One self-contained HTML page: no script, nothing loaded from elsewhere, made to be printed. It
// is well-formed XML behind its first line. Sentences that stand in the report already keep its
// language, so ask in the one it was made in.
std::string ReportHtml(const base::Json& report, base::Language language);

// Whether an entry of "signatures" is a seal: by its qualification, where that names one or the
// other, else by what the certificate says it is for. False when neither says anything.
bool IsSeal(const base::Json& signature);

// What the sub-indication of such an entry, or of one of "evidenceRecords", means; empty without
// one.
std::string_view MeaningOf(const base::Json& outcome, base::Language language);

// ETSI TS 119 102-2 V1.4.1 ValidationReport. Counter-signatures follow the signature that they
// stand in. A refused document has one report without identifier, INDETERMINATE, that
// says why.
std::string ReportEtsi(const base::Json& report);

}  // namespace signing
