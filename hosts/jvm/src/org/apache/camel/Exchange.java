package org.apache.camel;

import java.util.Map;

/** The part of Camel's exchange that flows use. */
public interface Exchange {
    String BATCH_INDEX = "CamelBatchIndex";
    String BATCH_SIZE = "CamelBatchSize";
    String CHARSET_NAME = "CamelCharsetName";
    String CONTENT_ENCODING = "Content-Encoding";
    String CONTENT_LENGTH = "Content-Length";
    String CONTENT_TYPE = "Content-Type";
    String CORRELATION_ID = "CamelCorrelationId";
    String CREATED_TIMESTAMP = "CamelCreatedTimestamp";
    String EXCEPTION_CAUGHT = "CamelExceptionCaught";
    String FAILURE_ENDPOINT = "CamelFailureEndpoint";
    String FILE_LENGTH = "CamelFileLength";
    String FILE_NAME = "CamelFileName";
    String FILE_NAME_ONLY = "CamelFileNameOnly";
    String FILE_PARENT = "CamelFileParent";
    String FILE_PATH = "CamelFilePath";
    String HTTP_BASE_URI = "CamelHttpBaseUri";
    String HTTP_CHARACTER_ENCODING = "CamelHttpCharacterEncoding";
    String HTTP_METHOD = "CamelHttpMethod";
    String HTTP_PATH = "CamelHttpPath";
    String HTTP_QUERY = "CamelHttpQuery";
    String HTTP_RESPONSE_CODE = "CamelHttpResponseCode";
    String HTTP_RESPONSE_TEXT = "CamelHttpResponseText";
    String HTTP_URI = "CamelHttpUri";
    String HTTP_URL = "CamelHttpUrl";
    String LOOP_INDEX = "CamelLoopIndex";
    String LOOP_SIZE = "CamelLoopSize";
    String SPLIT_COMPLETE = "CamelSplitComplete";
    String SPLIT_INDEX = "CamelSplitIndex";
    String SPLIT_SIZE = "CamelSplitSize";
    String TIMER_FIRED_TIME = "CamelTimerFiredTime";
    String TO_ENDPOINT = "CamelToEndpoint";
    String TRANSFER_ENCODING = "Transfer-Encoding";

    CamelContext getContext();
    String getExchangeId();
    Object getProperty(String name);
    Object getProperty(String name, Object otherwise);
    <T> T getProperty(String name, Class<T> type);
    <T> T getProperty(String name, Object otherwise, Class<T> type);
    void setProperty(String name, Object value);
    Object removeProperty(String name);
    boolean hasProperties();
    Map<String, Object> getProperties();
    Message getIn();
    Message getOut();
    boolean hasOut();
    Exception getException();
    <T> T getException(Class<T> type);
    boolean isFailed();
}
