// SchemaCheck: validates XML against schemas on disk with Xerces-C, as a receiver would. Imports
// are answered from the given files alone, by namespace.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>
#include <xercesc/framework/LocalFileInputSource.hpp>
#include <xercesc/framework/MemBufInputSource.hpp>
#include <xercesc/parsers/SAX2XMLReaderImpl.hpp>
#include <xercesc/sax/SAXParseException.hpp>
#include <xercesc/sax2/DefaultHandler.hpp>
#include <xercesc/util/PlatformUtils.hpp>
#include <xercesc/util/XMLEntityResolver.hpp>
#include <xercesc/util/XMLResourceIdentifier.hpp>
#include <xercesc/util/XMLUni.hpp>
#include <xercesc/validators/common/Grammar.hpp>

namespace tests {

namespace xc = XERCES_CPP_NAMESPACE;

struct Schema {
  std::string space;
  std::string path;
};

class SchemaCheck final : public xc::DefaultHandler, public xc::XMLEntityResolver {
 public:
  // In any order; the last is the one of the document.
  explicit SchemaCheck(const std::vector<Schema>& schemas) {
    xc::XMLPlatformUtils::Initialize();
    for (const Schema& schema : schemas) paths_[schema.space] = schema.path;
    reader_ = std::make_unique<xc::SAX2XMLReaderImpl>();
    reader_->setFeature(xc::XMLUni::fgSAX2CoreValidation, true);
    reader_->setFeature(xc::XMLUni::fgXercesDynamic, false);
    reader_->setFeature(xc::XMLUni::fgXercesSchema, true);
    reader_->setFeature(xc::XMLUni::fgXercesSchemaFullChecking, true);
    reader_->setFeature(xc::XMLUni::fgXercesUseCachedGrammarInParse, true);
    reader_->setErrorHandler(this);
    reader_->setXMLEntityResolver(this);
    for (const Schema& schema : schemas)
      if (reader_->loadGrammar(schema.path.c_str(), xc::Grammar::SchemaGrammarType, true) ==
          nullptr)
        Add("no schema in " + schema.path);
  }

  // What is wrong with the schemas or the document; empty: valid.
  std::string Check(const std::string& xml) {
    const xc::MemBufInputSource source(reinterpret_cast<const XMLByte*>(xml.data()), xml.size(),
                                       "report");
    try {
      reader_->parse(source);
    } catch (const xc::SAXParseException&) {  // Handled, as every error.
    } catch (const xc::XMLException& exception) {
      Add(Text(exception.getMessage()));
    }
    return std::move(wrong_);
  }

  void error(const xc::SAXParseException& exception) override { Note(exception); }
  void fatalError(const xc::SAXParseException& exception) override { Note(exception); }
  xc::InputSource* resolveEntity(xc::XMLResourceIdentifier* wanted) override {
    const std::string file = Text(wanted->getSystemId());
    for (const auto& [space, path] : paths_)
      if (path == file) return new xc::LocalFileInputSource(wanted->getSystemId());
    const auto found = paths_.find(Text(wanted->getNameSpace()));
    if (found == paths_.end())
      return new xc::MemBufInputSource(reinterpret_cast<const XMLByte*>(""), 0, "nothing");
    return new xc::LocalFileInputSource(Wide(found->second).get());
  }
  using xc::DefaultHandler::resolveEntity;

 private:
  static std::string Text(const XMLCh* text) {
    if (text == nullptr) return {};
    char* narrow = xc::XMLString::transcode(text);
    std::string copy(narrow);
    xc::XMLString::release(&narrow);
    return copy;
  }
  struct Release {
    void operator()(XMLCh* text) const { xc::XMLString::release(&text); }
  };
  static std::unique_ptr<XMLCh, Release> Wide(const std::string& text) {
    return std::unique_ptr<XMLCh, Release>(xc::XMLString::transcode(text.c_str()));
  }
  void Note(const xc::SAXParseException& exception) {
    Add(std::to_string(exception.getLineNumber()) + ": " + Text(exception.getMessage()));
  }
  void Add(const std::string& what) {
    wrong_ += what;
    wrong_ += '\n';
  }

  std::map<std::string, std::string> paths_;
  std::unique_ptr<xc::SAX2XMLReaderImpl> reader_;
  std::string wrong_;
};

}  // namespace tests
