package groovy.xml;

import javax.xml.parsers.ParserConfigurationException;
import javax.xml.parsers.SAXParser;
import org.xml.sax.SAXException;
import org.xml.sax.XMLReader;

/** The name that groovy.util.XmlParser has since Groovy 3. */
public class XmlParser extends groovy.util.XmlParser {
    public XmlParser() throws ParserConfigurationException, SAXException {
    }

    public XmlParser(boolean validating, boolean namespaceAware) throws ParserConfigurationException, SAXException {
        super(validating, namespaceAware);
    }

    public XmlParser(boolean validating, boolean namespaceAware, boolean allowDocType) throws ParserConfigurationException, SAXException {
        super(validating, namespaceAware, allowDocType);
    }

    public XmlParser(XMLReader reader) {
        super(reader);
    }

    public XmlParser(SAXParser parser) throws SAXException {
        super(parser);
    }
}
