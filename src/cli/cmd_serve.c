/* tidemill serve */
#include "cli/command.h"

#include "app/app.h"
#include "base/log.h"

#include <signal.h>
#include <unistd.h>

static const struct option options[] = {
    {"data",           'd', OPTION_TEXT, "DIR",                   "data",           "directory that holds everything"          },
    {"listen",         'l', OPTION_TEXT, "HOST:PORT",             "127.0.0.1:8080",
     "address to listen on; :PORT for all addresses"                                                                           },
    {"dev",            0,   OPTION_FLAG, NULL,                    NULL,
     "user dev/dev and OAuth client dev/dev with every role; loopback only"                                                    },
    {"store",          0,   OPTION_TEXT, "URL",                   NULL,             "shared store instead of the embedded one" },
    {"tls-cert",       0,   OPTION_TEXT, "FILE",                  NULL,             "certificate chain, PEM"                   },
    {"tls-key",        0,   OPTION_TEXT, "FILE",                  NULL,             "private key, PEM"                         },
    {"tls-client-ca",  0,   OPTION_TEXT, "FILE",                  NULL,             "CA of client certificates, PEM"           },
    {"allow-plain",    0,   OPTION_FLAG, NULL,                    NULL,
     "plain HTTP beyond loopback, behind a proxy that ends TLS"                                                                },
    {"base-url",       0,   OPTION_TEXT, "URL",                   NULL,
     "how clients reach this server; from --listen when not given"                                                             },
    {"map-host",       0,   OPTION_LIST, "FROM=TO",               NULL,
     "redirect outgoing calls: scheme://host[:port], * for all; repeatable"                                                    },
    {"map-smtp",       0,   OPTION_TEXT, "HOST:PORT",             NULL,
     "redirect all mail to this server, plain and without login"                                                               },
    {"workers",        0,   OPTION_INT,  "N",                     "0",              "threads that run flows; 0: one per core"  },
    {"retention-days", 0,   OPTION_INT,  "N",                     "30",             "how long message processing logs are kept"},
    {"devops-config",  0,   OPTION_TEXT, "FILE",                  NULL,
     "status profiles and text types of work items, JSON; see docs/DEVOPS.md"                                                  },
    {"script-limit",   0,   OPTION_INT,  "SECONDS",               "60",             "how long a script may run"                },
    {"script-memory",  0,   OPTION_INT,  "MB",                    "256",            "memory of a script host (a JVM)"          },
    {"script-cgroup",  0,   OPTION_TEXT, "DIR",                   NULL,             "cgroup of the script hosts, for a quota"  },
    {"script-hosts",   0,   OPTION_INT,  "N",                     "1",              "script hosts; flows are spread over them" },
    {"log-level",      0,   OPTION_TEXT, "debug|info|warn|error", "info",           "what is worth a line"                     },
    {"log-format",     0,   OPTION_TEXT, "json|text",             NULL,             "text on a terminal, else json"            },
};

static void setup_log(const struct cli *c)
{
    static const char *const names[] = {"debug", "info", "warn", "error"}; /* enum log_level */
    str level = cli_text(c, "log-level"), format = cli_text(c, "log-format");
    for (size_t i = 0; i < COUNT(names); i++)
        if (str_eqz(level, names[i]))
            log_setup((enum log_level)i,
                      format.p ? str_eqz(format, "json") : !isatty(STDERR_FILENO));
}

static enum exit_code run(struct cli *c, struct err *e)
{
    struct app_config config = {
        .data = cli_text(c, "data"),
        .listen = cli_text(c, "listen"),
        .dev = cli_flag(c, "dev"),
        .allow_plain = cli_flag(c, "allow-plain"),
        .store = cli_text(c, "store"),
        .tls_cert = cli_text(c, "tls-cert"),
        .tls_key = cli_text(c, "tls-key"),
        .tls_client_ca = cli_text(c, "tls-client-ca"),
        .smtp_map = cli_text(c, "map-smtp"),
        .devops_config = cli_text(c, "devops-config"),
        .base_url = cli_text(c, "base-url"),
        .workers = (unsigned)cli_int(c, "workers"),
        .retention_days = (unsigned)cli_int(c, "retention-days"),
        .script_limit_s = (unsigned)cli_int(c, "script-limit"),
        .script_memory_mb = (unsigned)cli_int(c, "script-memory"),
        .script_cgroup = cli_text(c, "script-cgroup"),
        .script_hosts = (unsigned)cli_int(c, "script-hosts"),
    };
    struct app *app;
    sigset_t stop;
    int signal_number;
    config.nhost_map = cli_list(c, "map-host", &config.host_map);
    /* Before any thread starts, so that all of them inherit it. */
    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stop, NULL);
    signal(SIGPIPE, SIG_IGN);
    setup_log(c);
    if (!app_start(&config, &app, e))
        return cli_exit_code(e);
    sigwait(&stop, &signal_number);
    log_event(LOG_INFO, "server.stopping", "signal %d", signal_number);
    app_stop(app);
    return CLI_OK;
}

const struct command command_serve = {
    "serve",
    "",
    0,
    0,
    "Run the server",
    "  $ tidemill serve --dev\n"
    "  $ tidemill serve --data /var/lib/tidemill --listen :8443 --tls-cert cert.pem --tls-key key.pem\n"
    "  $ tidemill serve --dev --map-host 'https://erp.example.com=http://127.0.0.1:9000'\n",
    options,
    COUNT(options),
    run};
