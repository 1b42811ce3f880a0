#include "signing/xerces_reader.h"

#include <memory>
#include <optional>
#include <string_view>
#include <xercesc/framework/MemBufInputSource.hpp>
#include <xercesc/sax/SAXParseException.hpp>
#include <xercesc/sax2/Attributes.hpp>
#include <xercesc/sax2/DefaultHandler.hpp>
#include <xercesc/sax2/SAX2XMLReader.hpp>
#include <xercesc/sax2/XMLReaderFactory.hpp>
#include <xercesc/util/OutOfMemoryException.hpp>
#include <xercesc/util/PlatformUtils.hpp>
#include <xercesc/util/XMLUni.hpp>

#include "signing/tree_follower.h"

namespace signing {
namespace {

namespace xc = XERCES_CPP_NAMESPACE;
using base::Error;
using base::ErrorCode;

std::u16string_view ToUnits(const XMLCh* text) {
  if (text == nullptr) return {};
  return {text, xc::XMLString::stringLen(text)};
}

// Thrown and caught inside this file only: the parser knows no other way to be stopped.
struct Refused {};

class Listener final : public xc::DefaultHandler {
 public:
  void Follow(const xmlDoc* tree) { follower_.emplace(tree); }
  bool SawAll() const { return follower_->SawAll(); }

  void startElement(const XMLCh* space, const XMLCh*, const XMLCh* qualified,
                    const xc::Attributes& attributes) override {
    follower_->Start(ToUnits(space), ToUnits(qualified));
    for (XMLSize_t i = 0; i < attributes.getLength(); ++i) {
      if (IsDeclaration(attributes.getQName(i))) continue;
      follower_->Attribute(ToUnits(attributes.getURI(i)), ToUnits(attributes.getLocalName(i)),
                           ToUnits(attributes.getValue(i)));
    }
  }
  void endElement(const XMLCh*, const XMLCh*, const XMLCh*) override { follower_->End(); }
  void characters(const XMLCh* text, XMLSize_t length) override { follower_->Text({text, length}); }
  void ignorableWhitespace(const XMLCh* text, XMLSize_t length) override {
    characters(text, length);
  }
  void processingInstruction(const XMLCh* target, const XMLCh* content) override {
    follower_->Instruction(ToUnits(target), ToUnits(content));
  }
  void comment(const XMLCh* text, XMLSize_t length) override { follower_->Comment({text, length}); }
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

  std::optional<TreeFollower> follower_;
};

// A reader with its listener. Making one costs more than reading a short document, so each thread
// keeps one; it starts every document anew. One that a document has stopped is not used again.
class Reader {
 public:
  Reader() : reader_(Make(listener_)) {}

  // Whether it sees what stands in the tree.
  bool Follows(base::ByteSpan utf8, const xmlDoc* tree) {
    xc::MemBufInputSource source(utf8.data(), utf8.size(), "document", false);
    source.setEncoding(xc::XMLUni::fgUTF8EncodingString);
    listener_.Follow(tree);
    reader_->parse(source);
    return listener_.SawAll();
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
  // The first parse loads what the later ones share. Its outcome is of no interest.
  const xmlDoc nothing{};
  static_cast<void>(CompareWithXerces(base::AsBytes("<a/>"), &nothing));
}

base::Status CompareWithXerces(base::ByteSpan utf8, const xmlDoc* tree) {
  thread_local std::unique_ptr<Reader> kept;
  try {
    std::unique_ptr<Reader> reader = kept ? std::move(kept) : std::make_unique<Reader>();
    const bool follows = reader->Follows(utf8, tree);
    kept = std::move(reader);
    if (follows) return base::Ok();
    return Error{ErrorCode::kInvalidInput, "xml.parsers-disagree", "libxml2 and Xerces-C"};
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
