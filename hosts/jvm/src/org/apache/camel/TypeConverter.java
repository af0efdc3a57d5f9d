package org.apache.camel;

/** Conversions between the types of bodies and headers; null: there is none. */
public interface TypeConverter {
    <T> T convertTo(Class<T> type, Object value);
    <T> T convertTo(Class<T> type, Exchange exchange, Object value);
    <T> T mandatoryConvertTo(Class<T> type, Object value);
    <T> T mandatoryConvertTo(Class<T> type, Exchange exchange, Object value);
}
