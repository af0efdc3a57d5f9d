/* tidemill flow explain */
#include "cli/command.h"

#include "app/app.h"
#include "cli/source.h"

#include <stdio.h>

static enum exit_code run(struct cli *c, struct err *e)
{
    str zip;
    AUTO(buf) struct buf b = BUF(64 << 20);
    if (!source_read(c->arena, c->arguments.at[0], &zip, e))
        return cli_exit_code(e);
    bool ok = offline_explain(zip, &b, e);
    cli_write(stdout, buf_str(&b));
    return ok ? CLI_OK : cli_exit_code(e);
}

const struct command command_flow_explain = {
    "flow explain",
    "FLOW.zip|FOLDER",
    1,
    1,
    "Print the program a flow compiles to, or everything it lacks",
    "  $ tidemill flow explain export.zip\n",
    NULL,
    0,
    run};
