/* bundle_file: names in a bundle. Private to flow/. */
#ifndef FLOW_BUNDLE_FILE_H
#define FLOW_BUNDLE_FILE_H
#include "flow/flow.h"

#define BUNDLE_MANIFEST "META-INF/MANIFEST.MF"
#define BUNDLE_METAINFO "metainfo.prop"
#define BUNDLE_PROP "src/main/resources/parameters.prop"
#define BUNDLE_PROPDEF "src/main/resources/parameters.propdef"
#define BUNDLE_FLOWS "src/main/resources/scenarioflows/integrationflow/"
struct bundle *bundle_new(void); /* without files */
#endif
