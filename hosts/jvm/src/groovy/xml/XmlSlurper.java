package groovy.xml;

import javax.xml.parsers.ParserConfigurationException;
import javax.xml.parsers.SAXParser;
import org.xml.sax.SAXException;
import org.xml.sax.XMLReader;

/** The name that groovy.util.XmlSlurper has since Groovy 3. */
public class XmlSlurper extends groovy.util.XmlSlurper {
    public XmlSlurper() throws ParserConfigurationException, SAXException {
    }

    public XmlSlurper(boolean validating, boolean namespaceAware) throws ParserConfigurationException, SAXException {
        super(validating, namespaceAware);
    }

    public XmlSlurper(boolean validating, boolean namespaceAware, boolean allowDocType) throws ParserConfigurationException, SAXException {
        super(validating, namespaceAware, allowDocType);
    }

    public XmlSlurper(XMLReader reader) {
        super(reader);
    }

    public XmlSlurper(SAXParser parser) throws SAXException {
        super(parser);
    }
}
