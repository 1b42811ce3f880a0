import eu.europa.esig.dss.diagnostic.SignatureWrapper;
import eu.europa.esig.dss.jaxb.object.Message;
import eu.europa.esig.dss.model.DSSDocument;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.spi.tsl.TrustedListsCertificateSource;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import eu.europa.esig.dss.validation.reports.Reports;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

// Asks EU DSS, with its default constraints and without sources of revocation data or of certificates:
// jobs on standard input (Job), answers on standard output (Answer).
final class DssPeer {
  private static final Map<String, CommonCertificateVerifier> verifiers = new HashMap<>();
  private static final Map<String, Integer> anchors = new HashMap<>();

  public static void main(String[] arguments) throws Exception {
    Questions.answerAll(DssPeer::ask);
  }

  private static void ask(Job job, Answer answer) throws Exception {
    SignedDocumentValidator validator = SignedDocumentValidator.fromDocument(new FileDocument(job.file().toFile()));
    validator.setCertificateVerifier(verifier(job));
    validator.setValidationTime(Date.from(job.at()));
    if (job.data() != null) validator.setDetachedContents(detached(job));
    Reports reports = validator.validateDocument();
    answer.anchors = anchors.get(job.trustKey());
    SimpleReport simple = reports.getSimpleReport();
    for (SignatureWrapper s : reports.getDiagnosticData().getSignatures()) {
      if (s.isCounterSignature()) continue;
      List<String> errors = new ArrayList<>();
      for (Message message : simple.getAdESValidationErrors(s.getId())) errors.add(message.getKey());
      answer.signatures.add(new Answer.Signature(s.getDAIdentifier(), String.valueOf(simple.getIndication(s.getId())),
          simple.getSubIndication(s.getId()) == null ? null : simple.getSubIndication(s.getId()).name(),
          String.valueOf(simple.getSignatureFormat(s.getId())),
          String.valueOf(simple.getSignatureQualification(s.getId())), s.isSignatureIntact() && dataIntact(s), errors));
    }
  }

  private static boolean dataIntact(SignatureWrapper signature) {
    return signature.getDigestMatchers().stream().allMatch(m -> m.isDataFound() && m.isDataIntact());
  }

  private static CommonCertificateVerifier verifier(Job job) throws Exception {
    CommonCertificateVerifier known = verifiers.get(job.trustKey());
    if (known != null) return known;
    Trust trust = new Trust(job.trust(), job.at());
    TrustedListsCertificateSource lists = new TrustedListsCertificateSource();
    int fromLists = trust.fill(lists);
    CommonCertificateVerifier made = new CommonCertificateVerifier();
    made.setTrustedCertSources(lists, trust.certificates);
    made.setAIASource(null);
    anchors.put(job.trustKey(), fromLists + trust.certificates.getCertificates().size());
    verifiers.put(job.trustKey(), made);
    return made;
  }

  private static List<DSSDocument> detached(Job job) throws Exception {
    List<DSSDocument> documents = new ArrayList<>();
    try (var inside = Files.walk(job.data())) {
      for (var path : inside.filter(Files::isRegularFile).sorted().toList()) {
        FileDocument document = new FileDocument(path.toFile());
        document.setName(job.data().relativize(path).toString());
        documents.add(document);
      }
    }
    return documents;
  }
}
