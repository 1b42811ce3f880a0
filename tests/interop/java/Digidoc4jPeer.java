import eu.europa.esig.dss.spi.client.http.DataLoader;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.digidoc4j.Configuration;
import org.digidoc4j.Container;
import org.digidoc4j.ContainerOpener;
import org.digidoc4j.ContainerValidationResult;
import org.digidoc4j.DataLoaderFactory;
import org.digidoc4j.Signature;
import org.digidoc4j.ValidationResult;
import org.digidoc4j.exceptions.DigiDoc4JException;
import org.digidoc4j.impl.asic.tsl.TSLCertificateSourceImpl;

// Asks digidoc4j, with its own policy, offline; it knows no other time of verification than the machine's.
// Jobs on standard input (Job), answers on standard output (Answer).
final class Digidoc4jPeer {
  private static final Map<String, Configuration> configurations = new HashMap<>();
  private static final Map<String, Integer> anchors = new HashMap<>();

  // Whatever would leave the machine fails.
  private static final class NoNetwork implements DataLoader {
    @Override
    public byte[] get(String url) {
      throw new IllegalStateException("no network");
    }

    @Override
    public DataAndUrl get(List<String> urls) {
      throw new IllegalStateException("no network");
    }

    @Override
    public byte[] post(String url, byte[] content) {
      throw new IllegalStateException("no network");
    }

    @Override
    public void setContentType(String type) {}
  }

  public static void main(String[] arguments) throws Exception {
    Questions.answerAll(Digidoc4jPeer::ask);
  }

  private static void ask(Job job, Answer answer) throws Exception {
    Container container = ContainerOpener.open(job.file().toString(), configuration(job));
    answer.anchors = anchors.get(job.trustKey());
    ContainerValidationResult result = container.validate();
    answer.valid = result.isValid();
    for (DigiDoc4JException error : result.getContainerErrors()) answer.findings.add(error.getClass().getSimpleName());
    for (Signature signature : container.getSignatures()) {
      ValidationResult judged = result.getValidationResult(signature.getUniqueId());
      List<String> errors = new ArrayList<>();
      if (judged != null) for (DigiDoc4JException error : judged.getErrors()) errors.add(word(error));
      answer.signatures.add(new Answer.Signature(signature.getId(),
          String.valueOf(result.getIndication(signature.getUniqueId())),
          result.getSubIndication(signature.getUniqueId()) == null
              ? null : result.getSubIndication(signature.getUniqueId()).name(),
          String.valueOf(signature.getProfile()), null, judged != null && judged.isValid(), errors));
    }
  }

  private static String word(DigiDoc4JException error) {
    String message = String.valueOf(error.getMessage());
    return error.getClass().getSimpleName() + ": " + message.substring(0, Math.min(120, message.length()));
  }

  private static Configuration configuration(Job job) throws Exception {
    Configuration known = configurations.get(job.trustKey());
    if (known != null) return known;
    Trust trust = new Trust(job.trust(), job.at());
    TSLCertificateSourceImpl source = new TSLCertificateSourceImpl();
    int count = trust.fill(source);
    for (var token : trust.certificates.getCertificates()) {
      X509Certificate certificate = token.getCertificate();
      source.addTSLCertificate(certificate);
      count++;
    }
    Configuration made = new Configuration(Configuration.Mode.TEST);
    made.setTSL(source);
    DataLoaderFactory none = NoNetwork::new;
    made.setOcspDataLoaderFactory(none);
    made.setAiaDataLoaderFactory(none);
    made.setTspDataLoaderFactory(none);
    made.setTslDataLoaderFactory(none);
    anchors.put(job.trustKey(), count);
    configurations.put(job.trustKey(), made);
    return made;
  }
}
