/* https_sender: flows behind /http (semantics.md 2, 3; format.md 4). */
#ifndef ADAPTERS_HTTPS_SENDER_H
#define ADAPTERS_HTTPS_SENDER_H
#include "engine/engine.h"
#include "identity/identity.h"

/* The ctx of the route "/http". */
struct https_sender {
    struct engine *engine;
    struct identity *identity;
    bool (*starting)(void *arg); /* MAY: flows that ran before a restart are still to come, so that 404 would be rash */
    void *starting_arg;
};
http_admit https_sender_admit;
http_handler https_sender_handle;
#endif
