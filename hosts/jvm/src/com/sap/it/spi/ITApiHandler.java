package com.sap.it.spi;

/** A type scripts import. */
public interface ITApiHandler<T> {
}
