/* THE list of commands. */
#include "cli/command.h"

#include "cli/remote.h"

extern const struct command command_serve, command_mock, command_run, command_deploy, command_logs, command_flow_explain,
    command_mapping_explain, command_mapping_functions, command_mapping_run,
    command_user_list, command_user_add, command_user_remove, command_key_create, command_report_usage;

extern const struct command command_workitem_list, command_workitem_show, command_workitem_create,
    command_workitem_set_status, command_workitem_import;

static const struct command command_help = {
    "help", "[COMMAND]", 0, 2, "Show what there is, or the options of a command", NULL, NULL, 0, help_run};
static const struct command command_completion = {
    "completion", "bash|zsh", 1, 1, "Print the completion script for a shell",
    "  $ source <(tidemill completion bash)\n", NULL, 0, completion_run};
static const struct command command_man = {
    "man", "", 0, 0, "Print the manual page", "  $ tidemill man | man -l -\n", NULL, 0, man_run};

const struct command *const commands[] = {
    &command_serve,      &command_mock,     &command_run,      &command_deploy,      &command_logs,       &command_flow_explain,
    &command_mapping_explain, &command_mapping_functions, &command_mapping_run,
    &command_user_list,  &command_user_add, &command_user_remove, &command_key_create, &command_report_usage, &command_help,
    &command_completion, &command_man,
    &command_workitem_list, &command_workitem_show, &command_workitem_create, &command_workitem_set_status,
    &command_workitem_import, NULL};

const struct option common_options[] = {
    {"output", 'o', OPTION_TEXT, "table|json", "table", "how results are printed"             },
    {"config", 'c', OPTION_TEXT, "FILE",       NULL,    "file with settings, one name = value a line"},
    {"help",   'h', OPTION_FLAG, NULL,         NULL,    "show this"                            },
};
const size_t ncommon_options = COUNT(common_options);
