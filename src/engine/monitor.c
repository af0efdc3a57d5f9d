/* The message processing log. One row for each message, written when it ends, in the same batch as the effects of
 * its transaction; a PROCESSING row before that only for messages that run longer than a second (a sweep).
 *
 * Tables and columns used here (the EDMX of Cloud Integration defines them; times are ms since 1970):
 *   message_processing_log   message_guid* correlation_id application_message_id application_message_type log_start
 *                            log_end sender receiver integration_flow_name status integration_artifact_id
 *                            integration_artifact_name integration_artifact_type integration_artifact_package_id
 *                            integration_artifact_package_name log_level custom_status transaction_id
 *                            local_component_name last_change_time         (index: status; see services for others)
 *   custom_header_property   id* message_guid name value                   (index: message_guid)
 *   adapter_attribute        id* message_guid adapter_id adapter_message_id name value     (index: message_guid)
 *   mpl_attachment           id* message_guid time_stamp name content_type payload_size payload (index: message_guid)
 *   error_information        message_guid* type last_error_model_step_id text
 *   mpl_run                  id* message_guid run_start run_stop log_level overall_state process_id
 *                                                                          (index: message_guid)
 *   run_step                 run_id* child_count* step_start step_stop step_id model_step_id branch_id status error
 *                            activity
 *   run_step_property        run_id* child_count* name* value              (not written by the engine yet)
 *   trace_message            trace_id* mpl_id run_id child_count model_step_id payload_size mime_type payload
 *                                                                          (index: run_id)
 *   trace_message_property, trace_message_exchange_property   trace_id* name* value
 * (*: key.) Runs, run steps are written at DEBUG and TRACE and for messages that failed; trace tables at TRACE only.
 */
