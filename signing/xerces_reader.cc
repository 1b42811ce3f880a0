#include "signing/xerces_reader.h"

#include <memory>
#include <xercesc/framework/MemBufInputSource.hpp>
#include <xercesc/sax/SAXParseException.hpp>
#include <xercesc/sax2/Attributes.hpp>
#include <xercesc/sax2/DefaultHandler.hpp>
#include <xercesc/sax2/SAX2XMLReader.hpp>
#include <xercesc/sax2/XMLReaderFactory.hpp>
#include <xercesc/util/OutOfMemoryException.hpp>
#include <xercesc/util/PlatformUtils.hpp>
#include <xercesc/util/XMLUni.hpp>

#include "signing/xml_events.h"

namespace signing {
namespace {

namespace xc = XERCES_CPP_NAMESPACE;
using base::Error;
using base::ErrorCode;

// UTF-16 in well-formed pairs, as the parser guarantees, to UTF-8.
void AppendUtf8(const XMLCh* text, std::size_t length, std::string& out) {
  constexpr std::size_t kLongest = 3;  // Octets of a unit; a pair has four.
  const std::size_t before = out.size();
  out.resize(before + kLongest * length);
  char* at = out.data() + before;
  const auto push = [&](std::uint32_t byte) { *at++ = static_cast<char>(byte); };
  for (std::size_t i = 0; i < length; ++i) {
    std::uint32_t c = text[i];
    if (c < 0x80) {
      push(c);
      continue;
    }
    if (c >= 0xD800 && c < 0xDC00 && i + 1 < length)
      c = 0x10000 + ((c - 0xD800) << 10U) + (text[++i] - 0xDC00U);
    if (c < 0x800) {
      push(0xC0 | c >> 6U);
    } else {
      if (c < 0x10000) {
        push(0xE0 | c >> 12U);
      } else {
        push(0xF0 | c >> 18U);
        push(0x80 | (c >> 12U & 0x3F));
      }
      push(0x80 | (c >> 6U & 0x3F));
    }
    push(0x80 | (c & 0x3F));
  }
  out.resize(static_cast<std::size_t>(at - out.data()));
}

std::string Utf8(const XMLCh* text) {
  std::string out;
  if (text != nullptr) AppendUtf8(text, xc::XMLString::stringLen(text), out);
  return out;
}

// Thrown and caught inside this file only: the parser knows no other way to be stopped.
struct Refused {};

class Listener final : public xc::DefaultHandler {
 public:
  void StartDocument() { events_ = XmlEvents(); }
  base::Sha256Digest Finish() { return std::move(events_).Finish(); }

  void startElement(const XMLCh* space, const XMLCh*, const XMLCh* qualified,
                    const xc::Attributes& attributes) override {
    std::vector<XmlEvents::Attribute> list;
    for (XMLSize_t i = 0; i < attributes.getLength(); ++i) {
      if (IsDeclaration(attributes.getQName(i))) continue;
      list.push_back({Utf8(attributes.getURI(i)), Utf8(attributes.getLocalName(i)),
                      Utf8(attributes.getValue(i))});
    }
    events_.Start(Utf8(space), Utf8(qualified), std::move(list));
  }
  void endElement(const XMLCh*, const XMLCh*, const XMLCh*) override { events_.End(); }
  void characters(const XMLCh* text, XMLSize_t length) override {
    text_.clear();
    AppendUtf8(text, length, text_);
    events_.Text(text_);
  }
  void ignorableWhitespace(const XMLCh* text, XMLSize_t length) override {
    characters(text, length);
  }
  void processingInstruction(const XMLCh* target, const XMLCh* content) override {
    events_.Instruction(Utf8(target), Utf8(content));
  }
  void comment(const XMLCh* text, XMLSize_t length) override {
    text_.clear();
    AppendUtf8(text, length, text_);
    events_.Comment(text_);
  }
  void startDTD(const XMLCh*, const XMLCh*, const XMLCh*) override { throw Refused{}; }
  xc::InputSource* resolveEntity(const XMLCh*, const XMLCh*) override { throw Refused{}; }
  void error(const xc::SAXParseException&) override { throw Refused{}; }
  void fatalError(const xc::SAXParseException&) override { throw Refused{}; }
  void warning(const xc::SAXParseException&) override {}

 private:
  static bool IsDeclaration(const XMLCh* qualified) {
    return xc::XMLString::equals(qualified, xc::XMLUni::fgXMLNSString) ||
           xc::XMLString::startsWith(qualified, xc::XMLUni::fgXMLNSColonString);
  }

  XmlEvents events_;
  std::string text_;
};

// A reader with its listener. Making one costs more than reading a short document, so each thread
// keeps one; it starts every document anew. One that a document has stopped is not used again.
class Reader {
 public:
  Reader() : reader_(Make(listener_)) {}

  base::Sha256Digest Hash(base::ByteSpan utf8) {
    xc::MemBufInputSource source(utf8.data(), utf8.size(), "document", false);
    source.setEncoding(xc::XMLUni::fgUTF8EncodingString);
    listener_.StartDocument();
    reader_->parse(source);
    return listener_.Finish();
  }

 private:
  static std::unique_ptr<xc::SAX2XMLReader> Make(Listener& listener);

  Listener listener_;
  std::unique_ptr<xc::SAX2XMLReader> reader_;
};

std::unique_ptr<xc::SAX2XMLReader> Reader::Make(Listener& listener) {
  std::unique_ptr<xc::SAX2XMLReader> reader{xc::XMLReaderFactory::createXMLReader()};
  reader->setFeature(xc::XMLUni::fgSAX2CoreNameSpaces, true);
  reader->setFeature(xc::XMLUni::fgSAX2CoreNameSpacePrefixes, true);
  reader->setFeature(xc::XMLUni::fgSAX2CoreValidation, false);
  reader->setFeature(xc::XMLUni::fgXercesSchema, false);
  reader->setFeature(xc::XMLUni::fgXercesLoadSchema, false);
  reader->setFeature(xc::XMLUni::fgXercesLoadExternalDTD, false);
  reader->setFeature(xc::XMLUni::fgXercesDisableDefaultEntityResolution, true);
  reader->setContentHandler(&listener);
  reader->setLexicalHandler(&listener);
  reader->setEntityResolver(&listener);
  reader->setErrorHandler(&listener);
  return reader;
}

Error Malformed() {
  return {ErrorCode::kInvalidInput, "xml.malformed", "Xerces-C refuses it"};
}

}  // namespace

void PrepareXerces() {
  xc::XMLPlatformUtils::Initialize();
  // The first parse loads what the later ones share.
  static_cast<void>(HashAsXercesSees(base::AsBytes("<a/>")));
}

base::Result<base::Sha256Digest> HashAsXercesSees(base::ByteSpan utf8) {
  thread_local std::unique_ptr<Reader> kept;
  try {
    std::unique_ptr<Reader> reader = kept ? std::move(kept) : std::make_unique<Reader>();
    const base::Sha256Digest digest = reader->Hash(utf8);
    kept = std::move(reader);
    return digest;
  } catch (const Refused&) {
    return Malformed();
  } catch (const xc::OutOfMemoryException&) {
    return Error{ErrorCode::kUnavailable, "memory.short", "Xerces-C"};
  } catch (const xc::XMLException&) {
    return Malformed();
  } catch (const xc::SAXException&) {
    return Malformed();
  }
}

}  // namespace signing
