#include "api/flow/verify_document.h"

namespace api {

base::Result<base::Json> VerifyDocument::Run(const Reading& reading, std::string_view id,
                                             base::Language language) {
  ASSIGN_OR_RETURN(const WholeDocument document,
                   read_document_.Run(reading, id, "document.verify"));
  return inspector_.Verify(document.bytes, {.name = document.metadata.Text("name").value_or(""),
                                            .at = clock_.Now(),
                                            .language = language});
}

}  // namespace api
