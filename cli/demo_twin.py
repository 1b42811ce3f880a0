"""Makes a signed .edoc the way other programs in Latvia do: a synthetic twin, so that the demo extends what is not ours.

    demo_twin.py EMULATOR_URL FOLDER

Canonical XML 1.1 in SignedInfo, no transforms for SignedProperties, Base64 in lines, the producer in the comment of the
manifest. The key is made by openssl and certified by the test authority. Leaves twin.edoc, person.key and person.der.
"""
import base64
import hashlib
import pathlib
import subprocess
import sys
import time
import urllib.request
import zipfile

DS, XADES, ASIC = ("http://www.w3.org/2000/09/xmldsig#", "http://uri.etsi.org/01903/v1.3.2#",
                   "http://uri.etsi.org/02918/v1.2.1#")
C14N11, SHA256 = "http://www.w3.org/2006/12/xml-c14n11", "http://www.w3.org/2001/04/xmlenc#sha256"
IN_SCOPE = f' xmlns:asic="{ASIC}" xmlns:ds="{DS}" xmlns:xades="{XADES}"'
TYPE = "application/vnd.etsi.asic-e+zip"


def digest(data):
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def canonical(element):
    """Canonical XML 1.1, 2: all namespaces in scope stand on the outermost element."""
    name, rest = element[1:].split(None, 1) if " " in element.split(">", 1)[0] else (element[1:].split(">", 1)[0], "")
    return (f"<{name}{IN_SCOPE} {rest}" if rest else element.replace(">", IN_SCOPE + ">", 1)).encode()


def reference(uri, value, attributes=""):
    return (f'<ds:Reference{attributes} URI="{uri}"><ds:DigestMethod Algorithm="{SHA256}"></ds:DigestMethod>'
            f"<ds:DigestValue>{value}</ds:DigestValue></ds:Reference>")


def certify(url, folder):
    key, request = folder / "person.key", folder / "person.p10"
    subprocess.run(["openssl", "req", "-new", "-newkey", "rsa:3072", "-nodes", "-subj", "/C=LV/CN=ANNA PARAUGS (TEST)",
                    "-keyout", key, "-outform", "DER", "-out", request], check=True, capture_output=True)
    asked = urllib.request.Request(url + "/issue", request.read_bytes(), {"Content-Type": "application/pkcs10"})
    with urllib.request.urlopen(asked) as answer:
        (folder / "person.der").write_bytes(answer.read())
    return key, (folder / "person.der").read_bytes()


def main():
    url, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    key, certificate = certify(url, folder)
    document = "Citas programmas parakstīts lēmums.\n".encode()
    properties = (f'<xades:SignedProperties Id="S1-SignedProperties"><xades:SignedSignatureProperties><xades:SigningTime>'
                  f'{time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}</xades:SigningTime><xades:SigningCertificateV2>'
                  f'<xades:Cert><xades:CertDigest><ds:DigestMethod Algorithm="{SHA256}"></ds:DigestMethod><ds:DigestValue>'
                  f"{digest(certificate)}</ds:DigestValue></xades:CertDigest></xades:Cert></xades:SigningCertificateV2>"
                  '</xades:SignedSignatureProperties><xades:SignedDataObjectProperties><xades:DataObjectFormat '
                  'ObjectReference="#S1-ref-1"><xades:MimeType>text/plain</xades:MimeType></xades:DataObjectFormat>'
                  "</xades:SignedDataObjectProperties></xades:SignedProperties>")
    signed_info = ('<ds:SignedInfo Id="S1-SignedInfo">'
                   f'<ds:CanonicalizationMethod Algorithm="{C14N11}"></ds:CanonicalizationMethod><ds:SignatureMethod '
                   'Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"></ds:SignatureMethod>'
                   + reference("l%C4%93mums.txt", digest(document), ' Id="S1-ref-1"')
                   + reference("#S1-SignedProperties", digest(canonical(properties)),
                               ' Type="http://uri.etsi.org/01903#SignedProperties"') + "</ds:SignedInfo>")
    (folder / "signed-info").write_bytes(canonical(signed_info))
    value = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key, folder / "signed-info"], check=True,
                           capture_output=True).stdout
    signature = (f'<?xml version="1.0" encoding="UTF-8"?>\n<asic:XAdESSignatures{IN_SCOPE}>\n  <ds:Signature Id="S1">'
                 f"{signed_info}<ds:SignatureValue Id=\"S1-Value\">\n{base64.encodebytes(value).decode()}"
                 "</ds:SignatureValue><ds:KeyInfo><ds:X509Data><ds:X509Certificate>\n"
                 f"{base64.encodebytes(certificate).decode()}</ds:X509Certificate></ds:X509Data></ds:KeyInfo><ds:Object>"
                 f'<xades:QualifyingProperties Target="#S1">{properties}</xades:QualifyingProperties></ds:Object>'
                 "</ds:Signature>\n</asic:XAdESSignatures>\n")
    manifest = ('<?xml version="1.0" encoding="UTF-8"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:'
                f'xmlns:manifest:1.0" manifest:version="1.2"><manifest:file-entry manifest:full-path="/" '
                f'manifest:media-type="{TYPE}"/><manifest:file-entry manifest:full-path="lēmums.txt" '
                'manifest:media-type="text/plain"/></manifest:manifest>')
    with zipfile.ZipFile(folder / "twin.edoc", "w") as archive:
        archive.writestr("mimetype", TYPE)
        archive.writestr("lēmums.txt", document, zipfile.ZIP_DEFLATED)
        listed = zipfile.ZipInfo("META-INF/manifest.xml")
        listed.comment = b"TWIN/1.0"
        archive.writestr(listed, manifest, zipfile.ZIP_DEFLATED)
        archive.writestr("META-INF/edoc-signatures-S1.xml", signature, zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    main()
