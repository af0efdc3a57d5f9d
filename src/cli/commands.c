/* THE list of commands. */
#include "cli/command.h"

extern const struct command command_serve, command_mock, command_run, command_deploy, command_logs,
    command_flow_explain, command_mapping_explain, command_mapping_functions, command_mapping_run,
    command_user_list, command_user_add, command_user_remove, command_key_create,
    command_workitem_list, command_workitem_show, command_workitem_create,
    command_workitem_set_status, command_workitem_import, command_report_usage;

static const struct command command_help = {
    .name = "help",
    .arguments = "[COMMAND]",
    .most = 2,
    .summary = "Show what there is, or the options of a command",
    .run = help_run,
};
static const struct command command_completion = {
    .name = "completion",
    .arguments = "bash|zsh",
    .least = 1,
    .most = 1,
    .summary = "Print the completion script for a shell",
    .examples = "  $ source <(tidemill completion bash)\n",
    .run = completion_run,
};
static const struct command command_man = {
    .name = "man",
    .arguments = "",
    .summary = "Print the manual page",
    .examples = "  $ tidemill man | man -l -\n",
    .run = man_run,
};

const struct command *const commands[] = {
    &command_serve,
    &command_mock,
    &command_run,
    &command_deploy,
    &command_logs,
    &command_flow_explain,
    &command_mapping_explain,
    &command_mapping_functions,
    &command_mapping_run,
    &command_user_list,
    &command_user_add,
    &command_user_remove,
    &command_key_create,
    &command_workitem_list,
    &command_workitem_show,
    &command_workitem_create,
    &command_workitem_set_status,
    &command_workitem_import,
    &command_report_usage,
    &command_help,
    &command_completion,
    &command_man,
    NULL,
};

const struct option common_options[] = {
    {"output", 'o', OPTION_TEXT, "table|json", "table", "how results are printed"                    },
    {"config", 'c', OPTION_TEXT, "FILE",       NULL,    "file with settings, one name = value a line"},
    {"help",   'h', OPTION_FLAG, NULL,         NULL,    "show this"                                  },
};
const size_t ncommon_options = COUNT(common_options);
