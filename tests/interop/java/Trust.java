import eu.europa.esig.dss.model.DSSDocument;
import eu.europa.esig.dss.model.DSSException;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.model.tsl.LOTLInfo;
import eu.europa.esig.dss.model.tsl.TLInfo;
import eu.europa.esig.dss.model.x509.CertificateToken;
import eu.europa.esig.dss.spi.client.http.DSSFileLoader;
import eu.europa.esig.dss.spi.tsl.TrustedListsCertificateSource;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.tsl.job.TLValidationJob;
import eu.europa.esig.dss.tsl.source.LOTLSource;
import eu.europa.esig.dss.tsl.source.TLSource;
import eu.europa.esig.dss.tsl.sync.SynchronizationStrategy;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

// The files that `edocvault verify --trust` would be given, as trust of DSS. No network.
//
// Lists: the newest of each territory issued by the time of the verification, and only if its signature
// is good. Certificates: anchors, and signers of lists.
final class Trust {
  static final String LIST_NAMESPACE = "http://uri.etsi.org/02231/v2#";

  final CommonTrustedCertificateSource certificates = new CommonTrustedCertificateSource();
  private final Instant at;
  private final Map<String, TrustedList> newest = new HashMap<>();
  private final Map<String, TrustedList> pivots = new HashMap<>();
  private final Map<String, String> territoryOf = new HashMap<>();

  private record TrustedList(File file, Document xml, Instant issued) {
    String text(String name) {
      NodeList found = xml.getElementsByTagNameNS(LIST_NAMESPACE, name);
      return found.getLength() == 0 ? "" : found.item(0).getTextContent().trim();
    }

    boolean ofLists() {
      return text("TSLType").contains("EUlistofthelists");
    }
  }

  Trust(List<Path> paths, Instant at) throws Exception {
    this.at = at;
    for (Path path : paths) add(path);
  }

  // Fills `target` from the lists; says how many certificates it then holds.
  int fill(TrustedListsCertificateSource target) {
    List<TLSource> lists = new ArrayList<>();
    LOTLSource listOfLists = null;
    for (TrustedList list : newest.values()) {
      if (list.ofLists()) {
        listOfLists = new LOTLSource();
        listOfLists.setPivotSupport(true);
        describe(listOfLists, list);
        readPointers(list);
      }
    }
    for (TrustedList list : newest.values()) {
      if (listOfLists != null) continue;
      TLSource source = new TLSource();
      describe(source, list);
      lists.add(source);
    }
    TLValidationJob job = new TLValidationJob();
    if (listOfLists != null) job.setListOfTrustedListSources(listOfLists);
    job.setTrustedListSources(lists.toArray(new TLSource[0]));
    job.setOfflineDataLoader(loader());
    job.setSynchronizationStrategy(onlySigned());
    job.setTrustedListCertificateSource(target);
    job.offlineRefresh();
    return target.getCertificates().size();
  }

  private void describe(TLSource source, TrustedList list) {
    source.setUrl(list.file().toURI().toString());
    source.setCertificateSource(certificates);
  }

  private void add(Path path) throws Exception {
    if (Files.isDirectory(path)) {
      try (var inside = Files.list(path)) {
        for (Path member : inside.sorted().toList()) add(member);
      }
      return;
    }
    byte[] bytes = Files.readAllBytes(path);
    if (path.toString().endsWith(".xml")) addList(path, bytes);
    else addCertificates(bytes);
  }

  private void addList(Path path, byte[] bytes) throws Exception {
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setNamespaceAware(true);
    factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
    Document xml = factory.newDocumentBuilder().parse(new ByteArrayInputStream(bytes));
    TrustedList read = new TrustedList(path.toFile(), xml, null);
    TrustedList list = new TrustedList(path.toFile(), xml, Instant.parse(read.text("ListIssueDateTime")));
    if (list.issued().isAfter(at)) return;
    if (list.ofLists()) pivots.put(list.text("TSLSequenceNumber"), list);
    newest.merge(list.text("SchemeTerritory"), list, (a, b) -> a.issued().isBefore(b.issued()) ? b : a);
  }

  private void addCertificates(byte[] bytes) throws Exception {
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    for (var certificate : factory.generateCertificates(new ByteArrayInputStream(bytes)))
      certificates.addCertificate(new CertificateToken((X509Certificate) certificate));
  }

  private void readPointers(TrustedList list) {
    NodeList pointers = list.xml().getElementsByTagNameNS(LIST_NAMESPACE, "OtherTSLPointer");
    for (int i = 0; i < pointers.getLength(); i++) {
      Element pointer = (Element) pointers.item(i);
      territoryOf.put(textIn(pointer, "TSLLocation"), textIn(pointer, "SchemeTerritory"));
    }
  }

  private static String textIn(Element element, String name) {
    NodeList found = element.getElementsByTagNameNS(LIST_NAMESPACE, name);
    return found.getLength() == 0 ? "" : found.item(0).getTextContent().trim();
  }

  // Answers with the files handed in: by their own address, by a pivot's number, by the territory pointed at.
  private DSSFileLoader loader() {
    return url -> {
      if (url.startsWith("file:")) return new FileDocument(new File(java.net.URI.create(url)));
      var pivot = java.util.regex.Pattern.compile("pivot-(\\d+)\\.xml").matcher(url);
      TrustedList list = pivot.find() ? pivots.get(pivot.group(1)) : newest.get(territoryOf.getOrDefault(url, ""));
      if (list == null) throw new DSSException("not handed in: " + url);
      DSSDocument document = new FileDocument(list.file());
      return document;
    };
  }

  private static SynchronizationStrategy onlySigned() {
    return new SynchronizationStrategy() {
      @Override
      public boolean canBeSynchronized(TLInfo list) {
        return list.getValidationCacheInfo() != null && list.getValidationCacheInfo().isValid();
      }

      @Override
      public boolean canBeSynchronized(LOTLInfo list) {
        return list.getValidationCacheInfo() != null && list.getValidationCacheInfo().isValid();
      }
    };
  }
}
