package com.sap.it.api;

/** Marks the services of {@link ITApiFactory}. */
public interface ITApi {
}
