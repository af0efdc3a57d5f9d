/* THE list. A new step: its table here, its file in meson.build. */
#include "steps/steps.h"

extern const struct step_type step_content_modifier, step_filter, step_gather,
    step_general_splitter, step_iterating_splitter, step_json_to_xml, step_message_mapping,
    step_xml_to_json, step_xslt_mapping, step_script;
extern const struct step_type step_data_store_delete, step_data_store_get, step_data_store_put,
    step_data_store_select, step_write_variables;
extern const struct step_type step_base64_decode, step_base64_encode, step_gzip_decode,
    step_gzip_encode, step_zip_decode, step_zip_encode;

const struct step_type *const steps_all[] = {
    &step_base64_decode,
    &step_base64_encode,
    &step_content_modifier,
    &step_data_store_delete,
    &step_data_store_get,
    &step_data_store_put,
    &step_data_store_select,
    &step_filter,
    &step_gather,
    &step_script,
    &step_general_splitter,
    &step_gzip_decode,
    &step_gzip_encode,
    &step_iterating_splitter,
    &step_json_to_xml,
    &step_write_variables,
    &step_message_mapping,
    &step_xml_to_json,
    &step_xslt_mapping,
    &step_zip_decode,
    &step_zip_encode,
};
const size_t steps_count = COUNT(steps_all);
