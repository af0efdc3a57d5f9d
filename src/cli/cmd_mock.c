/* tidemill mock */
#include "cli/command.h"

#include "app/listen.h"
#include "base/file.h"
#include "base/log.h"
#include "format/xml.h"
#include "services/mock/mock.h"

#include <pthread.h>
#include <signal.h>

enum { EDMX_LIMIT = 64 << 20, MOST_REMARKS = 50 };

static const struct option options[] = {
    {"data",      'd', OPTION_TEXT, "FILE|DIR",       NULL,
     "JSON by entity sets, or a directory with one file a set; else rows are made up"                                                 },
    {"listen",    'l', OPTION_TEXT, "HOST:PORT",      "127.0.0.1:8090",
     "address to listen on; a loopback one unless --user is given"                                                                    },
    {"path",      'p', OPTION_TEXT, "/PATH/",         "/odata/",        "the service root"                                            },
    {"page-size", 0,   OPTION_INT,  "N",              "1000",           "entities in one answer"                                      },
    {"basis",     0,   OPTION_TEXT, "olingo|gateway", "olingo",         "gateway: with CSRF tokens and sessions"                      },
    {"user",      0,   OPTION_TEXT, "NAME:PASSWORD",  NULL,
     "Basic credentials that every request must have"                                                                                 },
    {"store",     0,   OPTION_TEXT, "DIR",
     ":memory:",                                                        "directory that keeps the rows; else they are gone at the end"},
    {"seed",      0,   OPTION_INT,  "N",              "1",              "rows that are made up are the same for the same seed"        },
    {"rows",      0,   OPTION_INT,  "N",              "20",             "rows made up for each set"                                   },
    {"record",    0,   OPTION_FLAG, NULL,             NULL,
     "write each request and its answer to SERVICE.record.jsonl"                                                                      },
};

static bool check_exposure(const struct cli *c, str host, struct err *e)
{
    return listen_is_loopback(host) || cli_text(c, "user").p ||
           err_set(e, ERR_BAD_REQUEST,
                   "a mock lets everybody in: listening on " STR_FMT " wants --user",
                   STR_ARG(host));
}

static bool read_root(struct cli *c, str *ret, struct err *e)
{
    str path = cli_text(c, "path");
    if (!str_starts(path, STR("/")))
        return err_set(e, ERR_BAD_REQUEST, "--path begins with '/'");
    while (str_ends(path, STR("/")))
        path.n--;
    *ret = arena_str(c->arena, path);
    return true;
}

static bool configure(struct cli *c, struct store *store, struct mock_config *ret, struct err *e)
{
    str basis = cli_text(c, "basis"), file = c->arguments.at[0];
    if (!str_eqz(basis, "olingo") && !str_eqz(basis, "gateway"))
        return err_set(e, ERR_BAD_REQUEST, "--basis is olingo or gateway, not '" STR_FMT "'",
                       STR_ARG(basis));
    *ret = (struct mock_config){.data = cli_text(c, "data"),
                                .page_size = (unsigned)cli_int(c, "page-size"),
                                .basis = str_eqz(basis, "gateway") ? MOCK_GATEWAY : MOCK_OLINGO,
                                .user = cli_text(c, "user"),
                                .seed = (uint64_t)cli_int(c, "seed"),
                                .rows = (unsigned)cli_int(c, "rows"),
                                .store = store};
    if (cli_flag(c, "record"))
        ret->record =
            arena_fmt(c->arena, STR_FMT ".record.jsonl",
                      STR_ARG(str_ends(file, STR(".edmx")) ? str_sub(file, 0, file.n - 5) : file));
    return read_root(c, &ret->root, e) &&
           file_read(c->arena, arena_strdup(c->arena, file), EDMX_LIMIT, &ret->edmx, e);
}

static void print_remarks(const struct cli *c, const struct mock *mock)
{
    str one = mock_remark(mock, 0);
    for (size_t i = 0; one.p; one = mock_remark(mock, ++i))
        if (i < MOST_REMARKS)
            fprintf(stderr, STR_FMT ": " STR_FMT "; left out\n", STR_ARG(c->arguments.at[0]),
                    STR_ARG(one));
        else if (i == MOST_REMARKS)
            fprintf(stderr, "...\n");
}

static enum exit_code serve(struct cli *c, struct mock *mock, const struct mock_config *config,
                            const sigset_t *stop, struct err *e)
{
    const struct http_route route = {arena_strdup(c->arena, config->root), mock_handle, mock_admit,
                                     mock};
    struct http_server_config h = {.routes = &route, .nroutes = 1};
    struct http_server *server;
    int signal_number;
    if (!listen_split(c->arena, cli_text(c, "listen"), &h.address, &h.port, e) ||
        !check_exposure(c, h.address, e))
        return CLI_USAGE;
    if (!http_server_start(&h, &server, e))
        return cli_exit_code(e);
    print_remarks(c, mock);
    bool six = str_find_char(h.address, ':', 0) != SIZE_MAX;
    printf("http://%s" STR_FMT "%s:%u" STR_FMT "/ serves %zu entity sets\n", six ? "[" : "",
           STR_ARG(h.address), six ? "]" : "", http_server_port(server), STR_ARG(config->root),
           mock_sets(mock));
    fflush(stdout);
    sigwait(stop, &signal_number);
    http_server_stop(server, 2000);
    return CLI_OK;
}

static enum exit_code run(struct cli *c, struct err *e)
{
    struct store_config store_config = {.dir = cli_text(c, "store")};
    struct store *store = NULL;
    struct mock *mock = NULL;
    struct mock_config config;
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stop, NULL);
    signal(SIGPIPE, SIG_IGN);
    xml_setup();
    enum exit_code code = CLI_USAGE;
    if (store_open(&store_config, &store, e) && configure(c, store, &config, e) &&
        mock_open(&config, &mock, e))
        code = serve(c, mock, &config, &stop, e);
    else if (e->code == ERR_UNAVAILABLE || e->code == ERR_NOT_FOUND)
        code = cli_exit_code(e);
    mock_close(mock);
    store_close(store);
    return code;
}

const struct command command_mock = {
    "mock",
    "SERVICE.edmx",
    1,
    1,
    "Serve an OData V2 service from its EDMX alone",
    "  $ tidemill mock API_SALES_ORDER_SRV.edmx --path /sap/opu/odata/sap/API_SALES_ORDER_SRV/\n"
    "  $ tidemill mock service.edmx --data rows.json --listen 127.0.0.1:9000 --basis gateway\n",
    options,
    COUNT(options),
    run};
